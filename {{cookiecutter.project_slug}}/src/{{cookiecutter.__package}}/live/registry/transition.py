"""How one champion makes room for another, whoever is killed or at work meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import NamedTuple

from ...core.registry.entries import Version
from ...core.registry.errors import ReleaseError
from .proof import prove
from .releases import Action, Release, Standing, pending
from .store import Registry, Situation, moved_by_hand, publish, write

Say = Callable[[str], None]
NOUNS: dict[Action, str] = {"promote": "promotion", "rollback": "rollback"}


class Author(NamedTuple):
    """Who releases, why, and from which commit."""

    who: str
    why: str = ""
    commit: str = ""


def release(registry: Registry, situation: Situation, entry: Release, target: Version, say: Say) -> None:
    """Write a release of a proven version, let the alias follow, and say who is champion now.

    Raises:
        ReleaseError: somebody else replaced the same champion first, so that this release doesn't count.
    """
    write(registry, entry, target)
    releases, standing = publish(registry)
    if any(known.call == entry.call and known.number in standing.counted for known in releases):
        back = f"; before it was {situation.shown(entry.before)}" if entry.before else ""
        say(f"{registry.name} {target.shown} is the champion now{back}.")
        return
    faster = last_counted(releases, standing)
    if standing.champion != target.number:
        raise ReleaseError(
            f"{faster.who} was faster: the {told(faster)} came first, so the {told(entry)} doesn't count; "
            "look at `live history`, and ask again if it is still wanted."
        )
    say(f"{registry.name} {target.shown} is the champion already, by {faster.who} at the same time.")


def entry_of(
    situation: Situation, action: Action, target: Version, author: Author, *, compared: bool = True
) -> Release:
    """Return the release that makes a version the champion in the place of the present one."""
    return Release(
        number=0,
        call=uuid.uuid4().hex,
        action=action,
        before=situation.standing.champion,
        after=target.number,
        version=target.version,
        sha256=target.sha256,
        compared=compared,
        **author._asdict(),
    )


def last_counted(releases: list[Release], standing: Standing) -> Release:
    """Return the release that made the present champion."""
    return next(release for release in reversed(releases) if release.number in standing.counted)


def told(release: Release) -> str:
    """Return what a release was, in words."""
    return f"{NOUNS[release.action]} of {release.version or release.after}"


def settle(registry: Registry, situation: Situation, say: Say) -> Release | None:
    """Finish what others left, or are still at, and return the release that made the champion if it was one of them.

    Raises:
        ReleaseError: it can't be finished, as the version can't be live any more.
    """
    if all(release.finished for release in situation.releases):
        return None
    left = pending(situation.releases, situation.standing)
    if situation.alias != situation.standing.champion:
        require_alive(registry, situation)
    publish(registry)
    if left:
        # Whoever began it was killed, or is at work at this moment.
        say(f"The {told(left)} by {left.who} wasn't finished yet, and is now: it is the champion of {registry.name}.")
    return left


def require_alive(registry: Registry, situation: Situation) -> None:
    """Make sure that the champion of the log, which the alias doesn't follow yet, can still be live.

    Raises:
        ReleaseError: it can't, or somebody deleted it.
    """
    said = situation.shown(situation.standing.champion)
    try:
        if situation.champion is None:
            raise ReleaseError(f"{registry.name} {said} has been deleted.")
        prove(registry, situation.champion)
    except ReleaseError as error:
        raise ReleaseError(
            f"{said} was being released when the call was interrupted, and that can't be finished: {error} "
            f"`live rollback VERSION` makes another one the champion ({former(situation)})."
        ) from None


def former(situation: Situation) -> str:
    """Return the versions that have been champion and aren't now, in words."""
    others = sorted(situation.standing.ever - {situation.standing.champion})
    return ", ".join(situation.shown(number) for number in others) or "none"


def require_followed(registry: Registry, situation: Situation) -> None:
    """Make sure that the alias is where the log says, or where a killed call left it.

    Raises:
        ReleaseError: somebody moved it by hand.
    """
    if not moved_by_hand(situation):
        return
    said = situation.shown(situation.standing.champion)
    there = f"moved to {situation.shown(situation.alias)}" if situation.alias else "taken away"
    way_out = (
        f"`live rollback {said}` puts it back, and `live promote` moves it from there"
        if situation.champion
        else "take it away in MLflow, as that version has been deleted, and `live promote` makes another champion"
    )
    raise ReleaseError(
        f"The alias champion of {registry.name} was {there} by hand, and the last release put it on {said}: {way_out}."
    )
