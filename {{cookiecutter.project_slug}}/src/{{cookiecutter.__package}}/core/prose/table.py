"""What there is to say of the raw table."""

from __future__ import annotations

import pandas as pd

from ..params import EXAMPLE, Params
from ..profiles import as_seen
from ..schema import Schema
from ..sources.flights import ABOUT
from .markdown import listed
from .words import NAMED, Prose


def source(raw: pd.DataFrame, params: Params) -> Prose:
    """Say what was read."""
    size = f"**{len(raw):,} rows, {raw.shape[1]} columns.**"
    if params.data.source == EXAMPLE:
        return Prose(f"{ABOUT.format(hours=params.flights.weather_lead_hours)}\n\n{size}")
    return Prose(f"{size} They come from `{params.data.shown}`.")


def features(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return a line for each feature: its kind, its meaning, what is missing, and its values."""
    lines = {}
    for name, feature in schema.features.items():
        seen = as_seen(table[name], feature.kind)
        values = f"{seen.nunique():,} levels" if feature.kind == "category" else f"{seen.min():g} to {seen.max():g}"
        if feature.kind == "date":
            values = f"{table[name].min():%Y-%m-%d} to {table[name].max():%Y-%m-%d}"
        lines[name] = {"kind": feature.kind, "missing": f"{seen.isna().mean():.1%}", "values": values}
        lines[name]["about"] = feature.about
    return pd.DataFrame.from_dict(lines, orient="index")


def learned(table: pd.DataFrame, schema: Schema) -> Prose:
    """Say what the raw table is like."""
    target = table[schema.target]
    if schema.classes:
        shares = target.value_counts(normalize=True).sort_values(ascending=False)
        what = ", ".join(f"**{schema.classes[code]}** in {share:.1%} of the rows" for code, share in shares[:6].items())
    else:
        what = (
            f"on average **{target.mean():,.4g}**, half of all values between {target.quantile(0.25):,.4g} and "
            f"{target.quantile(0.75):,.4g}"
        )
    gaps = [name for name, feature in schema.features.items() if table[name].isna().any()]
    missing = (
        f"Values are missing in {listed(gaps, NAMED)}; the model learns what that means."
        if gaps
        else "Nothing is missing."
    )
    return Prose(f"- What we want to know, `{schema.target}`, is {what}.\n- {missing}")
