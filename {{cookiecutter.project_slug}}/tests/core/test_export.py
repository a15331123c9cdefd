"""ONNX: the file answers as the pipeline does, and the gate notices when it doesn't."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import load_model_from_string
from sklearn.pipeline import Pipeline

from {{cookiecutter.__package}}.core import converters, export, model, options, params, schema
from {{cookiecutter.__package}}.live import runtime

Floats = NDArray[np.float64]
TWO_CLASSES = np.array([[0.8, 0.2], [0.3, 0.7], [0.501, 0.499], [0.05, 0.95]])
NUMBERS = np.array([[-3.0], [0.2], [1500.0], [40.0]])


KINDS = {
    "amount": schema.Feature(kind="number"),
    "big": schema.Feature(kind="number", nullable=True),
    "since": schema.Feature(kind="date", nullable=True),
    "member": schema.Feature(kind="boolean", nullable=True),
    "colour": schema.Feature(kind="category", nullable=True),
    "place": schema.Feature(kind="category", top=5),
}
ODD = ["a b", "a.b", "a_b", "a[0]", "quote\"'", "f0", "f1", "self", "label", "variable", "✈", "ü", "1", "input"]
TASKS: dict[schema.Task, int] = {"binary": 2, "multiclass": 3, "regression": 0}
QUICK: dict[str, dict[str, int]] = {
    "hist_gradient_boosting": {"max_iter": 40},
    "lightgbm": {"n_estimators": 40},
    "xgboost": {"n_estimators": 40},
    "random_forest": {"n_estimators": 20},
    "linear": {},
}
EACH_ESTIMATOR = pytest.mark.parametrize("estimator", options.OPTIONS)
EACH_TASK = pytest.mark.parametrize("task", TASKS)


class Exported(NamedTuple):
    """A fitted pipeline, its ONNX file as production runs it, and the table both know."""

    pipeline: Pipeline
    served: runtime.Model
    frame: pd.DataFrame

    def parity(self, *, rows: int = 400) -> export.Parity:
        """Ask both for the hard rows and the first ones of the table, as the gate does."""
        hard = export.hard_rows(self.frame, self.served.signature.features)
        asked = pd.concat([hard, self.frame.head(rows)], ignore_index=True)
        alone = np.concatenate([self.served.answer(asked.iloc[[row]]).raw for row in range(20)])
        return export.parity(export.answers(self.pipeline, asked), self.served.answer(asked).raw, alone)


def values(kind: str, rows: int, random: np.random.Generator) -> NDArray[Any]:
    """Return values of a kind, a tenth of them missing. Numbers are neighbours among what a float32 can hold."""
    made: dict[str, NDArray[Any]] = {
        "number": 2.0**24 + 2.0 * random.integers(0, 60, rows),
        "date": 19_000.0 + random.integers(0, 900, rows),
        "boolean": random.integers(0, 2, rows).astype(float),
        "category": random.choice([f"lévél {n} ✈" for n in range(12)], rows).astype(object),
    }
    return np.where(random.random(rows) < 0.1, "" if kind == "category" else np.nan, made[kind])


def table_of(features: Mapping[str, schema.Feature], rows: int = 800) -> pd.DataFrame:
    """Return a made-up table as the model is fed it."""
    random = np.random.default_rng(5)
    made = {name: values(feature.kind, rows, random) for name, feature in features.items()}
    return pd.DataFrame({name: column.ravel() for name, column in schema.columns(made, features).items()})


def target_of(frame: pd.DataFrame, classes: int) -> NDArray[Any]:
    """Return a target that all columns have a part in: codes of classes, or numbers in millions around zero."""
    ranks = sum(np.sin(3 * pd.factorize(frame[name], sort=True)[0]) for name in frame)
    noisy = ranks + np.random.default_rng(6).normal(size=len(frame))
    return (
        (pd.Series(noisy).rank(pct=True, method="first") * classes * 0.999).astype(int).to_numpy()
        if classes
        else noisy * 1e6
    )


def exported(
    estimator: str,
    task: schema.Task = "binary",
    features: Mapping[str, schema.Feature] = KINDS,
    *,
    frame: pd.DataFrame | None = None,
    classes: int | None = None,
    chosen: Mapping[str, Any] | None = None,
) -> Exported:
    """Fit and export a model of a made-up table."""
    frame = table_of(features) if frame is None else frame
    classes = TASKS[task] if classes is None else classes
    section = params.Model(estimator=estimator, options=QUICK[estimator] | dict(chosen or {}))
    unfitted = model.build_pipeline(section, features, task, 7, frame)
    fitted = model.fit(unfitted, frame, target_of(frame, classes))
    content = export.to_onnx(fitted, features, "made up")
    known = {"name": "made up", "task": task, "target": "target", "features": dict(features)}
    names = tuple(f"class {code}" for code in range(classes))
    signature = schema.Signature(**known, classes=names, sha256=schema.sha256(content))
    return Exported(fitted, runtime.Model(content, signature), frame)


def require(result: export.Parity) -> None:
    """Ask ten times more of a made-up model than the gate does."""
    export.require_parity(result)
    assert result.largest < 1e-5


@EACH_TASK
@EACH_ESTIMATOR
def test_the_file_answers_as_the_pipeline_does(estimator: str, task: schema.Task):
    """All kinds of features, missing values, rows on thresholds that are float64 alone, and the hard rows."""
    require(exported(estimator, task).parity())


@EACH_ESTIMATOR
def test_a_feature_may_be_called_anything(estimator: str):
    """The file's inputs have the features' own names, also where the converter would call its own values so."""
    kinds = ["number", "category"] * len(ODD)
    features = {name: schema.Feature(kind=kind) for name, kind in zip(ODD, kinds, strict=False)}
    made = exported(estimator, features=features)
    assert [entry.name for entry in made.served.session.get_inputs()] == ODD
    require(made.parity())


@pytest.mark.parametrize(
    "kinds", [["number"], ["category"], ["boolean"], ["date"], ["number"] * 40 + ["category"] * 20]
)
@EACH_ESTIMATOR
def test_a_table_may_have_columns_of_one_kind_or_many(estimator: str, kinds: list[schema.Kind]):
    """One feature alone, and sixty; tables without numbers and tables without categories."""
    features = {f"column {place}": schema.Feature(kind=kind) for place, kind in enumerate(kinds)}
    chosen = dict.fromkeys(QUICK[estimator], 8)
    require(exported(estimator, features=features, chosen=chosen).parity(rows=100))


@EACH_ESTIMATOR
def test_a_hundred_rows_of_ten_classes_are_enough(estimator: str):
    """The probabilities are in the order of the codes."""
    made = exported(estimator, "multiclass", frame=table_of(KINDS, rows=100), classes=10)
    result = made.parity(rows=100)
    require(result)
    assert made.served.answer(made.frame).probabilities.shape == (100, 10)


@EACH_TASK
@EACH_ESTIMATOR
def test_missing_values_that_training_never_saw_answer_alike(estimator: str, task: schema.Task):
    """Each library has a rule of its own for them."""
    whole = table_of(KINDS).fillna(19_000)
    made = exported(estimator, task, frame=whole)
    require(Exported(made.pipeline, made.served, table_of(KINDS)).parity())


@pytest.mark.parametrize(
    ("estimator", "chosen"),
    [
        ("hist_gradient_boosting", {"min_samples_leaf": 10_000}),
        ("lightgbm", {"min_child_samples": 10_000}),
        ("xgboost", {"min_child_weight": 1e6}),
        ("random_forest", {"min_samples_leaf": 10_000}),
    ],
)
@EACH_TASK
def test_a_model_without_a_single_branch_answers_alike(estimator: str, task: schema.Task, chosen: dict[str, Any]):
    """Nothing is left but the intercept."""
    require(exported(estimator, task, chosen=chosen).parity())


@pytest.mark.parametrize(
    ("estimator", "option", "value"),
    [
        *(("hist_gradient_boosting", "loss", loss) for loss in ("absolute_error", "quantile")),
        *(("lightgbm", "objective", objective) for objective in ("regression_l1", "huber", "gamma", "tweedie")),
        *(("xgboost", "objective", f"{kind}") for kind in ("reg:absoluteerror", "count:poisson", "reg:tweedie")),
    ],
)
def test_each_loss_answers_alike(estimator: str, option: str, value: str):
    """Some of them predict logarithms, which the file has to undo."""
    chosen = {option: value, **({"quantile": 0.7} if value == "quantile" and option == "loss" else {})}
    section = params.Model(estimator=estimator, options=QUICK[estimator] | chosen)
    frame = table_of(KINDS)
    unfitted = model.build_pipeline(section, KINDS, "regression", 7, frame)
    fitted = model.fit(unfitted, frame, np.abs(target_of(frame, 0)) / 1e5 + 1)
    content = export.to_onnx(fitted, KINDS, "loss")
    known = {"name": "loss", "task": "regression", "target": "target", "features": KINDS, "classes": ()}
    served = runtime.Model(content, schema.Signature(**known, sha256=schema.sha256(content)))
    require(Exported(fitted, served, frame).parity())


FITTED_ELSEWHERE = """
import sys
sys.path.insert(0, {folder!r})
import test_export
print(*(test_export.exported(name).served.signature.sha256 for name in {names}))
"""


def test_another_process_makes_the_same_bytes():
    """From the table to the file, a second run makes the very same model: its identity is stable."""
    program = FITTED_ELSEWHERE.format(folder=str(Path(__file__).parent), names=list(options.OPTIONS))
    environment = {**os.environ, "PYTHONHASHSEED": "77", "OMP_NUM_THREADS": "2"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.split() == [exported(name).served.signature.sha256 for name in options.OPTIONS]


def test_another_model_s_file_is_noticed():
    """The file of a slightly different model doesn't pass for this one's."""
    one, other = exported("linear"), exported("linear", chosen={"C": 0.9})
    with pytest.raises(export.ParityError):
        export.require_parity(Exported(one.pipeline, other.served, one.frame).parity())


@given(threshold=st.floats(allow_nan=False, allow_infinity=False), value=st.floats(width=32, allow_nan=False))
def test_a_float32_threshold_parts_float32_values_alike(threshold: float, value: float):
    """Whatever lies on a side of the one lies on that side of the other."""
    rounded = converters.rounded_down(threshold)
    assert np.float32(rounded) == rounded
    assert (value <= threshold) == (value <= rounded)


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
    shifted = expected * (1 - 5e-5) if expected.shape[1] == 1 else expected - 5e-5
    result = export.parity(expected, shifted, shifted[:2])
    assert result.p99 == pytest.approx(5e-5, rel=0.1)
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
    lonely = expected[:2] + [[0.0], [0.0002]] * export.sizes(expected)[:2]
    result = export.parity(expected, expected, lonely)
    assert result.single == pytest.approx(0.0002)
    assert not result.ok


def test_numbers_are_compared_relative_to_their_size():
    """The seventh digit of a large number is rounding; in a small one, or of small ones, it is not."""
    assert export.parity(np.array([[1e6]]), np.array([[1e6 + 1]]), np.array([[1e6 + 1]])).ok
    assert not export.parity(np.array([[1.0]]), np.array([[1.001]]), np.array([[1.001]])).ok
    assert not export.parity(np.array([[1e-9]]), np.array([[2e-9]]), np.array([[2e-9]])).ok


def test_a_number_near_zero_shares_the_rounding_of_those_it_was_summed_from():
    """It is compared relative to the usual size."""
    expected = np.array([[1e6]] * 10 + [[0.1]])
    assert export.parity(expected, expected + 0.5, expected[:2] + 0.5).ok
    assert not export.parity(expected, expected + 500, expected[:2] + 500).ok


def test_answers_that_are_all_zero_are_compared_as_they_are():
    """There is no size to compare them with."""
    zeros = np.zeros((5, 1))
    assert export.parity(zeros, zeros, zeros).ok
    assert not export.parity(zeros, zeros + 0.01, zeros + 0.01).ok


def test_hard_rows_hold_what_exporters_get_wrong():
    """All missing, unseen and empty categories, integers beyond float32's exact range; types and order stay."""
    frame = table_of(KINDS)
    hard = export.hard_rows(frame, KINDS)
    numbers, words = hard[["amount", "big", "since", "member"]], hard[["colour", "place"]]
    assert numbers.isna().all(axis=1).any()
    assert (numbers.abs() > 2**24 - 1).all(axis=1).any()
    assert (numbers == 0).all(axis=1).any()
    assert (words == "").all(axis=1).any()
    assert (~words.isin([*frame.colour, *frame.place])).all(axis=1).sum() >= 2
    assert hard.dtypes.equals(frame.dtypes)


def test_the_file_lists_its_operator_sets_in_order():
    """The converter keeps them in a set, whose order changes from process to process, and with it the file's hash."""
    made = exported("linear")
    content = export.to_onnx(made.pipeline, KINDS, "opsets")
    domains = [opset.domain for opset in load_model_from_string(content).opset_import]
    assert domains == sorted(export.OPSET)


def test_answers_of_another_shape_fail():
    """A regression held against a classification is no near miss."""
    with pytest.raises(export.ParityError, match="shape"):
        export.parity(np.zeros((3, 1)), np.zeros((3, 2)), np.zeros((1, 2)))
