"""Numbers in standard units, in arithmetic that a float32 graph repeats to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin

# By Chebyshev's inequality, at most a hundredth of the rows it learned from lie beyond.
LIMIT = np.float32(10)


class Standardiser(TransformerMixin, BaseEstimator):
    """Numbers in standard deviations from their mean, at most LIMIT, and beside them whether each was missing.

    scikit-learn's own scaler subtracts a float64 mean, which the graph can hold as a float32 alone: dates and
    timestamps would differ by whole days. A missing number counts as the mean.
    """

    def fit(self, numbers: ArrayLike, target: Any = None) -> Standardiser:
        """Take mean and standard deviation from what is there; shape (rows, columns)."""
        values = np.asarray(numbers, dtype=np.float64)
        present = np.maximum(1, (~np.isnan(values)).sum(axis=0))
        self.center_ = (np.nansum(values, axis=0) / present).astype(np.float32)
        spread = np.sqrt(np.nansum((values - self.center_) ** 2, axis=0) / present).astype(np.float32)
        self.scale_ = np.where(spread > 0, spread, np.float32(1))
        return self

    def transform(self, numbers: ArrayLike) -> NDArray[np.float64]:
        """Return shape (rows, 2 * columns): standard units, then 1 for what was missing."""
        values = np.asarray(numbers, dtype=np.float32)
        missing = np.isnan(values)
        units = np.where(missing, np.float32(0), (values - self.center_) / self.scale_)
        # In float64, because solvers stop early in float32.
        return np.hstack([np.clip(units, -LIMIT, LIMIT), missing]).astype(np.float64)
