"""What the evaluation leaves behind for pictures and the model card: plain records, saved as reports/evidence.json."""

from __future__ import annotations

from pathlib import Path

import msgspec

from .schema import Kind


class Leaning(msgspec.Struct, frozen=True):
    """What the primary metric loses when one feature is shuffled: the mean of the repeats, and their deviation."""

    loss: float
    spread: float


class Dependence(msgspec.Struct, frozen=True, kw_only=True):
    """The mean answer over the rows if all of them had the same value of one feature, for each value of `grid`.

    `grid` holds values as a request carries them: a date is its ISO text, and the last may be null, for missing.
    `mean`, `low` and `high` have a list for each outcome: the target's name for a number, else class names. Between
    `low` and `high` lie the middle 80 % of the rows' own curves, moved to one level. `shares` says which part of the
    rows is nearest to each value of the grid; of a category, they need not add up to 1.
    """

    kind: Kind
    grid: tuple[float | bool | str | None, ...]
    shares: tuple[float, ...]
    mean: dict[str, tuple[float, ...]]
    low: dict[str, tuple[float, ...]]
    high: dict[str, tuple[float, ...]]


class Pair(msgspec.Struct, frozen=True):
    """Two features that move together, with Spearman's rank correlation."""

    first: str
    second: str
    correlation: float


class Explanations(msgspec.Struct, frozen=True):
    """What a model leans on, by feature, largest loss first; how its answer moves; what can't be told apart."""

    importance: dict[str, Leaning]
    dependence: dict[str, Dependence]
    together: tuple[Pair, ...] = ()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the table: its rows, its first and last day where rows have a time, and what its target is like.

    `target` holds the share of each class; of a number its mean, median and outer deciles.
    """

    rows: int
    first: str | None
    last: str | None
    target: dict[str, float]


class Seen(msgspec.Struct, frozen=True):
    """What training saw of a feature: the share of rows without a value, and the values in words."""

    missing: float
    values: str


class Bin(msgspec.Struct, frozen=True):
    """Rows with about the same answer: its mean, the mean of the truth, and how many they are."""

    promised: float
    observed: float
    rows: int


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """How many values a sliced column has, how many of them were judged, and the rows in those.

    `left_out` holds the rows of values that weren't, the commonest of them by name.
    """

    values: int
    judged: int
    rows: int
    left_out: dict[str, int]


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """Everything 04_evaluate found that isn't a metric, of the model with this sha256.

    `features` is what the training data held; slices with fewer rows than `smallest_slice` weren't judged.
    """

    sha256: str
    higher_is_better: dict[str, bool]
    parts: dict[str, Part]
    features: dict[str, Seen]
    calibration: tuple[Bin, ...]
    smallest_slice: int
    slices: dict[str, Judged]
    explanations: Explanations


def load_evidence(path: Path) -> Evidence:
    """Read reports/evidence.json."""
    return msgspec.json.decode(path.read_bytes(), type=Evidence)
