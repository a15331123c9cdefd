"""ONNX: the file answers as the pipeline does, and the gate notices when it doesn't."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from onnx import load_model_from_string

from {{cookiecutter.__package}}.core import data, export, model
from {{cookiecutter.__package}}.live import runtime

Floats = NDArray[np.float64]
TWO_CLASSES = np.array([[0.8, 0.2], [0.3, 0.7], [0.501, 0.499], [0.05, 0.95]])
NUMBERS = np.array([[-3.0], [0.2], [1500.0], [40.0]])


@pytest.fixture(scope="module")
def asked(made: SimpleNamespace) -> pd.DataFrame:
    """The rows the gate asks for: the hard ones first."""
    return pd.concat([export.hard_rows(made.frame, made.schema.features), made.frame.head(300)], ignore_index=True)


def alone(served: runtime.Model, asked: pd.DataFrame, rows: int = 20) -> Floats:
    """Ask for the first rows one by one."""
    return np.concatenate([served.answer(asked.iloc[[row]]).raw for row in range(rows)])


def test_the_file_answers_as_the_pipeline_does(each: SimpleNamespace, asked: pd.DataFrame):
    """The gate is passed in each task, by features of every kind, the hard rows included."""
    batch = each.served.answer(asked).raw
    result = export.parity(export.answers(each.pipeline, asked), batch, alone(each.served, asked))
    assert result.rows == len(asked)
    assert result.largest < 1e-5
    assert result.ok
    export.require_parity(result)


def test_another_model_s_file_is_noticed(each: SimpleNamespace, asked: pd.DataFrame):
    """The file of a slightly different model doesn't pass for this one's."""
    known = each.params.model, each.schema.features, each.schema.task, each.params.seed, each.frame
    target = np.where(each.frame.amount > 9.8, each.target.min(), each.target)
    other = model.fit(model.build_pipeline(*known), each.frame, target)
    result = export.parity(export.answers(other, asked), each.served.answer(asked).raw, alone(each.served, asked))
    with pytest.raises(export.ParityError):
        export.require_parity(result)


@pytest.mark.parametrize("expected", [TWO_CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_the_same_answers_pass(expected: Floats):
    """Equal answers differ by nothing."""
    result = export.parity(expected, expected.copy(), expected[:2])
    assert (result.p99, result.largest, result.single, result.flips, result.ok) == (0, 0, 0, 0, True)


@pytest.mark.parametrize("expected", [TWO_CLASSES, NUMBERS], ids=["classes", "numbers"])
@pytest.mark.parametrize("where", ["batch", "alone", "both"])
def test_nan_fails(expected: Floats, where: str):
    """A single NaN fails the gate, whether it comes in a batch, alone, or in both."""
    batch, single = expected.copy(), expected[:2].copy()
    for name, values in (("batch", batch), ("alone", single)):
        if where in (name, "both"):
            values[0, 0] = np.nan
    result = export.parity(expected, batch, single)
    assert not result.ok
    with pytest.raises(export.ParityError, match="nan"):
        export.require_parity(result)


@pytest.mark.parametrize("expected", [TWO_CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_a_shift_of_all_rows_fails(expected: Floats):
    """A small difference everywhere is more than rounding."""
    shifted = expected + 5e-5 * np.maximum(1, np.abs(expected))
    result = export.parity(expected, shifted, shifted[:2])
    assert result.p99 > export.P99_LIMIT
    assert not result.ok


def test_one_row_far_off_fails():
    """One wrong row among thousands fails, though the 99th percentile doesn't see it."""
    expected = np.tile([[0.9, 0.1]], (5000, 1))
    batch = expected.copy()
    batch[4321] += [-0.001, 0.001]
    result = export.parity(expected, batch, batch[:5])
    assert result.p99 == 0
    assert result.largest == pytest.approx(0.001)
    assert not result.ok


def test_exchanged_classes_fail():
    """Probabilities in the wrong order are counted as changed classes."""
    result = export.parity(TWO_CLASSES, TWO_CLASSES[:, ::-1], TWO_CLASSES[:2, ::-1])
    assert result.flips == len(TWO_CLASSES)
    with pytest.raises(export.ParityError, match="4 changed classes"):
        export.require_parity(result)


def test_a_flip_fails_however_small_the_difference():
    """A class that changes without a tie is a different answer, even where all the numbers nearly agree."""
    expected = np.tile([[0.50002, 0.49998]], (5000, 1))
    batch = expected.copy()
    batch[4321] = [0.499995, 0.500005]
    result = export.parity(expected, batch, batch[:5])
    assert (result.p99, result.flips) == (0, 1)
    assert not result.ok


def test_a_tie_may_fall_either_way():
    """At even odds, rounding decides, and that is nobody's fault."""
    expected, batch = np.array([[0.500001, 0.499999]]), np.array([[0.499999, 0.500001]])
    assert export.parity(expected, batch, batch).ok


@pytest.mark.parametrize("expected", [TWO_CLASSES, NUMBERS], ids=["classes", "numbers"])
def test_a_row_that_answers_otherwise_when_alone_fails(expected: Floats):
    """One row by itself and in a batch is the same row."""
    lonely = expected[:2] + np.array([[0.0], [0.0002]]) * np.abs(expected).max()
    result = export.parity(expected, expected, lonely)
    assert result.single > export.P99_LIMIT
    assert not result.ok


def test_large_numbers_are_compared_relative_to_their_size():
    """The seventh digit of a large number is rounding; in a small one it is not."""
    assert export.parity(np.array([[1e6]]), np.array([[1e6 + 1]]), np.array([[1e6 + 1]])).ok
    assert not export.parity(np.array([[1.0]]), np.array([[1.001]]), np.array([[1.001]])).ok


def test_hard_rows_hold_what_exporters_get_wrong(made: SimpleNamespace):
    """All missing, unseen and empty categories, integers beyond float32's exact range; types stay."""
    hard = export.hard_rows(made.frame, made.schema.features)
    numbers, words = hard[["amount", "reading", "checked", "until"]], hard[["colour", "note"]]
    assert numbers.isna().all(axis=1).any()
    assert (numbers[["amount", "reading"]].abs() > 2**24 - 1).all(axis=1).any()
    assert (words == "").all(axis=1).any()
    assert (~words.isin(["red", "green", "blue", ""])).all(axis=1).sum() >= 2
    assert set(hard.dtypes[numbers.columns]) == {np.dtype(np.float32)}
    assert list(hard.columns) == list(made.frame.columns)


def test_the_same_seed_gives_the_same_bytes(each: SimpleNamespace):
    """From the table to the file, a second run makes the very same model: its identity is stable."""
    frame = data.model_frame(each.table, each.schema.features)
    known = each.params.model, each.schema.features, each.schema.task, each.params.seed, frame
    again = model.fit(model.build_pipeline(*known), frame, each.target)
    assert export.to_onnx(again, each.schema.features, each.params.name) == each.onnx


def test_the_file_lists_its_operator_sets_in_order(onnx: bytes):
    """The converter keeps them in a set, whose order changes from process to process, and with it the file's hash."""
    domains = [opset.domain for opset in load_model_from_string(onnx).opset_import]
    assert domains == sorted(export.OPSET)


def test_the_file_has_an_input_for_each_feature(each: SimpleNamespace):
    """Whoever loads the file elsewhere finds the features under their own names."""
    assert [entry.name for entry in each.served.session.get_inputs()] == list(each.schema.features)


def test_answers_of_another_shape_fail():
    """A regression held against a classification is no near miss."""
    with pytest.raises(export.ParityError, match="shape"):
        export.parity(np.zeros((3, 1)), np.zeros((3, 2)), np.zeros((1, 2)))
