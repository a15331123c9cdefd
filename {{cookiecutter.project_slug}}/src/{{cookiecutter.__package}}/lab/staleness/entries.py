"""What single entries of dvc.yaml and dvc.lock say: hashes, outputs, parameters and how those differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

ABSENT = object()


def recorded(items: Sequence[Mapping[str, Any]] | None) -> dict[str, str]:
    """Return the hashes that dvc.lock records, by path."""
    return {item["path"]: item.get("md5", "") for item in items or ()}


def outputs_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    """Yield each output, metric and plot of a stage, and whether DVC's cache keeps it."""
    for item in (*entry.get("outs", ()), *entry.get("metrics", ()), *entry.get("plots", ())):
        if isinstance(item, str):
            yield item, True
        else:
            path, options = next(iter(item.items()))
            yield path, options.get("cache", True)


def params_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Yield each parameter file of a stage and the keys it reads there; no keys means all of them."""
    listed = entry.get("params", ())
    if keys := [item for item in listed if isinstance(item, str)]:
        yield "params.yaml", keys
    for item in listed:
        if isinstance(item, dict):
            yield from ((file, keys or []) for file, keys in item.items())


def pick(values: Mapping[str, Any], key: str) -> Any:
    """Return the value at a dotted key, or ABSENT."""
    if key in values:
        return values[key]
    found: Any = values
    for part in key.split("."):
        if not isinstance(found, Mapping) or part not in found:
            return ABSENT
        found = found[part]
    return found


def differences(name: str, old: Any, new: Any) -> Iterator[str]:
    """Yield 'name: old -> new' for each value that differs, however deep it is."""
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old and new:
        for key in dict.fromkeys((*old, *new)):
            yield from differences(f"{name}.{key}", old.get(key, ABSENT), new.get(key, ABSENT))
    elif old is ABSENT or new is ABSENT or old != new:
        yield f"{name}: {shown(old)} -> {shown(new)}"


def shown(value: Any, width: int = 60) -> str:
    """Return a value as a person writes it in params.yaml, cut to `width`."""
    text = "not set" if value is ABSENT else value
    text = text if isinstance(text, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= width else f"{text[: width - 1]}…"


def overlap(one: str, other: str) -> bool:
    """Return whether two paths are the same, or one is in the other."""
    a, b = PurePosixPath(one), PurePosixPath(other)
    return a == b or a in b.parents or b in a.parents


def text_md5(text: str) -> str:
    """Return the hash that DVC would record for a file of this text."""
    return hashlib.md5(text.encode("utf-8"), usedforsecurity=False).hexdigest()
