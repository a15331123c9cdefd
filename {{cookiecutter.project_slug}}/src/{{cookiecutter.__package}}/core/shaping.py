"""From the raw table to the prepared one: the schema's columns, in its types."""

from __future__ import annotations

import pandas as pd

from .schema import Schema


def shaped(raw: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the schema's columns, ordered by time: text for categories, floats, codes of classes."""
    codes = raw[schema.target].map({name: code for code, name in enumerate(schema.classes)})
    return raw[schema.columns].assign(**{schema.target: codes if schema.classes else raw[schema.target]})
