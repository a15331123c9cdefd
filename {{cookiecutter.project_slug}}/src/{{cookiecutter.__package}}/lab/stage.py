"""A notebook's one line of ceremony: its parameters, its mode, its inputs and outputs by name."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np

from ..core.params import Params, load_params
from ..core.project import QUIET, WorkspaceError, find_root, tracking_uri
from .banner import banner
from .workspace import StageSpec, find_stage, instead, load_stages, mode_of, place, source_of


class ContractError(RuntimeError):
    """A contract cell's promise doesn't hold."""


class Stage:
    """The stage a notebook is.

    Official under DVC: reads and writes tracked paths. Draft, in JupyterLab: reads tracked paths, writes under
    .draft/. Smoke, with LAB_PROFILE=smoke: params.smoke.yaml on top, everything under .smoke/.

    Raises:
        WorkspaceError: the notebook is in no project, or dvc.yaml has no such stage.
        ParamsError: params.yaml can't be used.
    """

    def __init__(self, name: str) -> None:
        self.root: Path = find_root(Path.cwd())
        self.stages = load_stages(self.root)
        self.spec: StageSpec = find_stage(self.stages, name)
        self.mode = mode_of(self.spec.name, os.environ)
        overlays = [self.root / "params.smoke.yaml"] if self.mode == "smoke" else []
        self.params: Params = load_params(self.root / "params.yaml", *overlays)
        os.environ.update({"MLFLOW_TRACKING_URI": self.tracking_uri, **QUIET})
        random.seed(self.params.seed)
        np.random.seed(self.params.seed)  # noqa: NPY002 - libraries without a seed of their own use the global one

    def __repr__(self) -> str:
        return f"Stage({self.spec.name!r}, mode={self.mode!r})"

    def _repr_markdown_(self) -> str:
        return banner(self)

    @property
    def tracking_uri(self) -> str:
        """Where runs are recorded: MLFLOW_TRACKING_URI, or a SQLite file at the root; in smoke mode a throwaway one."""
        if self.mode == "smoke":
            return f"sqlite:///{place(self.root, 'smoke', 'mlflow.db')}"
        return tracking_uri(self.root, os.environ)

    def input(self, name: str) -> Path:
        """Return the path of an input by its name: 'train' or 'train.parquet' for data/processed/train.parquet.

        Raises:
            WorkspaceError: dvc.yaml lists no such input, or it hasn't been made yet.
        """
        relative = self.named(name, self.spec.inputs, "deps")
        path = self.source(relative)
        if not path.exists():
            raise WorkspaceError(f"{self.spec.notebook} needs {relative}, which is not there: {self.way_to(relative)}")
        return path

    def source(self, relative: str) -> Path:
        """Return where this mode reads an input of dvc.yaml, there or not."""
        named, elsewhere = instead(os.environ)
        if self.mode == "draft" and relative == named:
            return self.root / elsewhere
        return source_of(self.root, self.mode, relative, self.stages)

    def output(self, name: str) -> Path:
        """Return the path of an output by its name, with its folder made.

        Raises:
            WorkspaceError: dvc.yaml lists no such output.
        """
        path = place(self.root, self.mode, self.named(name, self.spec.outputs, "outs"))
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def verdict(self, statement: str, holds: bool) -> None:
        """Print 'statement: yes', the output a contract cell keeps.

        Raises:
            ContractError: it doesn't hold.
        """
        if not holds:
            raise ContractError(f"{self.spec.notebook} promises {statement!r}, and that does not hold.")
        print(f"{statement}: yes")

    def named(self, name: str, paths: tuple[str, ...], key: str) -> str:
        """Return the one path with this name; the ending may be left out where no other file differs in it alone."""
        files = [Path(path) for path in paths if not path.endswith(".py")]
        found = [path.as_posix() for path in files if name in (path.stem, path.name)]
        if len(found) != 1:
            stems = [path.stem for path in files]
            known = ", ".join(path.stem if stems.count(path.stem) == 1 else path.name for path in files)
            raise WorkspaceError(f"dvc.yaml lists no {key[:-1]} {name!r} for stage {self.spec.name}; it lists {known}.")
        return found[0]

    def way_to(self, relative: str) -> str:
        """Say which command makes a missing input."""
        maker = next((s.notebook for s in self.stages.values() if relative in s.outputs), None)
        if maker and self.mode == "smoke":
            return f"run `lab run --smoke {maker}` first."
        return "run `make pipeline` first, or `dvc pull` for what others have made."
