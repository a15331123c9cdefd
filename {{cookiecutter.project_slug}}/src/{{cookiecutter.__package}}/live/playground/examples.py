"""What the playground knows of the model: its features, real rows to begin with, and what it usually answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson

from ..api.info import information
from ..api.requests import MOST_ROWS
from ..variants.lineup import Lineup


def described(lineup: Lineup, folder: Path) -> dict[str, Any]:
    """Return the model's description with examples from the golden rows beside it.

    An example is a list of values in the features' order. There are so many of them that a request has room for each
    feature of a row taken from each example, and for the row itself.
    """
    known = information(lineup)
    names = list(known["features"])
    golden = load_golden(folder / "golden.json", names)
    count = max(1, (MOST_ROWS - 1) // len(names))
    return {
        **known,
        "features": [{"name": name, **feature} for name, feature in known["features"].items()],
        "examples": [[row[name] for name in names] for row in golden.get("rows", [])][:count],
        "usual": usual(golden),
        "golden": len(golden.get("rows", [])),
        "most_rows": MOST_ROWS,
    }


def load_golden(path: Path, names: list[str]) -> dict[str, Any]:
    """Return the golden rows and their answers; nothing if there are none, or if they are another model's."""
    try:
        golden = orjson.loads(path.read_bytes())
        return golden if all(list(row) == names for row in golden["rows"]) else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def usual(golden: dict[str, Any]) -> list[float]:
    """Return what the golden rows were answered: the mean probability of each class, or every number in order."""
    chances = golden.get("probabilities")
    if chances:
        return [sum(column) / len(chances) for column in zip(*chances, strict=True)]
    return sorted(golden.get("predictions", []))
