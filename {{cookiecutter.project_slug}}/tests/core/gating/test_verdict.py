"""The gate, row by row of one table, and the table itself: each fault that is planted in the gate breaks a row."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType, ModuleType, SimpleNamespace
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import comparison, gating, metrics, params, schema, sections
from {{cookiecutter.__package}}.core.gating import rivals, rules, verdict

TASKS = ("binary", "multiclass", "regression")
CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "high"), "regression": ()}
ROWS = 1500
# How much noise covers what is to be seen, and from which draw: the same noise is the same answers.
GOOD, ALIKE, POOR, PERFECT = (0.4, 1), (0.4, 2), (1.6, 1), (0.0, 1)
AMOUNT, PLACE = schema.Feature(kind="number", about="what the target follows"), schema.Feature(kind="category")
FEATURES = {"amount": AMOUNT, "place": PLACE}
OURS, THEIRS = "a" * 64, "b" * 64
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Case(NamedTuple):
    """What is judged, and which rules have to break with which words; `tasks` are those it can happen in."""

    name: str
    failed: set[str]
    says: str
    challenger: tuple[float, int] = GOOD
    champion: tuple[float, int] | None = GOOD
    spoiled: float | None = None
    rows: int = ROWS
    same_bytes: bool = False
    theirs: Mapping[str, Any] = NOTHING
    fault: str = ""
    champion_spoiled: float | None = None
    latency_ms: float = 0.1
    gate: Mapping[str, Any] = NOTHING
    evaluation: Mapping[str, Any] = NOTHING
    one_class: bool = False
    compared: bool = True
    tasks: tuple[str, ...] = TASKS


TABLE = [
    Case("worse", {"regression", "slices"}, "It is worse.", challenger=POOR),
    Case("a little worse, where that is allowed", set(), "is allowed", challenger=(0.42, 1),
         gate={"largest_regression": 0.2}),
    Case("equal", set(), "a loss of up to", challenger=ALIKE, gate={"largest_regression": 0.2}),
    Case("better", set(), "a gain of +", champion=POOR),
    Case("champion and challenger swapped", {"regression", "slices"}, "It is worse.", challenger=POOR, champion=GOOD),
    Case("not a number", {"finite"}, "1 of 1,500 rows are answered with NaN", spoiled=np.nan, compared=False),
    Case("infinite", {"finite"}, "1 of 1,500 rows", spoiled=np.inf, compared=False),
    Case("an empty set", {"rows"}, "There are 0 held-out rows", rows=0, compared=False),
    Case("too few rows to tell", {"regression"}, "too few to rule out", challenger=(0.4, 3), rows=40),
    Case("one class in a slice", set(), "of one class, are no slices", champion=POOR, one_class=True, tasks=TASKS[:2]),
    Case("one slice alone is worse", {"slices"}, "is lost in place south", evaluation={"worse_in": "south"}),
    Case("slices too small to judge", set(), "No slice has rows enough", evaluation={"smallest_slice": 2000}),
    Case("no champion", set(), "There is no champion yet", champion=None, compared=False),
    Case("an unreadable champion", {"champion"}, "Its file is gone.", fault="Its file is gone.", compared=False),
    Case("a champion that answers NaN", {"champion"}, "NaN or infinite", champion_spoiled=np.nan, compared=False),
    Case("the same file twice", set(), "the same bytes", same_bytes=True),
    Case("the same file twice, below a threshold", {"threshold"}, "; at ", same_bytes=True,
         evaluation={"bound": True}),
    Case("a missed threshold", {"threshold"}, "; at ", champion=POOR, evaluation={"bound": True}),
    Case("a missed threshold without a champion", {"threshold"}, "; at ", champion=None, compared=False,
         evaluation={"bound": True}),
    Case("a leaked target", {"plausible"}, "and amount by itself nearly as far", challenger=PERFECT),
    Case("a leaked target without a champion", {"plausible"}, "up to 98.0% is believed", challenger=PERFECT,
         champion=None, compared=False),
    Case("a problem that is easy by choice", set(), "of the way", challenger=PERFECT, gate={"most_skill": None}),
    Case("a feature that is new", set(), "Features that are new: amount.", champion=POOR,
         theirs={"features": {"place": PLACE}}),
    Case("a feature that is gone", set(), "Features that are gone: id.", champion=POOR,
         theirs={"features": {**FEATURES, "id": PLACE}}),
    Case("a feature the table has lost", {"champion"}, "It needs 'wind'", compared=False,
         theirs={"features": {"wind": AMOUNT}}),
    Case("another target", {"champion"}, "another question", theirs={"target": "price"}, compared=False),
    Case("other classes", {"champion"}, "It knows the classes", compared=False, tasks=TASKS[:2],
         theirs={"classes": ("a", "b")}),
    Case("a feature of another kind", {"champion"}, "It takes 'amount' as a category", compared=False,
         theirs={"features": {**FEATURES, "amount": PLACE}}),
    Case("an unreadable champion of the same bytes", {"champion"}, "Its file is gone.", fault="Its file is gone.",
         compared=False, same_bytes=True),
    Case("rows of one group alone", {"regression"}, "too few to rule out", champion=POOR, evaluation={"slices": ()},
         gate={"together": "same"}),
    Case("slower than allowed", {"latency"}, "12 ms in the median; 10 ms", champion=POOR, latency_ms=12),
    Case("a latency that could not be measured", {"latency"}, "nan ms", champion=POOR, latency_ms=float("nan")),
    Case("worse, but the comparison is off by choice", set(), "switched off", challenger=POOR, gate={"compare": False},
         compared=False),
]  # fmt: skip


class Modules(NamedTuple):
    """The gate's modules, as they are or with a fault planted."""

    rivals: ModuleType = rivals
    rules: ModuleType = rules
    verdict: ModuleType = verdict


def answers(task: str, signal: np.ndarray, noise: tuple[float, int]) -> np.ndarray:
    """Return what a model answers that sees the signal through noise."""
    random = np.random.default_rng(noise[1])
    seen = signal + noise[0] * random.normal(size=(len(signal)))
    if task == "regression":
        return 10 * seen
    chance = 1 / (1 + np.exp(-8 * seen))
    if task == "binary":
        return chance
    parts = np.exp(-4 * (seen[:, None] - np.array([-1.0, 0.0, 1.0])) ** 2) + 1e-6
    return parts / parts.sum(axis=1, keepdims=True)


def truth_of(task: str, signal: np.ndarray) -> np.ndarray:
    """Return what really happened."""
    if task == "regression":
        return 10 * signal
    return (signal > 0).astype(int) if task == "binary" else np.digitize(signal, [-0.5, 0.5])


def table_of(case: Case, task: str) -> tuple[pd.DataFrame, np.ndarray]:
    """Return the held-out rows and the signal in them; the last place holds one class alone if the case says so."""
    signal = np.random.default_rng(7).normal(size=case.rows)
    place = np.resize(["north", "south", "east"], case.rows)
    table = pd.DataFrame({"amount": signal, "place": place, "id": place, "same": 1, "outcome": truth_of(task, signal)})
    if case.one_class:
        table.loc[table.place == "east", "outcome"] = 1
    return table, signal


def spoiled(outcome: np.ndarray, value: float | None) -> np.ndarray:
    """Return an outcome whose fourth row has this value."""
    changed = outcome.copy()
    if value is not None:
        changed[3] = value
    return changed


def judged(case: Case, task: str, gate: Modules | None = None) -> Any:
    """Return the verdict on a case."""
    gate = gate or Modules()
    table, signal = table_of(case, task)
    outcome = spoiled(answers(task, signal, case.challenger), case.spoiled)
    extra = dict(case.evaluation)
    if worse_in := extra.pop("worse_in", ""):
        # Better everywhere else, so that all rows together are no worse.
        poor, nearly = (answers(task, signal, noise) for noise in ((3.0, 5), (0.05, 9)))
        there = (table.place == worse_in).to_numpy()
        outcome = np.where(there if outcome.ndim == 1 else there[:, None], poor, nearly)
        extra["gate"] = {"most_skill": None, "largest_regression": 5.0}
    primary = params.PRIMARY[task]
    bound = {"min": 0.99999} if task != "regression" else {"max": 0.0}
    thresholds = {primary: sections.Bound(**bound)} if extra.pop("bound", False) else None
    settings = sections.Gate(**{"resamples": 200, **extra.pop("gate", {}), **case.gate})
    chosen = params.Evaluation(
        primary=primary, thresholds=thresholds, gate=settings, **{"slices": ("place",), "smallest_slice": 20, **extra}
    )
    known = schema.Schema(task=task, id="id", time=None, target="outcome", classes=CLASSES[task], features=FEATURES)
    fields = {"name": "x", "task": task, "target": "outcome", "features": FEATURES, "classes": CLASSES[task]}
    ours = schema.Signature(**fields, sha256=OURS)
    guess = baseline(task, table)
    return gate.verdict.judge(
        ours,
        outcome,
        guess,
        table,
        schema=known,
        evaluation=chosen,
        rival=rival(case, task, table, signal, ours, gate),
        latency_ms=case.latency_ms,
        seed=1,
    )


def baseline(task: str, table: pd.DataFrame) -> np.ndarray:
    """Return the simplest guess: base rates, or the mean."""
    truth, classes = table.outcome.to_numpy(), len(CLASSES[task])
    if not classes or not len(truth):
        return np.full(len(truth), truth.mean() if len(truth) else 0.0)
    rates = np.bincount(truth, minlength=classes) / len(truth)
    return np.full(len(truth), rates[1]) if classes == 2 else np.tile(rates, (len(truth), 1))


def rival(case: Case, task: str, table: pd.DataFrame, signal: np.ndarray, ours: schema.Signature, gate: Modules) -> Any:
    """Return the champion's side of a case, through the function that meets it."""
    if case.champion is None:
        return None
    sha256 = OURS if case.same_bytes else THEIRS
    signature = msgspec.structs.replace(ours, sha256=sha256, **case.theirs)
    outcome = spoiled(answers(task, signal, case.champion), case.champion_spoiled)
    model = None if case.fault else SimpleNamespace(signature=signature, outcome=lambda rows: outcome)
    champion = SimpleNamespace(version="1.0.0", sha256=sha256, model=model, fault=case.fault)
    return gate.rivals.rival_of(champion, ours, table)


def holds(case: Case, found: Any) -> bool:
    """Return whether a verdict is what the case promises, in every part."""
    failed = {rule.rule.split()[0] for rule in found.failed}
    said = " ".join([*(rule.says for rule in found.rules), *found.notes])
    return (found.passed, failed, found.compared, case.says in said) == (
        not case.failed,
        case.failed,
        case.compared,
        True,
    )


CASES = [pytest.param(case, task, id=f"{case.name}-{task}") for case in TABLE for task in case.tasks]


@pytest.mark.parametrize(("case", "task"), CASES)
def test_the_gate_says_what_the_table_says(case: Case, task: str):
    """Verdict, broken rules, whether there was a comparison, and the words."""
    found = judged(case, task)
    assert {rule.rule.split()[0] for rule in found.failed} == case.failed, found.rules
    assert found.passed == (not case.failed)
    assert found.compared == case.compared
    assert case.says in " ".join([*(rule.says for rule in found.rules), *found.notes])
    assert (found.champion is not None) == (case.champion is not None and case.gate.get("compare", True))


# A fault each: the module, what stands there, and what a tired person could have written instead.
FAULTS = [
    ("rules", "return bool(value >= bound)", "return bool(value <= bound)"),
    ("rules", "return bool(value >= bound)", "return not value < bound"),
    ("rules", "if at_least(found.low, -allowed):", "if at_least(found.high, -allowed):"),
    ("rules", "if at_least(found.low, -allowed):", "if at_least(found.gain, -allowed):"),
    ("rules", "if at_least(found.low, -allowed):", "if at_least(found.low, allowed):"),
    ("rules", "if at_least(found.low, -allowed):", "if at_least(-found.low, -allowed):"),
    ("rules", "not at_least(found.gain, -share", "not at_least(-found.gain, -share"),
    ("rules", "not at_least(found.gain, -share", "not at_least(found.gain, -100 * share"),
    ("rules", "at_least(most, latency_ms)", "at_least(latency_ms, most)"),
    ("rules", "at_least(bound.max, value)", "at_least(value, bound.max)"),
    ("rules", "at_least(value, bound.min)", "at_least(bound.min, value)"),
    ("rules", "holds = at_least(most, reached)", "holds = True"),
    (
        "verdict",
        "if most is not None and not at_least(most, reached):",
        "if most is not None and at_least(most, reached):",
    ),
    ("rules", "rival.sha256 == sha256:", "rival.sha256 != sha256:"),
    ("rules", "if not rival.fault and rival", "if rival"),
    ("rivals", "if turned:", "if False:"),
    ("rules", 'yield Rule("champion", False, said)', 'yield Rule("champion", True, said)'),
    ("rules", 'Rule("finite", not wrong,', 'Rule("finite", True,'),
    ("rules", 'Rule("rows", len(outcome) > 0,', 'Rule("rows", True,'),
    ("rules", "~np.isfinite(outcome)", "np.isnan(outcome)"),
    ("verdict", "passed=all(rule.passed for rule in rules)", "passed=any(rule.passed for rule in rules)"),
    ("verdict", "np.isfinite(rival.outcome).all()", "np.isfinite(rival.outcome).any()"),
    ("verdict", "rival = rival if evaluation.gate.compare else None", "pass"),
    ("verdict", "compare(truth, outcome, rival.outcome,", "compare(truth, rival.outcome, outcome,"),
    ("verdict", "compare(truth, outcome, rival.outcome,", "compare(truth, outcome, outcome,"),
    ("verdict", "rules += against(", "_ = against("),
    ("rivals", "if (theirs.task, theirs.target) != (ours.task, ours.target):", "if theirs.task != ours.task:"),
    ("rivals", "if theirs.classes != ours.classes:", "if False:"),
    ("rivals", "if name not in table]", "if name in ()]"),
    ("comparison", "interval(sign * (drawn", "interval((drawn"),
    ("comparison", "sign * (ours - theirs)", "(ours - theirs)"),
]
NAMES = {
    "comparison": comparison.__name__,
    "rivals": rivals.__name__,
    "rules": rules.__name__,
    "verdict": verdict.__name__,
}


@contextmanager
def planted(where: str, right: str, wrong: str) -> Iterator[Modules]:
    """Yield the gate with one fault in it; what depends on the faulty module is loaded anew as well."""
    before = {name: sys.modules[name] for name in NAMES.values()}
    made: dict[str, ModuleType] = {}
    try:
        for short, name in NAMES.items():
            text = Path(str(before[name].__file__)).read_text(encoding="utf-8")
            if short == where:
                assert right in text, f"{right!r} is nowhere in {name}"
                text = text.replace(right, wrong)
            made[short] = fresh(name, text, before[name])
        yield Modules(made["rivals"], made["rules"], made["verdict"])
    finally:
        sys.modules.update(before)
        gating.rivals, gating.rules, gating.verdict = rivals, rules, verdict


def fresh(name: str, text: str, before: ModuleType) -> ModuleType:
    """Return a module of this text, in the other's place."""
    module = ModuleType(name)
    module.__dict__.update(__package__=before.__package__, __file__=before.__file__, __spec__=before.__spec__)
    sys.modules[name] = module
    exec(compile(text, str(before.__file__), "exec"), module.__dict__)
    return module


@pytest.mark.parametrize(("where", "right", "wrong"), FAULTS, ids=lambda text: text[:60])
def test_the_table_notices_a_fault_in_the_gate(where: str, right: str, wrong: str):
    """With the gate's comparison inverted, or any other line of it wrong, a row of the table no longer holds."""
    with planted(where, right, wrong) as gate:
        assert any(not survives(case, task, gate) for case in TABLE for task in case.tasks)


def survives(case: Case, task: str, gate: Modules) -> bool:
    """Return whether a case holds; an error is a fault that was noticed, too."""
    try:
        return holds(case, judged(case, task, gate))
    except Exception:
        return False


def test_a_gate_without_a_fault_holds_when_loaded_the_same_way():
    """So that what is noticed above is the fault, not the loading."""
    with planted("rules", "NAMED = 3", "NAMED = 3") as gate:
        assert [case.name for case in TABLE for task in case.tasks if not survives(case, task, gate)] == []


def test_a_refusal_names_every_broken_rule_and_the_way_out():
    """In one message, with the report's place."""
    found = judged(Case("", set(), "", challenger=POOR, latency_ms=50), "binary")
    with pytest.raises(verdict.GateError) as refused:
        verdict.require_passed(found)
    said = str(refused.value)
    assert all(f"[{name}]" in said for name in ("regression", "slices", "latency"))
    assert "params.yaml" in said
    assert "reports/gate.md" in said
    verdict.require_passed(judged(Case("", set(), "", champion=None), "binary"))


def test_the_verdict_survives_json():
    """metrics/gate.json has everything, and NaN as null."""
    found = msgspec.json.decode(msgspec.json.encode(judged(TABLE[0], "binary")))
    assert found["passed"] is False
    assert found["champion"] == {"version": "1.0.0", "sha256": THEIRS}
    assert set(found["difference"]) == {
        "metric", "challenger", "champion", "gain", "low", "high", "confidence", "resamples"
    }  # fmt: skip
    assert {entry["value"] for entry in found["slices"]} == {"north", "south", "east"}
    assert {entry["metric"] for entry in found["metrics"]} == set(metrics.METRICS["binary"])
