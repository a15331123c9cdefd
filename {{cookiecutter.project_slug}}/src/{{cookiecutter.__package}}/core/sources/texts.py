"""Columns of text, as a CSV file has them, in the type that all of their values share."""

from __future__ import annotations

import numpy as np
import pandas as pd

TRUTHS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# 007 and 02139 are names that happen to be written in digits.
LEADING_ZERO = r"[+-]?0\d.*"
# A float holds fifteen digits for certain; a missing value makes floats of whole numbers.
LONG_NUMBER = r"[+-]?\d{16,}"


def typed(table: pd.DataFrame, decimal: str) -> pd.DataFrame:
    """Return the table with the columns that hold nothing but numbers, or true and false, in these types."""
    return pd.DataFrame({name: typed_column(table[name], decimal) for name in table.columns}, index=table.index)


def typed_column(column: pd.Series, decimal: str) -> pd.Series:
    """Return integers, floats, booleans or, where a single value is none of these, the text as it was.

    Numbers with leading zeros, or with more digits than a float keeps, stay text.
    """
    values = column.dropna()
    if values.empty or set(values.unique()[:3]) <= set(TRUTHS):
        return column.map(TRUTHS).astype("boolean") if set(values.unique()) <= set(TRUTHS) and len(values) else column
    found = as_numbers(values, decimal)
    if found is None or values.str.fullmatch(LEADING_ZERO).any():
        return column
    if found.dtype != np.int64 or len(values) < len(column):
        long = values.str.fullmatch(LONG_NUMBER).any()
        return column if long else found.astype(np.float64).reindex(column.index)
    return found


def as_numbers(values: pd.Series, decimal: str) -> pd.Series | None:
    """Return the values as numbers, or None if one of them is no number; the first thousand are asked first."""
    for part in (values.head(1000), values):
        plain = part if decimal == "." else part.str.replace(decimal, ".", regex=False)
        found = pd.to_numeric(plain, errors="coerce")
        if found.isna().any():
            return None
    return found
