"""The notebook engine: stages, their modes, the runner and experiment tracking."""

from .stage import Stage

__all__ = ["Stage"]
