"""What 04_evaluate notes down beside the metrics: the parts of the table, its features, its slices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..evidence import Bin, Evidence, Explanations, Judged, Part, Seen
from ..metrics import METRICS
from ..profiles import as_seen
from ..prose.markdown import number
from ..schema import Feature, Schema
from ..sections import Evaluation

LEFT_OUT = 10


def noted(
    sha256: str,
    schema: Schema,
    parts: Mapping[str, pd.DataFrame],
    *,
    evaluation: Evaluation,
    slices: pd.DataFrame,
    calibration: pd.DataFrame,
    explanations: Explanations,
) -> Evidence:
    """Return the evidence about the model with this hash, from the parts `train` and `holdout`.

    `slices` is what `evaluation.slice_scores` returns for the held-out rows.
    """
    return Evidence(
        sha256=sha256,
        higher_is_better={name: found.higher_is_better for name, found in METRICS[schema.task].items()},
        parts={name: part(table, schema) for name, table in parts.items()},
        features={name: seen(parts["train"][name], feature) for name, feature in schema.features.items()},
        calibration=tuple(Bin(*map(float, row[:2]), int(row[2])) for row in calibration.to_numpy()),
        smallest_slice=evaluation.smallest_slice,
        slices={name: judged(parts["holdout"][name], slices[slices["column"] == name]) for name in evaluation.slices},
        explanations=explanations,
    )


def part(table: pd.DataFrame, schema: Schema) -> Part:
    """Return what there is to say of a part of the table."""
    days = table[schema.time].agg(["min", "max"]).dt.strftime("%Y-%m-%d").tolist() if schema.time else (None, None)
    return Part(rows=len(table), first=days[0], last=days[1], target=of_target(table[schema.target], schema))


def of_target(values: pd.Series, schema: Schema) -> dict[str, float]:
    """Return the share of each class, or where a number lies."""
    if schema.classes:
        found = values.value_counts(normalize=True)
        return {name: float(found.get(code, 0.0)) for code, name in enumerate(schema.classes)}
    low, median, high = values.quantile([0.1, 0.5, 0.9])
    return {"mean": float(values.mean()), "lowest tenth up to": low, "median": median, "highest tenth from": high}


def seen(values: pd.Series, feature: Feature) -> Seen:
    """Return the share of missing values, and the others in words."""
    found = as_seen(values, feature.kind)
    missing, present = float(found.isna().mean()), found.dropna()
    if present.empty:
        return Seen(missing, "none")
    if feature.kind == "category":
        count = present.nunique()
        return Seen(missing, f"{count:,} level{'s' if count > 1 else ''}")
    if feature.kind == "boolean":
        return Seen(missing, f"true in {present.mean():.1%}")
    if feature.kind == "date":
        return Seen(missing, f"{values.min():%Y-%m-%d} to {values.max():%Y-%m-%d}")
    return Seen(missing, f"{number(present.min())} to {number(present.max())}")


def judged(values: pd.Series, found: pd.DataFrame) -> Judged:
    """Return how many values of a column were judged, and the commonest of those that weren't."""
    counts: dict[str, Any] = {str(name): int(count) for name, count in values.value_counts().items()}
    others = {name: count for name, count in counts.items() if name not in set(found["value"])}
    kept = dict(list(others.items())[:LEFT_OUT])
    return Judged(values=len(counts), judged=len(found), rows=int(found["rows"].sum()), left_out=kept)
