"""The sections of params.yaml that belong to a table, written as a person would: one feature a line, and a reason."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable
from typing import Any

from ruamel.yaml import YAML

from ...core.guesses import Guess, distinct
from ...core.params import PRIMARY
from ...core.sections import Csv
from .looking import Findings, Look

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?: [A-Za-z0-9_-]+)*")
# What YAML, in one of its versions, takes for something else than text.
NO_TEXT = {"yes", "no", "true", "false", "null", "on", "off", "y", "n", "nan"}
WIDEST_KEY = 24
# Below this many rows the last part would be too small to measure anything on.
SMALL_TABLE = 1000
FEW_LEVELS = 10


def word(text: str) -> str:
    """Return text as YAML on one line: as it is, or in double quotes."""
    return text if PLAIN.fullmatch(text) and text.lower() not in NO_TEXT else json.dumps(text, ensure_ascii=False)


def line(key: str, value: str, why: str = "") -> str:
    """Return one indented line with a comment."""
    return f"  {key}: {value}{remark(why)}"


def remark(why: str) -> str:
    """Return a comment for the end of a line, or nothing."""
    return f"    # {' '.join(why.split())}" if why else ""


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


def shares(found: Findings) -> tuple[float, float]:
    """Return the shares of holdout and live; of few rows, more are held out to measure on."""
    return (0.25, 0.15) if found.rows < SMALL_TABLE else (0.2, 0.2)


def split_lines(found: Findings) -> Iterable[str]:
    """Yield the lines of `split`."""
    holdout, live = shares(found)
    how = f"the rows before the last in {found.time.column}" if found.time.column else "drawn at random"
    yield line("holdout", f"{holdout}", f"about {round(found.rows * holdout):,} rows, {how}")
    yield line("live", f"{live}", "kept for after the launch")


def evaluation_lines(found: Findings, look: Look) -> Iterable[str]:
    """Yield the lines of `evaluation`."""
    kinds = {name: guess.feature.kind for name, guess in found.features.items() if guess.feature}
    few = [name for name, kind in kinds.items() if kind == "category" and look.raw[name].nunique() <= FEW_LEVELS]
    yield line("primary", PRIMARY[found.task])
    if found.task == "regression":
        yield line("baseline_group", word(few[0]) if few else "null", "the mean of this group is what is to be beaten")
    yield line("slices", f"[{', '.join(word(name) for name in few[:2])}]")
    yield line("smallest_slice", f"{max(10, min(200, round(found.rows * shares(found)[0] / 10)))}")
    bound = f"{PRIMARY[found.task]}: " + ("{max: 10}" if found.task == "regression" else "{min: 0.8}")
    yield line("thresholds", "null", f"the first evaluation says what can be asked, such as {bound}")


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


def model_section(text: str, task: str, rows: int) -> str:
    """Return the section `model` of params.yaml, without another task's loss, and with leaves that fit few rows."""
    start, end = blocks(text)["model"]
    yaml = YAML()
    yaml.width = 10_000
    values: Any = yaml.load("\n".join(text.splitlines()[start:end]))
    options = values["model"].get("options") or {}
    if task != "regression":
        options.pop("loss", None)
    if options.get("min_samples_leaf", 0) > (fitting := max(5, rows // 100)):
        options["min_samples_leaf"] = fitting
    stream = io.StringIO()
    yaml.dump(values, stream)
    return stream.getvalue().rstrip("\n")
