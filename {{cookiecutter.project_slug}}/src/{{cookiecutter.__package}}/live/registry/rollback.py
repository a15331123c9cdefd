"""Rollback: a version that was champion before takes the place again."""

from __future__ import annotations

from ...core.registry.entries import Version
from ...core.registry.errors import ReleaseError
from .proof import prove
from .releases import pending
from .store import Registry, Situation, find_version, look, publish
from .transition import Author, Say, entry_of, former, release, require_followed, settle


def rollback(registry: Registry, wanted: str | None, author: Author, say: Say) -> None:
    """Make a former champion the champion again: the one that is wanted, or the one before the present one.

    Each call without a version goes one further back. A call that was killed is finished by the next one, which
    doesn't go further.

    Raises:
        ReleaseError: there is none before, or it can't be live; the message says what to do.
    """
    situation = look(registry)
    if wanted:
        target = former_champion(registry, situation, wanted)
        if target.number == situation.standing.champion:
            stay(registry, situation, target, say)
            return
    else:
        require_followed(registry, situation)
        left = pending(situation.releases, situation.standing)
        if left and left.action == "rollback":
            settle(registry, situation, say)
            return
        target = version_before(registry, situation)
    prove(registry, target)
    release(registry, situation, entry_of(situation, "rollback", target, author), target, say)


def version_before(registry: Registry, situation: Situation) -> Version:
    """Return the version that was live before the present one.

    Raises:
        ReleaseError: there is none, or somebody deleted it.
    """
    number, now = situation.standing.previous, situation.shown(situation.standing.champion)
    if situation.standing.champion is None:
        raise ReleaseError(f"{registry.name} has no champion yet, and nothing to go back to: `live promote` makes one.")
    if number is None:
        raise ReleaseError(f"Nothing was champion of {registry.name} before {now}: there is nothing to go back to.")
    if number not in situation.versions:
        raise ReleaseError(
            f"{registry.name} {situation.shown(number)}, which was champion before {now}, has been deleted: "
            f"`live rollback VERSION` goes to another that was champion ({former(situation)})."
        )
    return situation.versions[number]


def former_champion(registry: Registry, situation: Situation, wanted: str) -> Version:
    """Return a version by its name if it is or has been champion.

    Raises:
        ReleaseError: there is no such version, or it never was champion.
    """
    found = find_version(situation, registry.name, wanted)
    if found.number not in situation.standing.ever:
        raise ReleaseError(
            f"{registry.name} {found.shown} has never been champion, so there is no way back to it "
            f"(only to {former(situation)}): `live promote {found.shown}` makes it one if it passed the gate."
        )
    return found


def stay(registry: Registry, situation: Situation, target: Version, say: Say) -> None:
    """Leave the champion what it is by the log, and put the alias back where that is."""
    if situation.alias == target.number:
        if not settle(registry, situation, say):
            say(f"{registry.name} {target.shown} is the champion already.")
        return
    prove(registry, target)
    publish(registry)
    say(f"{registry.name} {target.shown} is the champion, and the alias says so again.")
