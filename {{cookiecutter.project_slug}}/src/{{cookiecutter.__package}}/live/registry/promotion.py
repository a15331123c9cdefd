"""Promotion: a version that passed the gate takes the champion's place."""

from __future__ import annotations

from ...core.registry.catalogue import asked
from ...core.registry.entries import IMAGE, Verdict, Version, registered_as
from ...core.registry.errors import ReleaseError
from ..runtime import ModelFileError, load_signature
from .proof import prove
from .store import Registry, Situation, find_version, look, require_models
from .transition import Author, Say, entry_of, release, require_followed, settle

AGAIN = "`live champion` fetches it, `make pipeline` compares again, and what passes can be promoted"


def promote(registry: Registry, wanted: str | None, author: Author, say: Say, image: str = "") -> None:
    """Make a version the champion: the one that is wanted, or the model in models/.

    The image in which it was deployed is noted, if one is named. Who asks again for what is done already is told so,
    and nothing else is written.

    Raises:
        ReleaseError: it may not be live, or can't, or somebody else was faster; the message says what to do.
    """
    situation = look(registry)
    target = find_version(situation, registry.name, wanted) if wanted else local_version(registry, situation)
    require_followed(registry, situation)
    finished = settle(registry, situation, say)
    if target.number == situation.standing.champion:
        note_image(registry, target, image)
        if not finished:
            say(f"{registry.name} {target.shown} is the champion already.")
        return
    verdict = passed(registry, situation, target)
    prove(registry, target)
    note_image(registry, target, image)
    release(registry, situation, entry_of(situation, "promote", target, author, compared=verdict.compared), target, say)


def note_image(registry: Registry, version: Version, image: str) -> None:
    """Keep with a version in which image it is deployed, so that a rollback of one is a rollback of both."""
    if image and image != version.image:
        asked(registry.client.set_model_version_tag, registry.name, str(version.number), IMAGE, image)


def local_version(registry: Registry, situation: Situation) -> Version:
    """Return the version that the model in models/ is registered as.

    Raises:
        ReleaseError: there is no model, or this registry doesn't know it.
    """
    try:
        signature = load_signature(registry.root / "models" / "signature.json")
    except ModelFileError as error:
        raise ReleaseError(str(error)) from None
    require_models(situation, registry.name)
    found = registered_as(list(situation.versions.values()), signature)
    if found is None:
        raise ReleaseError(
            f"The model in models/ (sha256 {signature.sha256[:12]}…) isn't registered under {registry.name}: set "
            "MLFLOW_TRACKING_URI to where it was trained, or train it here with "
            "`dvc repro --force --single-item train` and `make pipeline`."
        )
    return found


def passed(registry: Registry, situation: Situation, target: Version) -> Verdict:
    """Return the gate's verdict on a version if it lets the version take the place of the champion of now.

    Raises:
        ReleaseError: it failed, or met other bytes or another champion, or there is none.
    """
    called, verdict = f"{registry.name} {target.shown}", target.verdict
    if verdict is None:
        raise ReleaseError(f"{called} has met no gate yet: `make pipeline` holds the model in models/ against it.")
    if verdict.sha256 != target.sha256:
        raise ReleaseError(f"The gate's verdict on {called} is about other bytes: `make pipeline` evaluates it again.")
    if not verdict.passed:
        broken = ", ".join(verdict.failed) or "see metrics/gate.json"
        raise ReleaseError(f"{called} failed the gate ({broken}): `make pipeline` with a better model makes another.")
    champion = situation.champion
    if verdict.compared and verdict.champion != (champion.sha256 if champion else None):
        met = f"the champion {name_of(situation, verdict.champion)}" if verdict.champion else "no champion"
        now = f"{champion.shown} is champion now" if champion else "there is none now"
        raise ReleaseError(f"{called} passed the gate against {met}, and {now}: {AGAIN}.")
    return verdict


def name_of(situation: Situation, sha256: str) -> str:
    """Return what people call the version with these bytes."""
    known = (version.shown for version in situation.versions.values() if version.sha256 == sha256)
    return next(known, f"with sha256 {sha256[:12]}…")
