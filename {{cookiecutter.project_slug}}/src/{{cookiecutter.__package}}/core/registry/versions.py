"""Semantic versions of models, derived from what changed and never typed in.

MAJOR: a request that was valid may be refused now, or an answer means something else. MINOR: the features changed in
a way that every earlier request survives, or the training data did. PATCH: everything else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec
import numpy as np
from packaging.version import InvalidVersion
from packaging.version import Version as Parsed

from ..schema import Feature, Signature

Change = Literal["major", "minor", "patch"]
Numbers = tuple[int, int, int]
# The widest range a request's number may have; see live/api/requests.py, which allows no more.
WIDEST = float(np.finfo(np.float32).max)


def change_between(old: Signature, new: Signature, *, same_data: bool) -> Change:
    """Return how far a model is from an earlier one, as those see it who ask for predictions."""
    if means(old) != means(new) or not accepts_all(old.features, new.features):
        return "major"
    return "patch" if same_data and behaviour(old.features) == behaviour(new.features) else "minor"


def means(signature: Signature) -> tuple[str, str, tuple[str, ...]]:
    """Return what the answers of a model are about."""
    return signature.task, signature.target, signature.classes


def accepts_all(old: dict[str, Feature], new: dict[str, Feature]) -> bool:
    """Return whether every row that fits the old features fits the new ones.

    A row names every feature and no other, so that none may come or go.
    """
    return old.keys() == new.keys() and all(accepts(old[name], new[name]) for name in old)


def accepts(old: Feature, new: Feature) -> bool:
    """Return whether a feature takes every value that it took before."""
    if old.nullable and not new.nullable:
        return False
    if old.kind == new.kind == "number":
        (old_least, old_most), (new_least, new_most) = limits(old), limits(new)
        return new_least <= old_least and old_most <= new_most
    # A date is sent as text, and any text can be a category.
    return old.kind == new.kind or (old.kind, new.kind) == ("date", "category")


def limits(feature: Feature) -> tuple[float, float]:
    """Return the least and the most a number may be."""
    return (
        -WIDEST if feature.min is None else feature.min,
        WIDEST if feature.max is None else feature.max,
    )


def behaviour(features: dict[str, Feature]) -> dict[str, Feature]:
    """Return the features without the texts about them, which change no answer."""
    return {name: msgspec.structs.replace(feature, about="") for name, feature in features.items()}


def next_version(change: Change, base: str, taken: Iterable[str]) -> str:
    """Return the first free version after `base`; without a base that can be read, a new major one.

    `taken` are the versions of all registered models; what is no version among them is passed over.
    """
    known = [numbers for numbers in map(parsed, taken) if numbers]
    start = parsed(base)
    if start is None or change == "major":
        return f"{max((major for major, _, _ in [*known, *([start] if start else [])]), default=0) + 1}.0.0"
    if change == "minor":
        return f"{start[0]}.{max(minor for major, minor, _ in [*known, start] if major == start[0]) + 1}.0"
    return "{}.{}.{}".format(*start[:2], max(numbers[2] for numbers in [*known, start] if numbers[:2] == start[:2]) + 1)


def parsed(version: str) -> Numbers | None:
    """Return the three numbers of a version, or None if it is none."""
    try:
        major, minor, patch, *_ = (*Parsed(version).release, 0, 0, 0)
    except InvalidVersion:
        return None
    return major, minor, patch
