"""The one schema: what is made of values before a model sees them."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import params, schema

NUMBER = schema.Feature(kind="number", about="a number", nullable=True)
WORD = schema.Feature(kind="category", about="a word", nullable=True)


def test_numbers_become_float32_and_what_is_missing_becomes_nan():
    """A number arrives as the model's own type, whether it was an integer, a fraction, None or NaN."""
    found = schema.columns({"n": [1, 2.5, None, float("nan")]}, {"n": NUMBER})["n"]
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array([[1], [2.5], [np.nan], [np.nan]], dtype=np.float32))


def test_words_stay_and_what_is_missing_becomes_empty():
    """A category arrives as text; None, NaN and pandas' own missing value are all the empty text."""
    found = schema.columns({"w": ["é ✈", "", None, float("nan"), pd.NA]}, {"w": WORD})["w"]
    assert found.ravel().tolist() == ["é ✈", "", "", "", ""]


def test_there_is_a_column_for_each_feature_in_the_features_order():
    """What the model doesn't know is left out, and the order of the table doesn't matter."""
    found = schema.columns({"other": [9, 9], "n": [1, 2], "w": ["a", "b"]}, {"w": WORD, "n": NUMBER})
    assert list(found) == ["w", "n"]
    assert {values.shape for values in found.values()} == {(2, 1)}


def test_a_missing_column_is_named(table: pd.DataFrame, quick_params: params.Params):
    """A table without a feature is refused with the feature's name."""
    with pytest.raises(schema.SchemaError, match="'amount'"):
        schema.columns(table.drop(columns="amount"), quick_params.features)


def test_the_hash_is_sha_256():
    """The identity of a model is what `sha256sum` prints."""
    assert schema.sha256(b"bytes of a model") == hashlib.sha256(b"bytes of a model").hexdigest()
