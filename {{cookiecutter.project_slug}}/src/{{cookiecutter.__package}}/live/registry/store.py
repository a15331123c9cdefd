"""The registry as releases read and write it. Imports MLflow: commands import this when they are called."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, get_args

import mlflow
from mlflow import MlflowClient
from mlflow.entities.model_registry import ModelVersion

from ...core.project import tracking_uri
from ...core.registry.catalogue import asked, champion_number, entries, make, versions
from ...core.registry.entries import CHAMPION, RELEASES, SHA256, VERSION, Version
from ...core.registry.errors import ReleaseError
from ...core.registry.server import require_answer
from .releases import Action, Release, Standing, replayed

FINISHED = "finished"
# A process that is about to put the alias right needs no longer; one that was killed never does.
LOOKS, BETWEEN_LOOKS_SECONDS = 6, 0.25


class Registry(NamedTuple):
    """Where the models of a project are registered, and under which name."""

    client: MlflowClient
    name: str
    root: Path


class Situation(NamedTuple):
    """The registry at one moment: its versions by number, the log, what the log says, and the alias."""

    versions: dict[int, Version]
    releases: list[Release]
    standing: Standing
    alias: int | None

    @property
    def champion(self) -> Version | None:
        """The version that is live by the log, or None if there is none, or if somebody deleted it."""
        return self.versions.get(self.standing.champion or 0)

    def shown(self, number: int | None) -> str:
        """Return what people call a version: the semantic version, also of one that was deleted since."""
        if number is None:
            return "none"
        released = next((r.version for r in reversed(self.releases) if r.after == number and r.version), "")
        return self.versions.get(number, Version(number=number, version=released)).shown


def open_registry(root: Path, name: str) -> Registry:
    """Connect to MLflow where the project records.

    Raises:
        StoreError: MLFLOW_TRACKING_URI names a server that doesn't answer.
    """
    uri = tracking_uri(root, os.environ)
    os.environ["MLFLOW_TRACKING_URI"] = uri
    require_answer(uri)
    mlflow.set_tracking_uri(uri)
    # A busy database is asked again, and only what remains wrong is said, in one sentence.
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)
    return Registry(MlflowClient(), name, root)


def load_releases(registry: Registry) -> list[Release]:
    """Return the log, the oldest release first; what somebody else put there is passed over."""
    found = [release_of(entry) for entry in entries(registry.client, registry.name + RELEASES)]
    return [release for release in found if release]


def release_of(entry: ModelVersion) -> Release | None:
    """Return the release that a version of the log is, or None if it is none."""
    tags = entry.tags
    if tags.get("action") not in get_args(Action) or not tags.get("to", "").isdecimal():
        return None
    before = tags.get("from", "")
    return Release(
        number=int(entry.version),
        call=tags.get("call", ""),
        action=tags["action"],
        before=int(before) if before.isdecimal() else None,
        after=int(tags["to"]),
        version=tags.get(VERSION, ""),
        sha256=tags.get(SHA256, ""),
        who=tags.get("who", ""),
        why=tags.get("why", ""),
        commit=tags.get("commit", ""),
        compared=tags.get("compared", "yes") == "yes",
        finished=FINISHED in tags,
        at=entry.creation_timestamp,
    )


def look(registry: Registry) -> Situation:
    """Return the registry as it is, or the last of several looks while the alias is being moved."""
    for attempt in range(LOOKS):
        time.sleep(BETWEEN_LOOKS_SECONDS if attempt else 0)
        releases = load_releases(registry)
        alias = champion_number(registry.client, registry.name)
        found = {version.number: version for version in versions(registry.client, registry.name)}
        situation = Situation(found, releases, replayed(releases, alias), alias)
        if not moved_by_hand(situation):
            break
    return situation


def moved_by_hand(situation: Situation) -> bool:
    """Return whether the alias is where no release, finished or not, can have put it."""
    _, releases, standing, alias = situation
    if alias == standing.champion or (alias is None and situation.champion is None):
        # With a version that is deleted, its alias goes.
        return False
    known = standing.ever | ({None} if releases and releases[0].before is None else set())
    return alias not in known or all(release.finished for release in releases)


def write(registry: Registry, release: Release, target: Version) -> None:
    """Append a release to the log, in one call, as a version that loads the very model it released.

    MLflow may write it twice where an answer got lost; the second doesn't count, as the first has moved the champion.
    """
    log = registry.name + RELEASES
    make(registry.client, log)
    tags = {
        "call": release.call,
        "action": release.action,
        "from": "" if release.before is None else str(release.before),
        "to": str(release.after),
        VERSION: release.version,
        SHA256: release.sha256,
        "who": release.who,
        "why": release.why,
        "commit": release.commit,
        "compared": "yes" if release.compared else "no",
    }
    asked(
        registry.client.create_model_version,
        log,
        f"models:/{registry.name}/{target.number}",
        run_id=target.run_id or None,
        tags={name: value for name, value in tags.items() if value},
        description=f"{release.action} {target.shown}",
        await_creation_for=0,
    )


def publish(registry: Registry) -> tuple[list[Release], Standing]:
    """Let the alias follow the log, and return what was followed.

    Whoever moves the alias reads the log again afterwards, so that the last to move it has seen the last release.
    """
    while True:
        releases = load_releases(registry)
        standing = replayed(releases)
        if standing.champion is None or champion_number(registry.client, registry.name) == standing.champion:
            break
        asked(registry.client.set_registered_model_alias, registry.name, CHAMPION, str(standing.champion))
    finish(registry, releases)
    return releases, standing


def finish(registry: Registry, releases: Sequence[Release]) -> None:
    """Note of releases that the alias follows the log, with them in it."""
    for release in releases:
        if not release.finished:
            log = registry.name + RELEASES
            asked(registry.client.set_model_version_tag, log, str(release.number), FINISHED, "yes")


def find_version(situation: Situation, name: str, wanted: str) -> Version:
    """Return a version by its semantic version ('1.2.0') or MLflow's number ('3').

    Raises:
        ReleaseError: there is none, or no model at all.
    """
    for version in situation.versions.values():
        if wanted in (version.version, str(version.number)):
            return version
    require_models(situation, name)
    known = ", ".join(version.shown for version in situation.versions.values())
    raise ReleaseError(f"{name} has no version {wanted}; it has {known}.")


def require_models(situation: Situation, name: str) -> None:
    """Raise ReleaseError if no model is registered yet."""
    if not situation.versions:
        raise ReleaseError(f"No model is registered under {name} yet: run `make pipeline` first.")
