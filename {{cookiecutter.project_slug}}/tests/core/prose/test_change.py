"""The report on a change: what matters most comes first, and nothing in it breaks the page."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from {{cookiecutter.__package}}.core import comparison, provenance
from {{cookiecutter.__package}}.core.gating import rules, verdict
from {{cookiecutter.__package}}.core.prose import change

OURS, THEIRS = "a" * 64, "b" * 64
FROM = provenance.Provenance(how="cache", says="The champion is the model that dvc.lock of main (1234567) names.")


def slice_of(value: str, gain: float, spread: float = 0.01) -> comparison.SliceGain:
    """Return the gain of a slice."""
    known = {"column": "carrier", "value": value, "rows": 500, "challenger": 0.7 + gain, "champion": 0.7}
    return comparison.SliceGain(**known, gain=gain, low=gain - spread, high=gain + spread)


def judged(passed: bool = True, **changes: Any) -> verdict.Verdict:
    """Return a verdict of a comparison."""
    gain = {"challenger": 0.71, "champion": 0.7, "gain": 0.01, "low": 0.002, "high": 0.018}
    known: dict[str, Any] = {
        "sha256": OURS,
        "passed": passed,
        "compared": True,
        "champion": verdict.Identity("1.0.0", THEIRS),
        "difference": verdict.Difference(metric="roc_auc", confidence=0.9, resamples=100, **gain),
        "rules": (rules.Rule("regression", passed, "roc_auc is 0.71."),),
        "slices": (slice_of("UA", 0.02), slice_of("FL", -0.005), slice_of("WN", -0.03)),
        "metrics": (comparison.MetricGain(metric="roc_auc", **gain), comparison.MetricGain(metric="brier", **gain)),
        "latency_ms": 0.1,
        "notes": ("A note.",),
    }
    return verdict.Verdict(**known | changes)


def reported(judgement: verdict.Verdict | None = None, fault: str = "", **changes: Any) -> str:
    """Return the report on a change."""
    known: dict[str, Any] = {"found": {"roc_auc": 0.71}, "changed": {}, "stale": [], "pictures": []}
    return change.report(change.Change(FROM, judgement, fault, **known | changes))


def test_the_verdict_comes_first_and_the_champion_is_named():
    """With the sentence on which is better, and where the champion comes from."""
    lines = reported(judged()).splitlines()
    assert lines[0] == "# The gate lets this model pass"
    assert "better by 0.0100" in lines[2]
    assert "dvc.lock of main" in "\n".join(lines[:6])
    refused = reported(judged(passed=False))
    assert refused.startswith("# The gate refuses this model")
    assert "- **regression**: roc_auc is 0.71." in refused


def test_every_metric_has_both_values_the_gain_and_its_interval():
    """That of the gate in bold."""
    report = reported(judged())
    assert "| **`roc_auc`** | 0.7000 | 0.7100 | +0.0100 | +0.0020 to +0.0180 |" in report
    assert "| `brier` | 0.7000 |" in report
    assert "90% interval" in report


def test_slices_that_lose_are_listed_those_that_surely_do_first():
    """One that gains isn't among them."""
    rows = [line for line in reported(judged()).splitlines() if line.startswith("| carrier")]
    assert [row.split(" | ")[0] for row in rows] == ["| carrier WN", "| carrier FL"]
    assert rows[0].endswith("| surely |")
    assert rows[1].endswith("| may be chance |")


def test_the_gains_are_a_picture_of_text():
    """All rows first, then the slices by their loss."""
    block = reported(judged()).split("```text\n")[1].split("```")[0].splitlines()
    assert [line[:10].strip() for line in block[1:]] == ["all rows", "carrier WN", "carrier FL", "carrier UA"]


def test_without_a_champion_the_own_metrics_are_there():
    """And no picture of gains that nobody has."""
    alone = judged(difference=None, metrics=(), slices=(), compared=False, champion=None)
    report = reported(alone)
    assert "| `roc_auc` | 0.7100 |" in report
    assert "```" not in report


def test_what_could_not_be_judged_says_why():
    """No verdict is no pass."""
    report = reported(None, "04_evaluate stopped in cell 3.")
    assert report.startswith("# The model could not be judged\n\n04_evaluate stopped in cell 3.")


def test_stale_stages_changes_and_pictures_are_named():
    """As many as a person reads."""
    changed = {"Parameters": ["model.options.max_iter: 200 -> 30"], "Package": [f"src/m{n}.py" for n in range(20)]}
    report = reported(judged(), changed=changed, stale=["03_train"], pictures=["gains.png"])
    assert "> **Stale.** `03_train` changed" in report
    assert "max_iter: 200 -\\> 30" in report
    assert "  - `src/m0.py`" in report
    assert "  - 8 more" in report
    assert "`gains.png`" in report


@pytest.mark.parametrize("value", ["<script>a|b</script>\nc", "```", "@ada", "![x](y)"])
def test_a_value_of_the_data_breaks_nothing(value: str):
    """A slice, a parameter, a file may be called anything."""
    odd = judged(slices=(slice_of(value, -0.01),), notes=(value,))
    page = MarkdownIt("commonmark", {"html": True}).enable("table").render(reported(odd, changed={"Data": [value]}))
    assert "<script>" not in page
    assert "<img" not in page
    assert page.count("<table>") == 3
    assert page.count("<pre>") == 1


def test_what_was_not_measured_is_a_dash():
    """NaN is no number to read."""
    lost = msgspec.structs.replace(slice_of("UA", -0.01), low=math.nan, high=math.nan)
    report = reported(judged(slices=(lost,)), found={"roc_auc": math.nan})
    assert "too few rows" in report
    assert "nan" not in report
