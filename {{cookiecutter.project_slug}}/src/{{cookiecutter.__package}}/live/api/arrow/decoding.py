"""An Arrow stream as the model's columns, held to the same rules as JSON, a column at a time."""

from __future__ import annotations

import struct
from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from ....core.schema import Columns, Feature, columns
from ...answers import Problem
from ..requests import MOST_PROBLEMS, expectation, shown
from . import envelope
from .texts import check_lengths
from .values import TAKEN, Values, is_taken, values_of


def decode(body: bytes, features: Mapping[str, Feature]) -> Columns:
    """Return one (n, 1) array a feature.

    Raises:
        RequestError: the body is no Arrow stream (400), is compressed (415), or doesn't fit the features (422).
    """
    try:
        envelope.check(body)
        with pa.ipc.open_stream(pa.py_buffer(body), options=pa.ipc.IpcReadOptions(use_threads=False)) as stream:
            problems = schema_problems(stream.schema, features)
            if problems:
                raise envelope.misfit(problems[:MOST_PROBLEMS])
            batches = [batch for batch in stream if batch.num_rows]
        for batch in batches:
            batch.validate()
            check_lengths(batch)
            batch.validate(full=True)
        # Damaged numbers are refused without a warning.
        with np.errstate(all="ignore"):
            found = {name: values_of([batch.column(name) for batch in batches], f) for name, f in features.items()}
    except (pa.ArrowException, OSError, ValueError, TypeError, OverflowError, IndexError, struct.error):
        # What pyarrow says of a damaged stream may repeat what is in it.
        raise envelope.invalid() from None
    problems = [problem(name, features[name], values) for name, values in found.items() if values.wrong]
    if problems:
        raise envelope.misfit(problems[:MOST_PROBLEMS])
    return columns({name: values.values for name, values in found.items()}, features)


def schema_problems(schema: pa.Schema, features: Mapping[str, Feature]) -> list[Problem]:
    """Return what is wrong with the columns, before a row of them is read."""
    names = schema.names
    unknown = [Problem(shown(name), "is not a known feature") for name in names if name not in features]
    missing = [Problem(name, "is missing") for name in features if name not in names]
    twice = [Problem(name, "is there more than once") for name in features if names.count(name) > 1]
    wrong = [
        Problem(name, f"must be a column of {TAKEN[feature.kind]}")
        for name, feature in features.items()
        if names.count(name) == 1 and not is_taken(schema.field(name).type, feature)
    ]
    return [*unknown, *missing, *twice, *wrong]


def problem(name: str, feature: Feature, found: Values) -> Problem:
    """Return what is wrong with the values of a column, and where it begins."""
    rows = "1 row doesn't" if found.wrong == 1 else f"{found.wrong} rows don't"
    return Problem(name, f"{expectation(feature)}: {rows}, the first is rows[{found.first}]")
