"""This checkout's model beside a champion, on the same held-out rows, without training.

It is 04_evaluate itself that judges, run as a draft, so that nothing tracked changes and no rule is written twice.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import msgspec

from ...core.gating.verdict import Verdict
from ...core.project import WorkspaceError
from ...core.provenance import Provenance
from ..git.revisions import last_line
from ..programs import BIN
from ..running.execution import run_stage
from ..workspace import StageSpec, find_stage, load_stages, place
from .champion import Say, lay_champion

STAGE = "evaluate"
FOLDER = ".draft/judged"
CHAMPION = "models/champion"
NUMBERS = {"challenger", "gain", "low", "high", "latency_ms"}


class Judgement(NamedTuple):
    """What came out: who the champion was, the verdict, and why there is none."""

    provenance: Provenance
    verdict: Verdict | None
    fault: str = ""

    @property
    def passed(self) -> bool:
        """Whether the gate lets the model pass."""
        return self.verdict is not None and self.verdict.passed


def judge(root: Path, revision: str, say: Say, cell_seconds: float) -> Judgement:
    """Judge the model in models/ against the champion of a revision, or the registry's; nothing is trained.

    Raises:
        WorkspaceError: something that 04_evaluate reads isn't there, or the champion can't be fetched.
    """
    spec = find_stage(load_stages(root), STAGE)
    require_inputs(root, spec)
    given = root / FOLDER / "given"
    provenance = lay_champion(root, revision, given, os.environ, say)
    say(provenance.says)
    fetch(root, given, root / FOLDER / "champion")
    fault = evaluated(root, spec, say, cell_seconds)
    verdict = load_verdict(place(root, "draft", "metrics/gate.json"))
    return Judgement(provenance, verdict, "" if verdict else fault)


def require_inputs(root: Path, spec: StageSpec) -> None:
    """Make sure that everything is there that the evaluation reads, but for the champion.

    Raises:
        WorkspaceError: something is missing.
    """
    missing = [path for path in spec.inputs if path != CHAMPION and not (root / path).exists()]
    if missing:
        way = "`make restore` brings or makes it" if (root / "dvc.lock").exists() else "run `make pipeline` first"
        raise WorkspaceError(f"There is nothing to judge: {missing[0]} is not there; {way}.")


def fetch(root: Path, given: Path, folder: Path) -> None:
    """Lay the champion down as the gate meets it, by the command that the pipeline uses, too.

    Raises:
        WorkspaceError: it can't be had, as where the server doesn't answer.
    """
    command = [str(BIN / "live"), "champion", str(folder)]
    environ = {**os.environ, "LIVE_CHAMPION": str(given)}
    done = subprocess.run(command, cwd=root, env=environ, capture_output=True, text=True, check=False)
    if done.returncode:
        raise WorkspaceError(last_line(done.stderr).removeprefix("Error: "))


def evaluated(root: Path, spec: StageSpec, say: Say, cell_seconds: float) -> str:
    """Run the evaluation as a draft against the champion laid down; return why it stopped, if it did.

    It records in a database of its own: a judgement is no run that anybody wants to find among the team's.
    """
    for path in spec.outputs:
        place(root, "draft", path).unlink(missing_ok=True)
    for name in ("DVC_STAGE", "LAB_PROFILE"):
        os.environ.pop(name, None)
    store = root / FOLDER / "mlflow.db"
    os.environ |= {"LAB_INSTEAD": f"{CHAMPION}={FOLDER}/champion", "MLFLOW_TRACKING_URI": f"sqlite:///{store}"}
    try:
        run_stage(root, spec.name, say, cell_seconds=cell_seconds)
    except WorkspaceError as error:
        return str(error).splitlines()[0]
    finally:
        shutil.rmtree(root / FOLDER / "mlartifacts", ignore_errors=True)
    return ""


def load_verdict(path: Path) -> Verdict | None:
    """Return the verdict that an evaluation wrote; None if it wrote none."""
    if not path.exists():
        return None
    content = msgspec.json.decode(path.read_bytes())
    # JSON has no NaN: a number that couldn't be measured is null there.
    for entry in (content, content["difference"] or {}, *content["slices"], *content["metrics"]):
        entry |= {name: float("nan") for name in entry.keys() & NUMBERS if entry[name] is None}
    return msgspec.convert(content, Verdict)
