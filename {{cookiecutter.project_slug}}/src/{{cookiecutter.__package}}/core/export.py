"""From a fitted pipeline to ONNX bytes, and the gate that proves both give the same answers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from .converters import register, with_float32_thresholds
from .schema import Feature

OPSET = {"": 18, "ai.onnx.ml": 3}
P99_LIMIT = 1e-5
LARGEST_LIMIT = 1e-4
# Nine of ten numbers are at most that large.
USUAL = 0.9


class ParityError(RuntimeError):
    """The ONNX file doesn't answer as the pipeline it was made from."""


class Parity(msgspec.Struct, frozen=True):
    """How far ONNX answers are from the pipeline's: probabilities, or numbers relative to max(1, |number|).

    `flips` counts rows whose class differs although no two probabilities are within P99_LIMIT of each other;
    `single` is the largest difference between a row alone and the same row in a batch.
    """

    rows: int
    p99: float
    largest: float
    single: float
    flips: int

    @property
    def ok(self) -> bool:
        """Whether every limit is kept; NaN keeps none."""
        return self.p99 <= P99_LIMIT and self.largest <= LARGEST_LIMIT and self.single <= P99_LIMIT and not self.flips


def to_onnx(pipeline: Pipeline, features: Mapping[str, Feature], name: str) -> bytes:
    """Return the pipeline as ONNX bytes with one input a feature, each of shape (rows, 1).

    The same fitted pipeline gives the same bytes, in every process.
    """
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType

    register()
    inputs = [
        (feature, (StringTensorType if spec.kind == "category" else FloatTensorType)([None, 1]))
        for feature, spec in features.items()
    ]
    ready = with_float32_thresholds(pipeline)
    options = {id(ready): {"zipmap": False}} if hasattr(ready, "predict_proba") else None
    model = convert_sklearn(ready, name=name, initial_types=inputs, target_opset=OPSET, options=options)
    # The converter lists the opsets in the order of a set, which differs from process to process.
    opsets = sorted(model.opset_import, key=lambda opset: opset.domain)
    del model.opset_import[:]
    model.opset_import.extend(opsets)
    name_inputs(model.graph, list(features))
    return model.SerializeToString(deterministic=True)


def name_inputs(graph: Any, features: list[str]) -> None:
    """Give the inputs of a graph the features' own names, of which the converter keeps letters and digits."""
    values = [name for node in graph.node for name in (*node.input, *node.output)]
    values += [entry.name for entry in (*graph.input, *graph.initializer, *graph.output)]
    new = {name: unlike(name, features) for name in values if name}
    new |= dict(zip((entry.name for entry in graph.input), features, strict=True))
    for node in graph.node:
        node.input[:] = [new.get(name, name) for name in node.input]
        node.output[:] = [new.get(name, name) for name in node.output]
    for entry in (*graph.input, *graph.initializer, *graph.output):
        entry.name = new[entry.name]


def unlike(name: str, taken: Collection[str]) -> str:
    """Return the name, lengthened until no feature is called so."""
    while name in taken:
        name += "_"
    return name


def answers(pipeline: Pipeline, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Return probabilities of shape (rows, classes), or predicted numbers of shape (rows, 1)."""
    if hasattr(pipeline, "predict_proba"):
        return np.asarray(pipeline.predict_proba(frame))
    return np.asarray(pipeline.predict(frame)).reshape(-1, 1)


def parity(expected: NDArray[Any], batch: NDArray[Any], alone: NDArray[Any]) -> Parity:
    """Compare answers of shape (rows, outputs); `alone` holds the first rows, each asked by itself.

    Raises:
        ParityError: the two don't have the same shape.
    """
    if expected.shape != batch.shape:
        raise ParityError(f"The pipeline answers with shape {expected.shape}, the ONNX model with {batch.shape}.")
    scale = sizes(expected)
    distance = (np.abs(expected - batch) / scale).max(axis=1)
    single = np.abs(batch[: len(alone)] - alone) / scale[: len(alone)]
    return Parity(
        rows=len(expected),
        p99=float(np.quantile(distance, 0.99)),
        largest=float(distance.max()),
        single=float(single.max()),
        flips=flips(expected, batch),
    )


def sizes(expected: NDArray[Any]) -> NDArray[np.float64] | float:
    """Return what differences are held against: 1 for probabilities, and for numbers their own or the usual size.

    A number near zero is the sum of larger ones, whose rounding it shares.
    """
    if expected.shape[1] > 1:
        return np.ones_like(expected)
    size = np.abs(expected)
    largest = np.maximum(size, np.nanquantile(size, USUAL))
    return np.where(largest > 0, largest, 1.0)


def flips(expected: NDArray[Any], batch: NDArray[Any]) -> int:
    """Return how many rows change their class without being a tie; 0 when there is a single output."""
    if expected.shape[1] == 1:
        return 0
    highest = np.sort(expected, axis=1)
    undecided = highest[:, -1] - highest[:, -2] <= 2 * P99_LIMIT
    return int(((expected.argmax(axis=1) != batch.argmax(axis=1)) & ~undecided).sum())


def hard_rows(frame: pd.DataFrame, features: Mapping[str, Feature]) -> pd.DataFrame:
    """Return rows that tell exporters apart: all missing, unseen and empty categories, numbers above 2^24."""

    def with_all(number: float | None = None, category: str | None = None) -> pd.DataFrame:
        new = {name: category if feature.kind == "category" else number for name, feature in features.items()}
        # Not assign(), which takes no column called self.
        row = {name: frame[name].iloc[0] if value is None else value for name, value in new.items()}
        return pd.DataFrame([row])

    rows = [
        with_all(np.nan, ""),
        with_all(category="never seen before"),
        with_all(category="é ✈ \u200b"),
        with_all(0.0),
        with_all(2.0**24 + 1),
        with_all(-(2.0**31)),
        with_all(np.nan),
    ]
    return pd.concat(rows, ignore_index=True).astype(frame.dtypes)


def require_parity(result: Parity) -> None:
    """Raise ParityError with the measured differences unless the gate is passed."""
    if not result.ok:
        raise ParityError(
            f"The ONNX model differs from the pipeline on {result.rows} rows: p99 {result.p99:.1e} (limit "
            f"{P99_LIMIT:.0e}), largest {result.largest:.1e} (limit {LARGEST_LIMIT:.0e}), one row against a batch "
            f"{result.single:.1e}, {result.flips} changed classes. Choose another estimator or simpler options."
        )
