"""How the answers of a model are spread, cheap enough to count in each request, so that two models can be compared.

A score is the probability of the last of two classes, of more classes the greatest probability, or the number itself.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from prometheus_client import CollectorRegistry, Histogram

from .runtime import Prediction

SHARES = tuple(n / 20 for n in range(1, 20))
# Of numbers, about so many bins lie between the least and the greatest golden answer, and half as many on each side.
BINS = 16
# Up to so many rows, numpy takes longer to begin than Python to finish.
FEW = 4


class Scores:
    """Counts the scores of each variant between limits."""

    def __init__(self, registry: CollectorRegistry, limits: Sequence[float]) -> None:
        self.limits = list(limits)
        self.histogram = Histogram(
            "live_scores",
            "Scores of the rows that were predicted.",
            ["variant"],
            buckets=self.limits,
            registry=registry,
        )
        self.known: dict[str, Histogram] = {}

    def note(self, variant: str, prediction: Prediction) -> None:
        """Count the rows of an answer."""
        if variant not in self.known:
            self.known[variant] = self.histogram.labels(variant)
        series = self.known[variant]
        # `observe` takes one value at a time and walks all limits for it; what it adds to is what is added to here.
        bins, total = series._buckets, series._sum
        values = scores(prediction)
        if len(values) <= FEW:
            for value in values.tolist():
                bins[bisect_left(self.limits, value)].inc(1)
                total.inc(value)
            return
        for place, count in enumerate(np.bincount(np.searchsorted(self.limits, values)).tolist()):
            if count:
                bins[place].inc(count)
        total.inc(float(values.sum()))


def scores(prediction: Prediction) -> NDArray[np.floating]:
    """Return the score of each row; shape (n,)."""
    chances = prediction.probabilities
    if chances is None:
        return prediction.values
    return chances[:, 1] if chances.shape[1] == 2 else chances.max(axis=1)


def limits_between(answers: Sequence[float]) -> tuple[float, ...]:
    """Return limits for numbers such as these: multiples of 1, 2 or 5 times a power of ten.

    Round limits are the same for two models that answer alike, so that their counts can be compared.
    """
    known = [answer for answer in answers if math.isfinite(answer)]
    least, greatest = (min(known), max(known)) if known else (0.0, 0.0)
    step = round_step((greatest - least) / BINS or abs(greatest) / BINS or 1.0)
    first, last = math.floor(least / step) - BINS // 2, math.ceil(greatest / step) + BINS // 2
    return tuple(float(f"{place * step:.12g}") for place in range(first, last + 1))


def round_step(step: float) -> float:
    """Return the least of 1, 2 or 5 times a power of ten that is no smaller."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))
