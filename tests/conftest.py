"""What all tests share: baking into a temporary folder."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "scripts"))

from bake import bake  # noqa: E402 - scripts/ is no package, so its folder has to be on the path first


@pytest.fixture
def baked(tmp_path: Path) -> Callable[..., Path]:
    """Bake with the given answers and return the project."""
    return lambda **answers: bake(tmp_path, **answers)
