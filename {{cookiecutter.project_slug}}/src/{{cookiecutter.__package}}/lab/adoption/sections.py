"""The sections of params.yaml that belong to a table, written as a person would: one feature a line, and a reason."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from ruamel.yaml import YAML

from ...core.guesses import Guess, distinct
from ...core.params import PRIMARY
from ...core.sections import Csv
from .judging import evaluation_lines, shares
from .lines import line, remark, word
from .looking import Findings, Look

WIDEST_KEY = 24


def sections_of(found: Findings, look: Look, source: str, query: str | None) -> dict[str, str]:
    """Return the text of each section by its name."""
    others = [task for task in PRIMARY if task != found.task]
    return {
        "task": f"task: {found.task}    # or {others[0]}, or {others[1]}; {found.target}: {found.task_why}",
        "data": "\n".join(["data:", *data_lines(found, look, source, query)]),
        "features": "\n".join(["features:", *feature_lines(found.features)]),
        "split": "\n".join(["split:", *split_lines(found)]),
        "evaluation": "\n".join(["evaluation:", *evaluation_lines(found, look)]),
    }


def data_lines(found: Findings, look: Look, source: str, query: str | None) -> Iterable[str]:
    """Yield the lines of `data`."""
    yield line("source", json.dumps(source, ensure_ascii=False) if re.search(r"[^\w./-]", source) else source)
    if query:
        yield line("query", json.dumps(query, ensure_ascii=False))
    if look.csv != Csv():
        written = {name: getattr(look.csv, name) for name in Csv.__struct_fields__}
        changed = {name: value for name, value in written.items() if value != getattr(Csv(), name)}
        yield line("csv", "{" + ", ".join(f"{n}: {json.dumps(v)}" for n, v in changed.items()) + "}", "as the file is")
    for role, (column, why) in {"id": found.id, "time": found.time}.items():
        yield line(role, word(column) if column else "null", why)
    yield line("target", word(found.target))
    if found.task != "regression":
        classes = ", ".join(word(name) for name in distinct(look.raw[found.target]))
        yield line("classes", f"[{classes}]", "the last one is what is looked for" if found.task == "binary" else "")
    yield line("rows", "null", "null takes them all; a number takes that many, evenly spread")


def feature_lines(features: dict[str, Guess]) -> Iterable[str]:
    """Yield a line for each column: a feature, or a comment that says why it is none."""
    width = min(WIDEST_KEY, max(len(word(name)) for name in features)) + 1
    for name, guess in features.items():
        if guess.feature is None:
            yield f"  # {' '.join(word(name).split())}: {' '.join(guess.why.split())}"
            continue
        parts = [f"kind: {guess.feature.kind}"]
        parts += [f"top: {guess.feature.top}"] if guess.feature.top else []
        parts += ["nullable: true"] if guess.feature.nullable else []
        why = f"{guess.why}; {guess.doubt}" if guess.doubt else guess.why
        yield f"  {word(name) + ':':<{width}} " + "{" + ", ".join(parts) + "}" + remark(why)


def split_lines(found: Findings) -> Iterable[str]:
    """Yield the lines of `split`."""
    holdout, live = shares(found)
    how = f"the rows before the last in {found.time.column}" if found.time.column else "drawn at random"
    yield line("holdout", f"{holdout}", f"about {round(found.rows * holdout):,} rows, {how}")
    yield line("live", f"{live}", "kept for after the launch")


def rewritten(text: str, sections: dict[str, str]) -> str:
    """Return params.yaml with these sections in place of the old; everything else stays as it is, to the letter."""
    lines = text.splitlines()
    for name, (start, end) in reversed(blocks(text).items()):
        if name in sections:
            lines[start:end] = sections[name].splitlines()
    absent = [f"\n{section}" for name, section in sections.items() if name not in blocks(text)]
    return "\n".join([*lines, *absent]) + "\n"


def blocks(text: str) -> dict[str, tuple[int, int]]:
    """Return the first line of each section, and the one after its last; comments before the next belong to that."""
    starts = {key.value: key.start_mark.line for key, _ in YAML(pure=True).compose(text).value}
    lines, ends = text.splitlines(), [*list(starts.values())[1:], len(text.splitlines())]
    found = {}
    for (name, start), end in zip(starts.items(), ends, strict=True):
        last = next(n for n in range(end - 1, start - 1, -1) if n == start or is_content(lines[n]))
        found[name] = (start, last + 1)
    return found


def is_content(line: str) -> bool:
    """Return whether a line belongs to the section above it: it is indented."""
    return bool(line.strip()) and not line.startswith("#")


def card_section(text: str) -> str:
    """Return the section `card` of params.yaml for another table: what was said of the old one's model is gone.

    Under which licence, and whom to ask, doesn't depend on the table.
    """
    kept = (loaded(text, "card") if "card" in blocks(text) else {}).get("card") or {}
    lines = [
        line("intended_use", '""', "what it is for, and what it is not for; the model card names what is missing here"),
        line("limits", "[]", "what it doesn't know, and where it goes wrong"),
        *(line(key, word(str(kept[key])) if kept.get(key) else '""') for key in ("licence", "contact")),
    ]
    return "\n".join(["card:", *lines])


def is_of_same_table(text: str, sections: Mapping[str, str]) -> bool:
    """Return whether params.yaml is about the table and the target of these new sections already."""
    old, new = (loaded(part, "data").get("data") or {} for part in (text, sections["data"]))
    return all(old.get(key) == new.get(key) for key in ("source", "query", "target"))


def loaded(text: str, section: str) -> Any:
    """Return one section of params.yaml under its name, with its comments."""
    start, end = blocks(text)[section]
    yaml = YAML()
    yaml.width = 10_000
    return yaml.load("\n".join(text.splitlines()[start:end]))


def model_section(text: str, task: str, rows: int) -> str:
    """Return the section `model` of params.yaml, without another task's loss, and with leaves that fit few rows."""
    yaml = YAML()
    yaml.width = 10_000
    values = loaded(text, "model")
    options = values["model"].get("options") or {}
    if task != "regression":
        options.pop("loss", None)
    if options.get("min_samples_leaf", 0) > (fitting := max(5, rows // 100)):
        options["min_samples_leaf"] = fitting
    stream = io.StringIO()
    yaml.dump(values, stream)
    return stream.getvalue().rstrip("\n")
