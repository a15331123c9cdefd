"""Writing the report of a judgement: to a folder that CI keeps, and to the summary of a workflow's step."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from ...core.prose import change as prose
from ...core.prose import markdown
from ...core.prose.cutting import SUMMARY, fitted
from ..workspace import find_stage, load_stages, place
from .changes import changes, stale_stages
from .judging import FOLDER, STAGE, Judgement
from .pictures import save_pictures

KEPT = f"{FOLDER}/report"
REPORT = f"{KEPT}/report.md"


def write_report(root: Path, revision: str, judgement: Judgement, environ: Mapping[str, str]) -> str:
    """Write the report, with the executed notebook, its pictures and the verdict beside it, and return the report."""
    spec, kept = find_stage(load_stages(root), STAGE), root / KEPT
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir(parents=True)
    evaluation, executed = (place(root, "draft", path) for path in ("metrics/evaluation.json", spec.executed))
    pictures = save_pictures(executed, kept / "pictures")
    text = prose.report(
        prose.Change(
            provenance=judgement.provenance,
            verdict=judgement.verdict,
            fault=judgement.fault,
            found=own_metrics(evaluation),
            changed=changes(root, revision),
            stale=stale_stages(root, spec.notebook),
            pictures=pictures,
        )
    )
    for path in (executed, evaluation, evaluation.with_name("gate.json")):
        if path.exists():
            shutil.copy2(path, kept)
    (root / REPORT).write_text(text, encoding="utf-8")
    summarise(text, environ)
    return text


def write_fault(root: Path, sentence: str, environ: Mapping[str, str]) -> None:
    """Write a report that says why there is none: whoever waits for it is told, too."""
    shutil.rmtree(root / KEPT, ignore_errors=True)
    (root / KEPT).mkdir(parents=True)
    text = f"# The model could not be judged\n\n{markdown.text(sentence)}\n"
    (root / REPORT).write_text(text, encoding="utf-8")
    summarise(text, environ)


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
