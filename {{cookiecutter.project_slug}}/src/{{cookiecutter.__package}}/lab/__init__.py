"""The notebook engine: stages, their modes, the runner and experiment tracking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .stage import Stage

__all__ = ["Stage"]


def __getattr__(name: str) -> Any:
    """Load the stage only for notebooks: the command `lab` starts twice as fast without NumPy."""
    if name == "Stage":
        from .stage import Stage

        return Stage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
