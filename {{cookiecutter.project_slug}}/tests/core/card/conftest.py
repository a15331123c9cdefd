"""Runs to write cards about: made-up models of each task, measured as 04_evaluate measures them."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from {{cookiecutter.__package}}.core import evaluation as ev
from {{cookiecutter.__package}}.core import explanations as ex
from {{cookiecutter.__package}}.core import metrics, schema, sections
from {{cookiecutter.__package}}.core.card import facts
from {{cookiecutter.__package}}.core.card.run import Run
from {{cookiecutter.__package}}.core.lineage import Lineage

from ..conftest import PLANTED

CARD = sections.Card(
    intended_use="Sorting letters by hand.",
    limits=("It reads no handwriting.", "It has seen one town."),
    licence="MIT",
    contact="The letters team",
)
LINEAGE = Lineage(
    name="made-up",
    version="1.4.0",
    run_id="e6f08a3eb00f",
    git_commit="787c5b42ea2e",
    git_dirty=False,
    inputs={"data/processed/train.parquet": "c6bc773d92fe", "params.yaml": "0123456789ab"},
    trained="2026-11-21",
)


def measured(made: SimpleNamespace) -> Run:
    """Return the run of a made-up model, with intervals, a champion and a gate that let it through."""
    task, evaluation = made.schema.task, made.params.evaluation
    train, holdout = made.table.iloc[:1200], made.table.iloc[1200:]
    outcome, truth = made.served.outcome(holdout), holdout[made.schema.target].to_numpy()
    name, guess = ev.baseline(train, holdout, evaluation, made.schema)
    found, simple = (metrics.scores(truth, answers, task) for answers in (outcome, guess))
    sliced = ev.slice_scores(holdout, truth, outcome, evaluation, task)
    numbers = {"rows": len(holdout), "found": found, "baseline": (name, simple)}
    intervals = {key: [value * 0.91, value * 1.07] for key, value in found.items()}
    report = ev.report(made.served.signature, evaluation, slices=sliced, intervals=intervals, **numbers)
    report["confidence"] = 0.9
    explained = ex.explained(made.served.outcome, made.frame.iloc[1200:], truth, made.schema, evaluation.primary, 1)
    noted = facts.noted(
        made.served.signature.sha256,
        made.schema,
        {"train": train, "holdout": holdout},
        evaluation=evaluation,
        slices=sliced,
        calibration=metrics.calibration(truth, outcome),
        explanations=explained,
    )
    known = made.served.signature
    return Run(CARD, made.params.data, known, LINEAGE, report, gate_of(report), noted)


def gate_of(report: dict[str, Any]) -> dict[str, Any]:
    """Return what the gate says of a report: better than the champion by 0.0123."""
    name = report["primary"]
    ours = report["metrics"][name]
    difference = {"metric": name, "challenger": ours, "champion": ours - 0.0123, "gain": 0.0123}
    chance = {"low": 0.0041, "high": 0.0222, "confidence": 0.9, "resamples": 750}
    sliced = {"challenger": 0.5, "champion": 0.25, "gain": 0.031, "low": -0.0052, "high": 0.047}
    return {
        "sha256": report["sha256"],
        "passed": True,
        "compared": True,
        "champion": {"version": "1.3.2", "sha256": "fedcba98765432100000"},
        "difference": {**difference, **chance},
        "rules": [
            {"rule": f"threshold {name}", "passed": True, "says": f"{name} is 0.61, and 0.6 is asked."},
            {"rule": "latency", "passed": True, "says": "One row takes 0.08 ms."},
        ],
        "slices": [{"column": one["column"], "value": one["value"], **sliced} for one in report["slices"]],
        "latency_ms": 0.0834,
        "notes": ["The champion is 17 days old."],
    }


@pytest.fixture(scope="session")
def run_of() -> Callable[[SimpleNamespace], Run]:
    """Measure a made-up model, once for each task."""
    runs: dict[str, Run] = {}

    def measure(made: SimpleNamespace) -> Run:
        task = made.schema.task
        runs[task] = runs.get(task) or measured(made)
        return runs[task]

    return measure


@pytest.fixture
def run(each: SimpleNamespace, run_of: Callable[[SimpleNamespace], Run]) -> Run:
    """The run of a made-up model; a test that asks for it runs for each task."""
    return run_of(each)


@pytest.fixture
def binary(made: SimpleNamespace, run_of: Callable[[SimpleNamespace], Run]) -> Run:
    """The run of a model of two classes, for tests to which the task doesn't matter."""
    return run_of(made)


@pytest.fixture(scope="session")
def altered() -> Callable[..., Run]:
    """Change a run: sections by name, and keys of its evaluation and its gate."""

    def alter(run: Run, *, evaluation: Any = (), gate: Any = (), **changes: Any) -> Run:
        known = {name: change for name, change in changes.items() if name in Run._fields}
        card = {name: change for name, change in changes.items() if name not in Run._fields}
        return run._replace(
            card=msgspec.structs.replace(run.card, **card),
            evaluation={**run.evaluation, **dict(evaluation)},
            gate=None if gate is None else {**(run.gate or {}), **dict(gate)},
        )._replace(**known)

    return alter


@pytest.fixture(scope="session")
def planted_run(run_of: Callable[[SimpleNamespace], Run], made: SimpleNamespace) -> Run:
    """A run in which everything that comes from outside is called like something else."""
    run = run_of(made)
    names = dict(zip(run.signature.features, PLANTED, strict=False))
    features = {names[name]: feature_of(one, place) for place, (name, one) in enumerate(run.signature.features.items())}
    explained = run.evidence.explanations
    curves = {names[name]: renamed(one, PLANTED[:2]) for name, one in explained.dependence.items()}
    importance = {names[name]: one for name, one in explained.importance.items()}
    pairs = (msgspec.convert({"first": PLANTED[0], "second": PLANTED[2], "correlation": 0.9}, ex.Pair),)
    evidence = msgspec.structs.replace(
        run.evidence,
        features={names[name]: one for name, one in run.evidence.features.items()},
        parts={
            name: msgspec.structs.replace(one, target=dict(zip(PLANTED, one.target.values(), strict=False)))
            for name, one in run.evidence.parts.items()
        },
        slices={PLANTED[2]: facts.Judged(values=9, judged=1, rows=7, left_out=dict.fromkeys(PLANTED, 3))},
        explanations=ex.Explanations(importance, curves, pairs),
    )
    metric = run.evaluation["primary"]
    rules = [{"rule": one, "passed": False, "says": one} for one in PLANTED]
    known = {"features": features, "target": PLANTED[0], "classes": PLANTED[1:3], "name": PLANTED[0]}
    return Run(
        sections.Card(intended_use=" ".join(PLANTED), limits=PLANTED, licence=PLANTED[0], contact=PLANTED[7]),
        sections.Data(source=PLANTED[1], target=PLANTED[0]),
        msgspec.structs.replace(run.signature, **known),
        msgspec.structs.replace(LINEAGE, version=PLANTED[2], run_id=PLANTED[1], git_commit=PLANTED[6]),
        {**run.evaluation, "slices": [{"column": PLANTED[2], "value": one, "rows": 7, metric: 0.5} for one in PLANTED]},
        {**(run.gate or {}), "passed": False, "rules": rules, "notes": list(PLANTED)},
        evidence,
    )


def feature_of(feature: schema.Feature, place: int) -> schema.Feature:
    """Return a feature that is explained in planted words."""
    return msgspec.structs.replace(feature, about=PLANTED[place])


def renamed(curve: Any, outcomes: tuple[str, ...]) -> Any:
    """Return a curve with these outcomes, over the planted words if it is one of levels."""
    lines = {
        part: dict.fromkeys(outcomes, next(iter(getattr(curve, part).values()))) for part in ("low", "mean", "high")
    }
    grid = PLANTED[: len(curve.grid)] if curve.kind == "category" else curve.grid
    return msgspec.structs.replace(curve, grid=grid, **lines)
