"""What is known of one model: gathered once, so that every link tells the same story."""

from __future__ import annotations

from typing import NamedTuple

from ....core.registry.entries import CHAMPION, MODEL_SHA256, Version
from .identity import model_md5, training_that_made
from .locks import LINEAGE, Training
from .runs import Run, load_run, run_of_lineage, runs_tagged
from .sources import Sources


class Evidence(NamedTuple):
    """A model's versions, the champion first; the run that made it, with the ids of others that made
    the same bytes; its dvc.lock.

    `run_id` is known even where the run itself is not.
    """

    sources: Sources
    sha256: str
    versions: list[Version]
    run_id: str
    run: Run | None
    others: list[str]
    md5: str
    training: Training | None

    @property
    def commit(self) -> str:
        """The commit whose dvc.lock names the model; empty if there is none, or none yet."""
        return self.training.lock.commit if self.training else ""


def gather(sources: Sources, sha256: str, asked_for: str = "") -> Evidence:
    """Return what is known of a model; of several runs that made the same bytes, `asked_for` is the one to follow.

    Raises:
        StoreError: MLflow answered, and fails now.
    """
    known = [version for version in sources.versions if version.sha256 == sha256]
    versions = sorted(known, key=lambda version: (version.run_id != asked_for, CHAMPION not in version.aliases))
    claims = runs_tagged(sources.store, MODEL_SHA256, sha256) if sources.store else []
    makers = [asked_for, *(version.run_id for version in versions), *(run.id for run in claims)]
    makers = list(dict.fromkeys(filter(None, makers)))
    md5 = model_md5(sources, sha256, claims)
    training = training_that_made(sources, md5, makers) if md5 else None
    lineage = sources.lineages.get(training.stage.outs.get(LINEAGE, "")) if training else None
    # Nobody having asked for another, the run to follow is the one whose lineage is in git.
    run_id = asked_for or (lineage.run_id if lineage else "") or next(iter(makers), "")
    own = load_run(sources.store, run_id) if sources.store and run_id else None
    if own is None and lineage and lineage.run_id == run_id:
        own = run_of_lineage(lineage)
    return Evidence(sources, sha256, versions, run_id, own, [run for run in makers if run != run_id], md5, training)
