"""Whether a canary is worse than the other colour, as good, or whether nobody can tell yet. Pure.

Nothing is judged by a bare share: one error in twenty requests is no evidence of five percent, and none in twenty is no
evidence of health.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import Literal, NamedTuple

from .evidence import Counts
from .intervals import difference, drawn_by_chance, share, stability
from .rules import Rules

Verdict = Literal["fine", "worse", "unknown"]
SLOWEST = 0.05
# Into so many bins scores are put, of about the same size, as is usual for the stability index.
SCORE_BINS = 10
# With fewer limits in common, two models answer on different scales.
FEWEST_LIMITS = 3


class Finding(NamedTuple):
    """What one rule says, in words too."""

    rule: str
    verdict: Verdict
    said: str


class Judgement(NamedTuple):
    """What all rules say of a canary."""

    findings: tuple[Finding, ...]

    @property
    def verdict(self) -> Verdict:
        """Worse if any rule says so; fine if all do."""
        verdicts = {finding.verdict for finding in self.findings}
        return "worse" if "worse" in verdicts else "unknown" if "unknown" in verdicts else "fine"

    def said(self, *verdicts: Verdict) -> str:
        """Return what the rules with these verdicts say."""
        return "; ".join(finding.said for finding in self.findings if finding.verdict in verdicts)


def judge(canary: Counts, other: Counts, rules: Rules, *, scores: bool = True) -> Judgement:
    """Return what a canary has shown beside the other colour; its scores don't count where they are to change."""
    found = [sample(canary, other, rules), errors(canary, other, rules), p95(canary, other, rules)]
    return Judgement((*found, *([scored(canary, other, rules)] if scores else [])))


def surely(rules: Rules) -> float:
    """Return how sure one has to be that a canary is worse, as one looks again and again until it may seem so."""
    return 1 - (1 - rules.confidence) / 10


def sample(canary: Counts, other: Counts, rules: Rules) -> Finding:
    """Say whether both have answered enough."""
    fewest = min(canary.requests, other.requests)
    said = f"{canary.requests} requests against {other.requests}, at least {rules.requests} each"
    return Finding("requests", "fine" if fewest >= rules.requests else "unknown", said)


def errors(canary: Counts, other: Counts, rules: Rules) -> Finding:
    """Say whether more requests end in an error than with the other colour, beyond what is allowed."""
    both = (canary.errors, canary.requests, other.errors, other.requests)
    low, high = difference(*both, surely(rules))[0], difference(*both, rules.confidence)[1]
    verdict: Verdict = "worse" if low > rules.errors else "fine" if high < rules.errors else "unknown"
    said = f"{canary.errors} of {canary.requests} requests failed, "
    said += f"with the other colour {other.errors} of {other.requests}"
    return Finding("errors", verdict, said)


def p95(canary: Counts, other: Counts, rules: Rules) -> Finding:
    """Say whether more than five in a hundred are slower than the other colour's p95 allows."""
    theirs = percentile(other.within, 1 - SLOWEST)
    limits = sorted(limit for limit in canary.within if limit in other.within)
    if theirs is None or not limits or not canary.within.get(math.inf):
        return Finding("p95", "unknown", "no latencies to compare yet")
    allowed = theirs * rules.p95.times + rules.p95.milliseconds / 1000
    limit = next(limit for limit in limits if limit >= min(allowed, limits[-1]))
    asked = canary.within[math.inf]
    slower = asked - canary.within[limit]
    low, _ = share(slower, asked, surely(rules))
    verdict: Verdict = "worse" if low > SLOWEST else "fine" if asked >= rules.requests else "unknown"
    said = f"{slower} of {asked} requests took more than {limit * 1000:g} ms, with the other colour p95 is "
    return Finding("p95", verdict, f"{said}{theirs * 1000:.0f} ms")


def percentile(within: Mapping[float, int], part: float) -> float | None:
    """Return in which time this part was answered, as finely as the limits tell; None if nothing was."""
    known = sorted(within.items())
    if not known or not known[-1][1]:
        return None
    wanted, low, fewer = part * known[-1][1], 0.0, 0
    for limit, count in known:
        if count >= wanted and math.isfinite(limit):
            return low + (limit - low) * (wanted - fewer) / max(1, count - fewer)
        low, fewer = (limit, count) if math.isfinite(limit) else (low, fewer)
    return low


def scored(canary: Counts, other: Counts, rules: Rules) -> Finding:
    """Say whether the answers are spread otherwise than the other colour's, beyond chance and what is allowed."""
    if not canary.rows or not other.rows:
        return Finding("scores", "unknown", "no scores to compare yet")
    limits = sorted(limit for limit in canary.scores if limit in other.scores)
    if len(limits) <= FEWEST_LIMITS:
        return Finding("scores", "worse", "the answers are on another scale than the other colour's")
    ours, theirs = coarse(bins(canary.scores, limits), bins(other.scores, limits))
    # Rows of one request belong together, so that a request counts as one draw, however many rows it has.
    drawn, of = min(canary.rows, canary.requests), min(other.rows, other.requests)
    index = stability(scaled(ours, drawn), scaled(theirs, of)) if drawn and of else 0.0
    chance = drawn_by_chance(len(ours), max(1, drawn), max(1, of), surely(rules))
    beyond = max(0.0, index - chance)
    enough = min(drawn, of) >= rules.requests
    verdict: Verdict = "worse" if beyond > rules.scores else "fine" if enough else "unknown"
    said = f"scores differ by a stability index of {index:.2f}, of which chance may draw {chance:.2f}"
    return Finding("scores", verdict, said)


def bins(scores: Mapping[float, int], limits: list[float]) -> list[int]:
    """Return how many rows scored between one limit and the next."""
    counts = [scores[limit] for limit in limits]
    return [counts[0], *(b - a for a, b in pairwise(counts))]


def coarse(ours: list[int], theirs: list[int]) -> tuple[list[int], list[int]]:
    """Return both counts in fewer bins, which hold about as many of all scores each."""
    both, mine, other = [0], [0], [0]
    least = (sum(ours) / sum(ours) + sum(theirs) / sum(theirs)) / SCORE_BINS
    weighed = [a / sum(ours) + b / sum(theirs) for a, b in zip(ours, theirs, strict=True)]
    for a, b, weight in zip(ours, theirs, weighed, strict=True):
        if both[-1] >= least:
            both, mine, other = [*both, 0], [*mine, 0], [*other, 0]
        both[-1] += weight
        mine[-1] += a
        other[-1] += b
    return mine, other


def scaled(counts: list[int], total: float) -> list[float]:
    """Return counts that add up to this."""
    return [count * total / sum(counts) for count in counts]
