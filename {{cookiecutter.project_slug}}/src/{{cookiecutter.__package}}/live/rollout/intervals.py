"""How sure one can be of shares and distributions that few requests have shown. Pure, and without SciPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist


def wilson(hits: float, trials: float, confidence: float) -> tuple[float, float]:
    """Return between which shares the true one lies; each limit holds with this confidence.

    Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927).
    """
    if trials <= 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(confidence)
    share, slack = hits / trials, z * z / trials
    middle = (share + slack / 2) / (1 + slack)
    reach = z * math.sqrt(share * (1 - share) / trials + slack / (4 * trials)) / (1 + slack)
    return max(0.0, middle - reach), min(1.0, middle + reach)


def difference(hits: float, trials: float, others: float, of: float, confidence: float) -> tuple[float, float]:
    """Return between which numbers the difference of two shares lies, the first less the second.

    Newcombe, Interval Estimation for the Difference between Independent Proportions, Statistics in Medicine 17
    (1998), method 10.
    """
    if trials <= 0 or of <= 0:
        return -1.0, 1.0
    (low, high), (least, most) = wilson(hits, trials, confidence), wilson(others, of, confidence)
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
