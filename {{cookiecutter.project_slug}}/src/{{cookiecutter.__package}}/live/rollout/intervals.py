"""How sure one can be of shares and distributions that few requests have shown. Pure, and without SciPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

# From so many hits and misses on, one interval is as good as the other. Halvings of 1 that no float tells apart.
MANY, HALVINGS = 200, 40


def share(hits: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return between which shares the true one lies; each limit holds with this confidence, however few the trials.

    Clopper & Pearson, The Use of Confidence or Fiducial Limits, Biometrika 26 (1934). With many hits and misses it is
    Wilson's, Probable Inference, JASA 22 (1927), which is nearly the same then and takes no sums.
    """
    if trials <= 0:
        return 0.0, 1.0
    if min(hits, trials - hits) > MANY:
        return wilson(hits, trials, confidence)
    return 1 - highest(trials - hits, trials, confidence), highest(hits, trials, confidence)


def highest(hits: int, trials: int, confidence: float) -> float:
    """Return the greatest share with which so few hits aren't too improbable."""
    if hits >= trials:
        return 1.0
    low, high = hits / trials, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if at_most(hits, trials, middle) > 1 - confidence else (low, middle)
    return high


def at_most(hits: int, trials: int, chance: float) -> float:
    """Return how probable it is to have no more hits than this, each of them having this chance."""
    if hits > trials / 2:
        return 1 - at_most(trials - hits - 1, trials, 1 - chance)
    term = trials * math.log1p(-chance)
    total = 0.0
    for count in range(hits + 1):
        total += math.exp(term)
        term += math.log((trials - count) / (count + 1)) + math.log(chance) - math.log1p(-chance)
    return min(1.0, total)


def wilson(hits: int, trials: int, confidence: float) -> tuple[float, float]:
    """Return Wilson's interval of a share."""
    z = NormalDist().inv_cdf(confidence)
    found, slack = hits / trials, z * z / trials
    middle = (found + slack / 2) / (1 + slack)
    reach = z * math.sqrt(found * (1 - found) / trials + slack / (4 * trials)) / (1 + slack)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def difference(hits: int, trials: int, others: int, of: int, confidence: float) -> tuple[float, float]:
    """Return between which numbers the difference of two shares lies, the first less the second.

    Newcombe, Interval Estimation for the Difference between Independent Proportions, Statistics in Medicine 17
    (1998), method 10, with the intervals of `share`.
    """
    if trials <= 0 or of <= 0:
        return -1.0, 1.0
    (low, high), (least, most) = share(hits, trials, confidence), share(others, of, confidence)
    ours, theirs = hits / trials, others / of
    found = ours - theirs
    return found - math.hypot(ours - low, most - theirs), found + math.hypot(high - ours, theirs - least)


def stability(now: Sequence[float], then: Sequence[float]) -> float:
    """Return the population stability index of counts against others; an empty bin counts as half a row.

    Siddiqi, Credit Risk Scorecards (2006), chapter 7.
    """
    ours, theirs = sum(now), sum(then)
    pairs = [(max(a, 0.5) / ours, max(b, 0.5) / theirs) for a, b in zip(now, then, strict=True) if a or b]
    return sum((a - b) * math.log(a / b) for a, b in pairs)


def drawn_by_chance(bins: int, now: float, then: float, confidence: float) -> float:
    """Return the stability index that samples of these sizes reach by chance alone, with this confidence.

    Without a difference, the index divided by (1/n + 1/m) follows a chi-squared distribution: Yurdakul & Naranjo,
    Statistical Properties of the Population Stability Index, Journal of Risk Model Validation 14 (2020). Its quantile
    is that of Wilson & Hilferty, The Distribution of Chi-Square, PNAS 17 (1931).
    """
    free = max(1, bins - 1)
    spread = 2 / (9 * free)
    quantile = free * (1 - spread + NormalDist().inv_cdf(confidence) * math.sqrt(spread)) ** 3
    return quantile * (1 / now + 1 / then)
