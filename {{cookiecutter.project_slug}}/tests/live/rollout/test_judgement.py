"""How a canary is judged: few requests prove neither guilt nor health."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest

from {{cookiecutter.__package}}.live.rollout import intervals, judgement, steps
from {{cookiecutter.__package}}.live.rollout.evidence import Counts
from {{cookiecutter.__package}}.live.rollout.rules import Rules

RULES = Rules()
TIMES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, math.inf)
LIMITS = (*(n / 20 for n in range(1, 20)), math.inf)


def up_to(values: Sequence[float], limits: Sequence[float]) -> dict[float, int]:
    """Return how many values are no greater than each limit."""
    return {limit: sum(value <= limit for value in values) for limit in limits}


def counts(
    requests: int, errors: int = 0, seconds: float = 0.004, slow: int = 0, scores: Sequence[float] | None = None
) -> Counts:
    """Make up what a colour was seen to do; `slow` of its requests take half a second."""
    spread = np.linspace(0.05, 0.6, max(2, requests)) if scores is None else scores
    times = [0.5] * slow + [seconds] * (requests - slow)
    return Counts(requests, errors, up_to(times, TIMES), up_to(spread, LIMITS) if requests else {})


GOOD = counts(2000)
HIGHER = np.linspace(0.4, 0.95, 200)


@pytest.mark.parametrize(
    ("canary", "other", "verdict", "rule"),
    [
        # Errors: of 5xx, beyond the 2 % that the rules allow.
        (counts(20, errors=1), GOOD, "unknown", "errors"),
        (counts(20), GOOD, "unknown", "errors"),
        (counts(200), GOOD, "unknown", "errors"),
        (counts(300), GOOD, "fine", "errors"),
        (counts(1, errors=1), GOOD, "unknown", "errors"),
        (counts(3, errors=1), GOOD, "unknown", "errors"),
        (counts(6, errors=2), GOOD, "unknown", "errors"),
        (counts(20, errors=6), GOOD, "worse", "errors"),
        (counts(5, errors=5), GOOD, "worse", "errors"),
        (counts(2000, errors=50), GOOD, "unknown", "errors"),
        (counts(2000, errors=100), GOOD, "worse", "errors"),
        (counts(2000, errors=10), GOOD, "fine", "errors"),
        # Where both fail as often, the canary isn't to blame, and one that mends it is welcome.
        (counts(2000, errors=100), counts(2000, errors=100), "fine", "errors"),
        (counts(2000), counts(2000, errors=600), "fine", "errors"),
        (counts(0), GOOD, "unknown", "errors"),
        # Latency: more than one in twenty beyond what the other colour's p95 allows.
        (counts(100, seconds=0.009), GOOD, "fine", "p95"),
        (counts(100, slow=3), GOOD, "fine", "p95"),
        (counts(100, slow=8), GOOD, "fine", "p95"),
        (counts(100, slow=20), GOOD, "worse", "p95"),
        (counts(10, slow=10), GOOD, "worse", "p95"),
        (counts(1, slow=1), GOOD, "unknown", "p95"),
        (counts(5, slow=2), GOOD, "unknown", "p95"),
        (counts(40), GOOD, "unknown", "p95"),
        (counts(100, seconds=0.5), counts(2000, seconds=0.4), "fine", "p95"),
        (counts(0), GOOD, "unknown", "p95"),
        (counts(100), counts(0), "unknown", "p95"),
        # Scores.
        (counts(200), GOOD, "fine", "scores"),
        (counts(200, scores=HIGHER), GOOD, "worse", "scores"),
        (counts(60, scores=HIGHER[:60] + 0.2), GOOD, "worse", "scores"),
        (counts(30), GOOD, "unknown", "scores"),
        (counts(200, scores=np.linspace(0.06, 0.62, 200)), GOOD, "fine", "scores"),
        (counts(200), counts(0), "unknown", "scores"),
        # The sample.
        (counts(59), GOOD, "unknown", "requests"),
        (counts(60), GOOD, "fine", "requests"),
        (counts(600), counts(10), "unknown", "requests"),
    ],
)
def test_each_rule_by_itself(canary: Counts, other: Counts, verdict: str, rule: str):
    """What it says of a canary beside another colour."""
    found = {finding.rule: finding for finding in judgement.judge(canary, other, RULES).findings}
    assert found[rule].verdict == verdict, found[rule].said


def test_a_good_canary_is_fine_and_a_bad_one_worse():
    """All rules have to agree; one is enough to refuse."""
    assert judgement.judge(counts(400), GOOD, RULES).verdict == "fine"
    assert judgement.judge(counts(400, slow=100), GOOD, RULES).verdict == "worse"
    assert judgement.judge(counts(400, slow=100, errors=200), GOOD, RULES).said("worse").count(";") == 1
    assert judgement.judge(counts(100), GOOD, RULES).verdict == "unknown"


def test_scores_may_be_left_out():
    """Where answers are to change, only they aren't judged."""
    canary = counts(400, scores=HIGHER)
    assert judgement.judge(canary, GOOD, RULES).verdict == "worse"
    assert judgement.judge(canary, GOOD, RULES, scores=False).verdict == "fine"


def test_answers_on_another_scale_are_worse():
    """Dollars instead of thousands of dollars have no limits in common."""
    numbers = Counts(300, 0, up_to([0.004] * 300, TIMES), {1000.0: 100, 2000.0: 200, math.inf: 300})
    assert judgement.judge(numbers, GOOD, RULES).verdict == "worse"


def test_rows_of_one_request_are_one_draw():
    """A few large requests from one caller are no reason to take a canary back."""
    large = Counts(4, 0, up_to([0.004] * 4, TIMES), up_to(np.repeat(HIGHER, 20), LIMITS))
    (found,) = [one for one in judgement.judge(large, GOOD, RULES).findings if one.rule == "scores"]
    assert found.verdict == "unknown"


@pytest.mark.parametrize(("requests", "seed"), [(60, 1), (60, 2), (300, 3), (1000, 4)])
def test_equal_models_are_hardly_ever_taken_for_worse(requests: int, seed: int):
    """Of 300 samples that come from one distribution, three at most."""
    random = np.random.default_rng(seed)
    other = counts(5000, scores=random.beta(2, 5, 5000))
    found = [
        judgement.scored(counts(requests, scores=random.beta(2, 5, requests)), other, RULES).verdict for _ in range(300)
    ]
    assert found.count("worse") <= 3


@pytest.mark.parametrize(
    ("canary", "waited", "kind", "code"),
    [
        (counts(400), 0.0, "on", 0),
        (counts(100), 0.0, "wait", 0),
        (counts(0), 899.0, "wait", 0),
        (counts(0), 900.0, "back", steps.UNDECIDED),
        (counts(100), 900.0, "back", steps.UNDECIDED),
        (counts(400, errors=100), 0.0, "back", steps.REFUSED),
        (counts(400), 5000.0, "on", 0),
    ],
)
def test_what_follows_from_a_judgement(canary: Counts, waited: float, kind: str, code: int):
    """No data is waited for, but not for ever; what is worse goes back at once, and says why."""
    found = steps.move(judgement.judge(canary, GOOD, RULES), waited, 25, RULES)
    assert (found.kind, found.code) == (kind, code)
    assert ("at 25 %" in found.why) == (kind == "back")


def test_intervals_are_those_of_the_books():
    """Wilson's for 81 of 263, Clopper and Pearson's for 0 and 4 of 20, at 95 % two-sided; none for none."""
    assert intervals.wilson(81, 263, 0.975) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert intervals.share(4, 20, 0.975) == pytest.approx((0.0573, 0.4366), abs=1e-4)
    assert intervals.share(0, 20, 0.975) == pytest.approx((0.0, 0.1684), abs=1e-4)
    assert intervals.share(20, 20, 0.975) == pytest.approx((0.8316, 1.0), abs=1e-4)
    assert intervals.share(0, 0, 0.99) == (0.0, 1.0)
    assert intervals.difference(1, 1, 0, 0, 0.99) == (-1.0, 1.0)


def test_what_chance_draws_is_nearly_the_quantile_of_chi_squared():
    """SciPy knows the exact one; a deploy doesn't load it."""
    special = pytest.importorskip("scipy.special")
    for bins in (3, 10, 20):
        exact = special.chdtri(bins - 1, 0.01) * (1 / 60 + 1 / 900)
        assert intervals.drawn_by_chance(bins, 60, 900, 0.99) == pytest.approx(exact, rel=0.02)


def test_both_intervals_of_a_share_are_nearly_the_same_where_one_follows_the_other():
    """Between 200 hits and 201 nothing jumps."""
    exact, quick = intervals.share(200, 5000, 0.99), intervals.wilson(200, 5000, 0.99)
    assert exact == pytest.approx(quick, abs=2e-3)
    special = pytest.importorskip("scipy.special")
    assert intervals.at_most(7, 300, 0.04) == pytest.approx(special.bdtr(7, 300, 0.04))
    assert intervals.at_most(290, 300, 0.96) == pytest.approx(special.bdtr(290, 300, 0.96))


@pytest.mark.parametrize("seed", range(2))
def test_who_looks_every_two_seconds_seldom_refuses_a_good_canary(seed: int):
    """Of 100 canaries that fail as seldom and are as slow as the other colour, looked at 50 times, two at most."""
    random, refused = np.random.default_rng(seed), 0
    for _ in range(100):
        failed, slow = (random.random((50, 6)) < chance for chance in (0.005, 0.04))
        seen = zip(failed.sum(axis=1).cumsum(), slow.sum(axis=1).cumsum(), range(6, 306, 6), strict=True)
        refused += any(
            intervals.difference(int(f), n, 10, 2000, 0.999)[0] > RULES.errors
            or intervals.share(int(s), n, 0.999)[0] > judgement.SLOWEST
            for f, s, n in seen
        )
    assert refused <= 2
