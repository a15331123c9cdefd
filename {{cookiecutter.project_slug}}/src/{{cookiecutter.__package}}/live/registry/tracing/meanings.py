"""What a word may name: a version, a model, a run, a commit, a file by its hash; and the models it led to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ....core.registry.entries import Version
from .identity import evaluations, model_sha256, present_model, run_of, trainings
from .links import short
from .locks import LINEAGE, LOCK, Snapshot, Training, around, read, training_of
from .materials import adopted
from .repository import commits_like, contents, load_commit, touching
from .runs import Run, run_of_lineage, training_runs
from .sources import Sources


class Led(NamedTuple):
    """A model that something led to, how, and by which run; what nothing here knows of it is empty."""

    sha256: str
    how: str
    md5: str = ""
    run_id: str = ""


class Meaning(NamedTuple):
    """One thing that a word may name, and the models it led to."""

    what: str
    models: tuple[Led, ...]


def meanings(sources: Sources, word: str) -> list[Meaning]:
    """Return all that a word may name: a version by number, semantic version or alias; a commit as git calls it.

    Raises:
        StoreError: MLflow answered first and failed then.
    """
    versions = [v for v in sources.versions if word in (str(v.number), v.version, f"v{v.version}", *v.aliases)]
    found = [Meaning(f"{sources.name} {v.shown}", of_version(v)) for v in versions]
    commit = None if found else load_commit(sources.root, word)
    return [*found, *([of_commit(sources, commit.id, known_runs(sources))] if commit else [])]


def hash_meanings(sources: Sources, prefix: str) -> list[Meaning]:
    """Return all whose hash or id starts with a prefix.

    Raises:
        StoreError: MLflow answered first and failed then.
    """
    runs = known_runs(sources)
    commits = {*commits_like(sources.root, prefix), *(run.commit for run in runs if run.commit.startswith(prefix))}
    return [
        *(Meaning(f"model {short(sha256)}", (Led(sha256, ""),)) for sha256 in models_like(sources, prefix, runs)),
        *(Meaning(f"run {r.id}", models_of_run(sources, r, "made by")) for r in runs if r.id.startswith(prefix)),
        *(of_commit(sources, commit, runs) for commit in sorted(commits)),
        *inputs_like(sources, prefix, runs),
        *locked_like(sources, prefix),
    ]


def of_version(version: Version) -> tuple[Led, ...]:
    """Return the model of a registered version; none if somebody registered it by hand, without its hash."""
    return (Led(version.sha256, "registered as", "", version.run_id),) if version.sha256 else ()


def known_runs(sources: Sources) -> list[Run]:
    """Return the runs that trained a model: those of MLflow, and of others what DVC keeps of their lineage."""
    runs = training_runs(sources.store) if sources.store else []
    known = {run.id for run in runs}
    return [*runs, *(run_of_lineage(made) for made in sources.lineages.values() if made.run_id not in known)]


def models_like(sources: Sources, prefix: str, runs: list[Run]) -> list[str]:
    """Return the SHA-256 of the models that anything here knows by it."""
    known = [
        *(version.sha256 for version in sources.versions),
        *(run.sha256 for run in runs),
        *sources.signatures.values(),
        *(sha256 for _, sha256 in present_model(sources)),
        *(sha256 for _, sha256, _ in evaluations(sources)),
    ]
    return [sha256 for sha256 in dict.fromkeys(known) if sha256.startswith(prefix)]


def models_of_run(sources: Sources, run: Run, how: str) -> tuple[Led, ...]:
    """Return the models that a run made: as the registry has it, or the run itself, or dvc.lock by its lineage."""
    said = [*(version.sha256 for version in sources.versions if version.run_id == run.id), run.sha256]
    if any(said):
        return tuple(Led(sha256, how, run.md5, run.id) for sha256 in dict.fromkeys(said) if sha256)
    files = [md5 for md5, made in sources.lineages.items() if made.run_id == run.id]
    made = [t for md5 in files for t in trainings(sources, md5) if t.stage.outs.get(LINEAGE) == md5]
    return tuple(led_to(sources, training, how) for training in made)


def led_to(sources: Sources, training: Training, how: str) -> Led:
    """Return the model of a training."""
    return Led(model_sha256(sources, training), how, training.md5, run_of(sources, training))


def of_commit(sources: Sources, commit: str, runs: list[Run]) -> Meaning:
    """Return what a commit led to: the models trained on it, and the one that its dvc.lock names."""
    trained = [one for run in runs if run.commit == commit for one in models_of_run(sources, run, "trained on")]
    text = contents(sources.root, commit, [LOCK])[0] or b""
    training = training_of(read(Snapshot(commit, text.decode("utf-8", "replace")))) if text else None
    named = [led_to(sources, training, "named by the dvc.lock of")] if training else []
    return Meaning(f"commit {short(commit)}", joined([*named, *trained]))


def joined(models: Iterable[Led]) -> tuple[Led, ...]:
    """Return each model once, with all that led to it, and its run if that is one."""
    found: dict[str, Led] = {}
    for one in models:
        before = found.setdefault(one.sha256 or one.md5, one)
        hows = " and ".join(dict.fromkeys([*before.how.split(" and "), one.how]))
        run_id = one.run_id if before.run_id == one.run_id else ""
        found[one.sha256 or one.md5] = Led(one.sha256, hows, before.md5 or one.md5, run_id)
    return tuple(found.values())


def inputs_like(sources: Sources, prefix: str, runs: list[Run]) -> Iterator[Meaning]:
    """Yield the files by SHA-256 that runs have read."""
    found: dict[str, dict[str, list[Run]]] = {}
    for run in runs:
        for path, hash in run.inputs.items():
            if hash.startswith(prefix):
                found.setdefault(hash, {}).setdefault(path, []).append(run)
    for hash, paths in found.items():
        readers = {run.id: run for readers in paths.values() for run in readers}.values()
        models = joined(one for run in readers for one in models_of_run(sources, run, "made from"))
        yield Meaning(f"{', '.join(paths)} (SHA-256 {short(hash)})", models)


def locked_like(sources: Sources, prefix: str) -> Iterator[Meaning]:
    """Yield the files by MD5 that a dvc.lock names, or a file of DVC's beside a table of one's own."""
    found: dict[str, dict[str, list[Training]]] = {}
    for training in trainings(sources, prefix):
        note(found, prefix, around(training), training)
    if not found and touching(sources.root, prefix, "*.dvc"):
        for training in trainings(sources):
            note(found, prefix, adopted(sources.root, training.lock.commit or "HEAD").items(), training)
    for hash, paths in found.items():
        models = joined(led_to(sources, one, "made with") for trained in paths.values() for one in trained)
        yield Meaning(f"{', '.join(paths)} (MD5 {short(hash)})", models)


def note(found: dict, prefix: str, items: Iterable[tuple[str, str]], training: Training) -> None:
    """Add of these files, path and hash, those whose hash starts with the prefix."""
    for path, hash in items:
        if hash.startswith(prefix):
            found.setdefault(hash, {}).setdefault(path, []).append(training)
