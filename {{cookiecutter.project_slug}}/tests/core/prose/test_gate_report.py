"""The gate's verdict as people read it: a sentence, a table, and a picture."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import msgspec
import numpy as np
import pytest
from markdown_it import MarkdownIt

from {{cookiecutter.__package}}.core import params, sections
from {{cookiecutter.__package}}.core.figures import comparison as figures
from {{cookiecutter.__package}}.core.gating import rivals, verdict
from {{cookiecutter.__package}}.core.prose import gate as prose

Judge = Callable[..., verdict.Verdict]


@pytest.fixture(scope="session")
def judge(made: SimpleNamespace) -> Judge:
    """Judge the made-up model against answers of a champion; None is no champion."""

    def judged(theirs: np.ndarray | None, sha256: str = "b" * 64, **changes: Any) -> verdict.Verdict:
        settings = {
            "primary": "roc_auc",
            "slices": ("colour",),
            "gate": sections.Gate(resamples=200, most_skill=None),
        } | changes
        outcome = made.served.answer(made.table).outcome
        return verdict.judge(
            made.served.signature,
            outcome,
            np.full(len(outcome), made.target.mean()),
            made.table,
            schema=made.schema,
            evaluation=params.Evaluation(**settings),
            rival=None if theirs is None else rivals.Rival("1.0.0", sha256, theirs),
            latency_ms=0.1,
            seed=1,
        )

    return judged


@pytest.fixture(scope="session")
def outcome(made: SimpleNamespace) -> np.ndarray:
    """The challenger's own answers."""
    return made.served.answer(made.table).outcome


def shuffled(outcome: np.ndarray, share: float) -> np.ndarray:
    """Return answers of which a share is of other rows."""
    random, changed = np.random.default_rng(1), outcome.copy()
    some = random.random(len(outcome)) < share
    changed[some] = random.permutation(changed[some])
    return changed


def test_the_report_says_which_is_better_and_by_how_much(judge: Judge, outcome: np.ndarray):
    """With the interval, the same numbers as in the verdict."""
    found = judge(shuffled(outcome, 0.5))
    report, gain = prose.report(found), found.difference
    assert gain is not None
    assert report.startswith("# Gate: passed\n")
    assert f"**The challenger is better by {gain.gain:.4f}**" in report
    assert f"{gain.challenger:.4f} against {gain.champion:.4f}" in report
    assert f"between {gain.low:+.4f} and {gain.high:+.4f}" in report
    assert "champion 1.0.0, `bbbb" in report


def test_a_champion_that_is_better_is_named_with_the_rule_it_breaks(
    judge: Judge, outcome: np.ndarray, made: SimpleNamespace
):
    """The title says refused, and the table has a cross."""
    strict = sections.Gate(resamples=200, most_skill=None, largest_regression=0)
    found = judge(np.where(made.target == 1, outcome + 0.3, outcome).clip(0, 1), gate=strict)
    report = prose.report(found)
    assert report.startswith("# Gate: refused\n")
    assert "**The champion is better by" in report
    assert "| ✗ | regression |" in report
    assert "| ✓ | latency |" in report


def test_a_lead_within_chance_is_called_that(judge: Judge, outcome: np.ndarray):
    """An interval that holds both signs is no victory."""
    random = np.random.default_rng(2)
    report = prose.report(judge((outcome + random.normal(0, 0.001, len(outcome))).clip(0, 1)))
    assert "which may be chance" in report


def test_without_a_champion_it_says_so(judge: Judge):
    """In the first sentence and in the notes."""
    report = prose.report(judge(None))
    assert "compared with no champion" in report
    assert "There is no champion yet" in report
    assert "| Slice |" not in report


def test_the_same_bytes_are_no_contest(judge: Judge, outcome: np.ndarray, made: SimpleNamespace):
    """Nothing is drawn, and nothing is promised."""
    found = judge(outcome, sha256=made.served.signature.sha256)
    assert "the same bytes" in prose.report(found)
    assert found.difference is None


def test_slices_stand_with_the_greatest_loss_first(judge: Judge, outcome: np.ndarray):
    """Each with rows, scores, gain and interval."""
    found = judge(shuffled(outcome, 0.5))
    rows = [line for line in prose.report(found).splitlines() if line.startswith("| colour ")]
    ordered = sorted(found.slices, key=lambda each: each.gain)
    assert [row.split(" | ")[0] for row in rows] == [f"| colour {each.value}" for each in ordered]


def test_a_value_of_the_data_breaks_no_table(judge: Judge, outcome: np.ndarray):
    """A slice may be called anything."""
    found = judge(shuffled(outcome, 0.5))
    odd = msgspec.structs.replace(found.slices[0], value="<script>a|b</script>\nc")
    report = prose.report(msgspec.structs.replace(found, slices=(odd,)))
    page = MarkdownIt("commonmark").enable("table").render(report)
    assert "<script>" not in page
    assert page.count("<table>") == 2
    assert "| colour" not in page


@pytest.mark.parametrize("theirs", ["better", "none", "same"])
def test_the_picture_shows_the_gain_or_says_why_there_is_none(
    judge: Judge, outcome: np.ndarray, made: SimpleNamespace, theirs: str
):
    """A mark for all rows and for each slice; words where there is nothing to compare."""
    if theirs == "better":
        found = judge(shuffled(outcome, 0.5))
        (ax,) = figures.gains(found).axes
        labels = [label.get_text() for label in ax.get_yticklabels()]
        assert labels[-1] == "all rows"
        assert len(labels) == len(found.slices) + 1
        assert "roc_auc" in ax.get_xlabel()
        return
    found = judge(None) if theirs == "none" else judge(outcome, sha256=made.served.signature.sha256)
    (ax,) = figures.gains(found).axes
    (words,) = [text.get_text() for text in ax.texts]
    assert ("no champion" if theirs == "none" else "same bytes") in words
