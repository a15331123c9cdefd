"""Writing the report of a judgement: to files below .draft/judged, and to the summary of a workflow's step."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ...core.prose import change as prose
from ...core.prose.cutting import SUMMARY, fitted
from ..workspace import find_stage, load_stages, place
from .changes import changes, stale_stages
from .judging import FOLDER, STAGE, Judgement
from .pictures import save_pictures

REPORT = f"{FOLDER}/report.md"


def write_report(root: Path, revision: str, judgement: Judgement, environ: Mapping[str, str]) -> str:
    """Write the report, the verdict and the pictures, and return the report."""
    spec = find_stage(load_stages(root), STAGE)
    pictures = save_pictures(place(root, "draft", spec.executed), root / FOLDER / "pictures")
    text = prose.report(
        prose.Change(
            provenance=judgement.provenance,
            verdict=judgement.verdict,
            fault=judgement.fault,
            found=own_metrics(place(root, "draft", "metrics/evaluation.json")),
            changed=changes(root, revision),
            stale=stale_stages(root, spec.notebook),
            pictures=pictures if judgement.verdict else [],
        )
    )
    (root / REPORT).parent.mkdir(parents=True, exist_ok=True)
    (root / REPORT).write_text(text, encoding="utf-8")
    summarise(text, environ)
    return text


def own_metrics(path: Path) -> dict[str, float]:
    """Return the challenger's metrics, NaN where one couldn't be measured."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))["metrics"]
    return {name: float("nan") if value is None else value for name, value in found.items()}


def summarise(text: str, environ: Mapping[str, str]) -> None:
    """Add a text to the summary of the workflow's step, where there is one."""
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(fitted(text, SUMMARY, "The rest is in the run's artifact.") + "\n")
