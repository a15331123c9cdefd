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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep all tests of one project on one worker, so that its environment is made once."""
    for item in items:
        if item.get_closest_marker("journey"):
            parameters = item.callspec.params if hasattr(item, "callspec") else {}
            item.add_marker(pytest.mark.xdist_group(parameters.get("project", item.nodeid)))
