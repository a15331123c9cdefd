"""Writing a model into params.yaml: its own section alone changes, and comments stay."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from ...core.writing import replacing


def choose_model(path: Path, estimator: str, options: Mapping[str, Any]) -> bool:
    """Write estimator and options into the file's model section, all at once, and return whether that changed it.

    Only the section's lines are parsed and written again, as writing would take the alignment out of all others.
    """
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    first, last = section(lines, "model")
    before = "".join(lines[first:last])
    after = changed(before, estimator, options)
    with replacing(path) as unfinished:
        unfinished.write_text("".join(lines[:first]) + after + "".join(lines[last:]), encoding="utf-8")
    return before != after


def section(lines: list[str], name: str) -> tuple[int, int]:
    """Return the first line of a section, and the first one after it that is no longer its own.

    Blank lines and comments before the next section belong to that one.
    """
    places = {key: line for key, (line, *_) in YAML().load("".join(lines)).lc.data.items()}
    first, last = places[name], min([line for line in places.values() if line > places[name]], default=len(lines))
    while lines[last - 1].startswith("#") or not lines[last - 1].strip():
        last -= 1
    return first, last


def changed(text: str, estimator: str, options: Mapping[str, Any]) -> str:
    """Return the text of the section with these choices."""
    yaml = YAML()
    yaml.width = 120
    document = yaml.load(text)
    model = document["model"]
    model["estimator"] = estimator
    if not model.get("options"):
        model["options"] = {}
    for name in [name for name in model["options"] if name not in options]:
        del model["options"][name]
    model["options"].update(options)
    written = io.StringIO()
    yaml.dump(document, written)
    return written.getvalue()
