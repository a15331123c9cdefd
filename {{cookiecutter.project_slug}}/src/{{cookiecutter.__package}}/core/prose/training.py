"""What there is to say of a fitted model."""

from __future__ import annotations

import pandas as pd

from ..export import Parity
from .words import Prose


def learned(frame: pd.DataFrame, onnx: bytes, result: Parity) -> Prose:
    """Say how much went into how little, and how well it was kept."""
    size = f"{len(onnx) / 1e6:.1f} MB" if len(onnx) >= 1e5 else f"{len(onnx) / 1e3:.1f} kB"
    return Prose(
        f"- {len(frame):,} rows of {frame.shape[1]} features fit into a file of {size}.\n- The file is the model: on "
        f"{result.rows:,} rows, ordinary and absurd ones, the two are never more than {result.largest:.0e} apart."
    )
