"""What goes wrong between the project and MLflow. Light: importing this doesn't import MLflow."""

from __future__ import annotations


class StoreError(RuntimeError):
    """MLflow's store can't be used; the message says what to do."""


class ReleaseError(RuntimeError):
    """A model can't be released, taken back or found; the message says why and what to do."""
