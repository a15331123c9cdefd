"""The card as Markdown, from the top to the bottom; `page` makes HTML of the same text."""

from __future__ import annotations

from ..prose.markdown import NONE, code, points, text
from ..prose.markdown import table as drawn
from ..prose.words import Prose
from . import leanings, quality, table
from .run import Run, missing, require_one_model

SOURCES = (
    "Mitchell et al., Model Cards for Model Reporting, FAT* 2019",
    "Breiman, Random Forests, Machine Learning 45 (2001)",
    "Friedman, Greedy Function Approximation, Annals of Statistics 29 (2001)",
)


def written(run: Run) -> Prose:
    """Return the card of a run as Markdown. The same run gives the same text; there is no date of writing in it.

    Raises:
        CardError: something was measured on other bytes than those the card is about.
    """
    require_one_model(run)
    sections = [
        title(run),
        use(run),
        limits(run),
        table.inputs_and_outputs(run),
        table.parts(run),
        quality.metrics(run),
        quality.champion(run),
        quality.promises(run),
        quality.slices(run),
        leanings.importance(run),
        leanings.dependence(run),
        identity(run),
    ]
    return Prose("\n\n".join(block for section in sections for block in section if block) + "\n")


def title(run: Run) -> list[str]:
    """Return the name, what it does in a sentence, and the verdict."""
    lines = f"{table.answer(run.signature)} {quality.in_short(run)}"
    return [
        f"# Model card: {text(run.signature.name)}, version {text(run.lineage.version)}",
        lines,
        quality.verdict(run),
    ]


def use(run: Run) -> list[str]:
    """Return what a person says it is for."""
    return ["## What it is for", missing(run, "card.intended_use") or text(run.card.intended_use)]


def limits(run: Run) -> list[str]:
    """Return where a person says it ends, and what follows from its data."""
    train = run.evidence.parts["train"]
    days = f"It has learned from the days {train.first} to {train.last} alone." if train.first else ""
    known = [*map(text, run.card.limits), *([days] if days else [])]
    return ["## Where it ends", missing(run, "card.limits"), points(known) if known else ""]


def identity(run: Run) -> list[str]:
    """Return which bytes these are, where they come from, and who answers for them."""
    lineage = run.lineage
    commit = f"{code(lineage.git_commit)}{', with changes that were not committed' if lineage.git_dirty else ''}"
    rows = [
        ("name", code(run.signature.name)),
        ("version", code(lineage.version)),
        ("SHA-256 of model.onnx", code(run.signature.sha256)),
        ("MLflow run", code(lineage.run_id)),
        ("git commit", commit),
        *([("trained", text(lineage.trained))] if lineage.trained else []),
        ("licence", text(run.card.licence) or NONE),
        ("contact", text(run.card.contact) or NONE),
    ]
    gaps = [missing(run, "card.licence"), missing(run, "card.contact")]
    return [
        "## Whose it is",
        drawn(("what", "value"), rows),
        *gaps,
        f"The form of this card and its measures: {'; '.join(map(text, SOURCES))}.",
    ]
