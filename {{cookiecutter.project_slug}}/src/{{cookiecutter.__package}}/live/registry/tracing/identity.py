"""One model under its two hashes: SHA-256 in responses, the registry and MLflow, MD5 in dvc.lock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import md5 as md5_of

from ....core.cache import kept_path
from ....core.registry.entries import MODEL_MD5
from .kept import digests
from .locks import LINEAGE, MODEL, SIGNATURE, Snapshot, Training, has_hash, named_hashes, read, training_of
from .repository import blobs
from .runs import Run, runs_tagged
from .sources import Sources, sha256_in

EVALUATION = "metrics/evaluation.json"


def model_md5(sources: Sources, sha256: str, runs: Sequence[Run]) -> str:
    """Return the hash under which DVC knows a model; empty if nothing here says it.

    The run may say it; else the file that lies there, the signature that was made with the model, or the evaluation.
    """
    ways = (
        (run.md5 for run in runs if run.sha256 == sha256),
        (md5 for md5, present in present_model(sources) if present == sha256),
        (training.md5 for training in signed(sources, sha256)),
        (training.md5 for _, training in evaluated(sources, sha256)),
    )
    return next((md5 for way in ways for md5 in way if md5), "")


def model_sha256(sources: Sources, training: Training) -> str:
    """Return the hash that responses give a model that dvc.lock names; empty if nothing here says it.

    Raises:
        StoreError: MLflow answered first and failed then.
    """
    kept = kept_path(sources.cache, training.md5)
    ways = (
        [sources.signatures.get(training.stage.outs.get(SIGNATURE, ""), "")],
        (sha256 for md5, sha256 in present_model(sources) if md5 == training.md5),
        (named for named, other in evaluated(sources) if other.md5 == training.md5),
        (digests(path).sha256 for path in [kept] if path.is_file()),
        (run.sha256 for store in [sources.store] if store for run in runs_tagged(store, MODEL_MD5, training.md5)),
    )
    return next((sha256 for way in ways for sha256 in way if sha256), "")


def present_model(sources: Sources) -> Iterator[tuple[str, str]]:
    """Yield both hashes of the model that lies there, if one does."""
    path = sources.root / MODEL
    if path.is_file():
        yield digests(path)


def signed(sources: Sources, sha256: str) -> Iterator[Training]:
    """Yield the trainings that wrote a signature for this model."""
    for signature, named in sources.signatures.items():
        if named == sha256:
            yield from (t for t in trainings(sources, signature) if t.stage.outs.get(SIGNATURE) == signature)


def evaluated(sources: Sources, prefix: str = "") -> Iterator[tuple[str, Training]]:
    """Yield the hash, if it starts so, of each model that metrics/evaluation.json was about, and what trained it.

    That file is in git, and dvc.lock says from which model it was made: this works without any model's bytes.
    """
    seen: set[str] = set()
    for snapshot, named, hash in evaluations(sources):
        if not named.startswith(prefix) or hash in seen or not has_hash(snapshot.text, hash):
            continue
        training = training_of(read(snapshot))
        stages = training.lock.stages.values() if training else ()
        if training and any(s.outs.get(EVALUATION) == hash and s.deps.get(MODEL) == training.md5 for s in stages):
            seen.add(hash)
            yield named, training


def evaluations(sources: Sources) -> Iterator[tuple[Snapshot, str, str]]:
    """Yield with each dvc.lock which model the metrics/evaluation.json beside it is about, and that file's MD5."""
    names = [f"{snapshot.commit}:./{EVALUATION}" for snapshot in sources.snapshots if snapshot.commit]
    kept, path = iter(blobs(sources.root, names)), sources.root / EVALUATION
    present = path.read_bytes() if path.is_file() else b""
    for snapshot in sources.snapshots:
        content = (next(kept) or b"") if snapshot.commit else present
        if named := sha256_in(content):
            yield snapshot, named, md5_of(content, usedforsecurity=False).hexdigest()


def trainings(sources: Sources, prefix: str = "") -> Iterator[Training]:
    """Yield the trainings whose dvc.lock has a hash that starts so, the oldest first.

    What many a dvc.lock says alike is read once for each model and run.
    """
    seen: set[tuple[str, ...]] = set()
    for snapshot in sources.snapshots:
        made = (*named_hashes(snapshot.text, MODEL), *named_hashes(snapshot.text, LINEAGE))
        if made in seen or not has_hash(snapshot.text, prefix):
            continue
        training = training_of(read(snapshot))
        if training:
            seen.add(made)
            yield training


def training_that_made(sources: Sources, md5: str, runs: Sequence[str]) -> Training | None:
    """Return the training that made a model: that of the first of these runs whose lineage is at hand, or the first."""
    found = [training for training in trainings(sources, md5) if training.md5 == md5]
    by_run = {run_of(sources, training): training for training in reversed(found)}
    return next((by_run[run] for run in runs if run in by_run), found[0] if found else None)


def run_of(sources: Sources, training: Training) -> str:
    """Return the id of the run in which a training was recorded; empty if its lineage isn't at hand."""
    lineage = sources.lineages.get(training.stage.outs.get(LINEAGE, ""))
    return lineage.run_id if lineage else ""
