"""How the answers of a model are counted, so that those of two can be compared."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import golden, runtime, scores
from {{cookiecutter.__package}}.live.variants import variant


def counted(registry: CollectorRegistry) -> tuple[list[float], float, float]:
    """Return how many rows are in each bin, how many in all, and their sum."""
    (family,) = registry.collect()
    up_to = [sample.value for sample in family.samples if sample.name.endswith("_bucket")]
    (rows,) = [sample.value for sample in family.samples if sample.name.endswith("_count")]
    (total,) = [sample.value for sample in family.samples if sample.name.endswith("_sum")]
    return np.diff(up_to, prepend=0).tolist(), rows, total


@pytest.mark.parametrize("rows", [1, 3, 500])
def test_scores_are_counted_as_prometheus_would(rows: int):
    """However many rows a request has, each is in the bin in which `observe` would have put it."""
    chances = np.round(np.random.default_rng(rows).random((rows, 2)), 2).astype(np.float32)
    answer = runtime.Prediction(np.array(["a"] * rows, dtype=object), chances)
    ours, theirs = CollectorRegistry(), CollectorRegistry()
    scores.Scores(ours, scores.SHARES).note("champion", answer)
    series = scores.Scores(theirs, scores.SHARES).histogram.labels("champion")
    for value in chances[:, 1].tolist():
        series.observe(value)
    found, wanted = counted(ours), counted(theirs)
    assert found[:2] == wanted[:2]
    assert found[2] == pytest.approx(wanted[2])


def test_of_many_classes_the_greatest_probability_counts():
    """Which class it is may differ from model to model; how sure the model is says enough."""
    answer = runtime.Prediction(np.array(["a"], dtype=object), np.array([[0.2, 0.7, 0.1]]))
    assert scores.scores(answer).tolist() == [0.7]


@pytest.mark.parametrize(
    ("answers", "first", "step", "last"),
    [
        ([-20.3, 3.0, 61.5], -110.0, 10.0, 150.0),
        ([0.1, 0.2], 0.02, 0.01, 0.28),
        ([5.0], 1.0, 0.5, 9.0),
        ([0.0, 0.0], -8.0, 1.0, 8.0),
        ([], -8.0, 1.0, 8.0),
    ],
)
def test_limits_between_numbers_are_round(answers: list[float], first: float, step: float, last: float):
    """So that two models with answers that are alike have the same."""
    limits = scores.limits_between(answers)
    assert (limits[0], limits[-1]) == (first, last)
    assert np.diff(limits) == pytest.approx(step)
    assert len(limits) < 40


def test_a_service_tells_the_scores_of_its_variants(ask_of: Any, around: Any, each: SimpleNamespace):
    """For every task, after a request the metrics hold as many scores as there were rows."""
    edge = around(each.served)
    ask = ask_of(edge)
    assert ask({"rows": each.rows[:7]}).status_code == 200
    told = generate_latest(edge.gate.metrics.registry).decode()
    assert 'live_scores_count{variant="champion"} 7.0' in told


def test_numbers_are_counted_between_limits_around_the_golden_answers(
    made_of: Callable[[str], SimpleNamespace], tmp_path: Path
):
    """Probabilities between 0 and 1 are known to be; what a number is like, the golden rows say."""
    for task in ("regression", "binary"):
        made, folder = made_of(task), tmp_path / task
        known = golden.golden_rows(made.served, made.rows[:24])
        folder.mkdir()
        data.save_bytes(made.onnx, folder / "model.onnx")
        data.save_json(made.served.signature, folder / "signature.json")
        data.save_json({"version": "7"}, folder / "lineage.json")
        data.save_json(known, folder / "golden.json")
        limits = variant.load_variant(folder, "champion").limits
        if task == "binary":
            assert limits == scores.SHARES
        else:
            inside = [limit for limit in limits if min(known["predictions"]) < limit < max(known["predictions"])]
            assert 6 <= len(inside) <= scores.BINS + 1
            assert limits[0] < min(known["predictions"]) < max(known["predictions"]) < limits[-1]
