"""The gate's rules by themselves: bounds, and what they are called."""

from __future__ import annotations

import pytest

from {{cookiecutter.__package}}.core import schema, sections
from {{cookiecutter.__package}}.core.gating import rules

BINARY = schema.Schema(
    task="binary",
    id="id",
    time=None,
    target="x",
    classes=("a", "b"),
    features={"amount": schema.Feature(kind="number")},
)


def test_a_threshold_for_an_unknown_metric_is_refused():
    """A misspelt threshold doesn't count as met."""
    with pytest.raises(ValueError, match="nearest one is 'brier'"):
        list(rules.bounded({"brier": 0.1}, {"brief": sections.Bound(max=0.2)}, BINARY))


@pytest.mark.parametrize(
    ("bound", "value", "missed"),
    [
        ({"min": 0.7}, 0.7, 0),
        ({"min": 0.7}, 0.6999, 1),
        ({"max": 0.7}, 0.7, 0),
        ({"max": 0.7}, 0.7001, 1),
        ({"max": 0.7}, float("nan"), 1),
        ({"max": 0.7}, float("inf"), 1),
        ({"min": 0.1, "max": 0.7}, float("nan"), 2),
        ({"min": 0.1, "max": 0.7}, 0.4, 0),
        ({"min": 0.1, "max": 0.7}, 0.0, 1),
    ],
)
def test_a_bound_itself_is_allowed_and_nan_never_is(bound: dict[str, float], value: float, missed: int):
    """A rule for each end of a bound."""
    found = list(rules.bounded({"brier": value}, {"brier": sections.Bound(**bound)}, BINARY))
    assert sum(not rule.passed for rule in found) == missed
