"""The parameters that DVC asks for: a section that params.yaml may leave out stops DVC all the same."""

from __future__ import annotations

from pathlib import Path

from ...core.project import WorkspaceError
from ..workspace import load_entries, load_yaml
from .entries import ABSENT, params_of, pick

EMPTY = "{}"


def require_parameters(root: Path) -> None:
    """Make sure that params.yaml holds every section that dvc.yaml names, if only an empty one.

    Raises:
        WorkspaceError: one is missing.
    """
    for stage, entry in load_entries(root).items():
        for file, keys in params_of(entry):
            known = load_yaml(root / file) if keys else {}
            for key in keys:
                if pick(known, key) is ABSENT:
                    what = f"{file} lacks {key}, which DVC compares for the stage {stage}"
                    raise WorkspaceError(f"{what}: write `{key}: {EMPTY}` where its defaults will do.")
