"""Where a project's files are in each mode, and what dvc.yaml says of its stages. Light: no pandas, no MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from ruamel.yaml import YAML, YAMLError

from ..core.project import WorkspaceError

Mode = Literal["official", "draft", "smoke"]


class StageSpec(NamedTuple):
    """One notebook stage of dvc.yaml; all paths are relative to the root and use forward slashes."""

    name: str
    notebook: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @property
    def source(self) -> str:
        """The notebook that people edit."""
        return f"notebooks/{self.notebook}.ipynb"

    @property
    def projection(self) -> str:
        """Its code alone, which DVC hashes and reviewers read."""
        return f"notebooks/code/{self.notebook}.py"

    @property
    def executed(self) -> str:
        """The copy with outputs that a run leaves behind."""
        return f"reports/{self.notebook}.ipynb"


def mode_of(stage: str, environ: Mapping[str, str]) -> Mode:
    """Return the mode a stage runs in: smoke if LAB_PROFILE says so, official if DVC runs it, else a draft.

    Raises:
        WorkspaceError: LAB_PROFILE is neither empty nor 'smoke'.
    """
    profile = environ.get("LAB_PROFILE", "")
    if profile not in ("", "smoke"):
        raise WorkspaceError(f"LAB_PROFILE is {profile!r}: the only profile is 'smoke'; unset it for everything else.")
    if profile:
        return "smoke"
    return "official" if environ.get("DVC_STAGE") == stage else "draft"


def load_stages(root: Path) -> dict[str, StageSpec]:
    """Return the notebook stages of dvc.yaml by name, in its order."""
    return {name: stage_spec(name, entry) for name, entry in load_entries(root).items() if runs_notebook(entry)}


def load_entries(root: Path) -> dict[str, dict[str, Any]]:
    """Return all stages of dvc.yaml as they are written there.

    Raises:
        WorkspaceError: dvc.yaml can't be read, or lists no stages.
    """
    entries = load_yaml(root / "dvc.yaml").get("stages")
    if not isinstance(entries, dict) or not all(isinstance(entry, dict) for entry in entries.values()):
        raise WorkspaceError("dvc.yaml lists no stages: restore it with `git checkout dvc.yaml`.")
    return entries


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file that holds a mapping, as DVC reads it (YAML 1.2).

    Raises:
        WorkspaceError: it isn't there, isn't YAML (git's conflict marks aren't), or holds something else.
    """
    try:
        content = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WorkspaceError(f"{path} is not there: restore it with `git checkout {path.name}`.") from None
    except (YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        where = f" (line {mark.line + 1})" if mark else ""
        raise WorkspaceError(f"{path.name} is no YAML{where}: mend it, or `git checkout {path.name}`.") from None
    if not isinstance(content, dict):
        raise WorkspaceError(f"{path.name} holds no settings: restore it with `git checkout {path.name}`.")
    return content


def runs_notebook(entry: Mapping[str, Any]) -> bool:
    """Return whether a stage of dvc.yaml is a notebook; a team may add others."""
    return str(entry.get("cmd", "")).startswith("lab run ")


def stage_spec(name: str, entry: Mapping[str, Any]) -> StageSpec:
    """Return one stage of dvc.yaml; its command is `lab run NOTEBOOK`."""
    return StageSpec(name, entry["cmd"].split()[-1], tuple(entry["deps"]), outputs_of(entry))


def outputs_of(entry: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths that a stage of dvc.yaml writes."""
    outputs = [*entry.get("outs", []), *entry.get("metrics", [])]
    return tuple(out if isinstance(out, str) else next(iter(out)) for out in outputs)


def find_stage(stages: Mapping[str, StageSpec], name: str) -> StageSpec:
    """Return a stage by its name ('train'), its notebook ('03_train') or the notebook's path.

    Raises:
        WorkspaceError: there is no such stage.
    """
    wanted = Path(name).stem
    for spec in stages.values():
        if wanted in (spec.name, spec.notebook):
            return spec
    raise WorkspaceError(
        f"There is no notebook stage {name!r}; there are {', '.join(s.notebook for s in stages.values())}."
    )


def place(root: Path, mode: Mode, relative: str) -> Path:
    """Return where a mode writes an output: the tracked path, or the same path under .draft or .smoke."""
    return root / {"official": "", "draft": ".draft", "smoke": ".smoke"}[mode] / relative


def source_of(root: Path, mode: Mode, relative: str, stages: Mapping[str, StageSpec]) -> Path:
    """Return where a mode reads an input: smoke takes what smoke made, all others take the tracked path."""
    made = any(relative in spec.outputs for spec in stages.values())
    return place(root, "smoke", relative) if mode == "smoke" and made else root / relative


def instead(environ: Mapping[str, str]) -> tuple[str, str]:
    """Return an input that drafts read elsewhere, and where: LAB_INSTEAD is PATH=ELSEWHERE, relative to the root."""
    named, _, elsewhere = environ.get("LAB_INSTEAD", "").partition("=")
    return named, elsewhere
