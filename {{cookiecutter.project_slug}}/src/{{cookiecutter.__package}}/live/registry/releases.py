"""The log of releases, and who is champion by it.

Nobody locks anything. A release is written with one call, which MLflow gives a number of its own, greater than all
before. It says whom it replaces, and counts only if that one is the champion when all before it have been counted.
Of two that race to replace the same champion, the first counts and the second doesn't, whoever reads the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

import msgspec

Action = Literal["promote", "rollback"]


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One promotion or rollback, as it was written.

    `number` is its place in the log. `before` and `after` are the numbers of registered versions; `before` is None
    where there was no champion. `call` tells the one call that wrote it from all others. `finished` says that the
    alias was seen to follow it. `at` is in milliseconds of 1970.
    """

    number: int
    call: str
    action: Action
    before: int | None
    after: int
    version: str = ""
    sha256: str = ""
    who: str = ""
    why: str = ""
    commit: str = ""
    compared: bool = True
    finished: bool = False
    at: int = 0


class Standing(NamedTuple):
    """What the log says: which releases count, and who has ever been champion.

    `stack` holds those that a rollback can go back to, the present champion last.
    """

    stack: tuple[int, ...] = ()
    counted: tuple[int, ...] = ()
    ever: frozenset[int] = frozenset()

    @property
    def champion(self) -> int | None:
        """The number of the version that is live."""
        return self.stack[-1] if self.stack else None

    @property
    def previous(self) -> int | None:
        """The number of the version that was live before the present one."""
        return self.stack[-2] if len(self.stack) > 1 else None


def replayed(releases: Sequence[Release], alias: int | None = None) -> Standing:
    """Return what the log says when its releases are counted from the first to the last.

    Whom the first one replaces was champion before there was a log. `alias` is the champion while there is none.
    """
    start = releases[0].before if releases else alias
    standing = Standing() if start is None else Standing((start,), (), frozenset({start}))
    last, calls = releases[0].number - 1 if releases else 0, set()
    for release in releases:
        if release.number != last + 1 and release.before is not None and release.before != standing.champion:
            # Somebody deleted releases in between, and with them what this one builds on: it is taken at its word.
            standing = standing._replace(stack=(*standing.stack, release.before))
        # What a call wrote twice, because the answer to the first time got lost, it meant once.
        if release.before == standing.champion and release.call not in calls:
            standing = counted(standing, release)
        last, calls = release.number, calls | {release.call}
    return standing


def counted(standing: Standing, release: Release) -> Standing:
    """Return what holds after a release that counts."""
    below = standing.stack[:-1]
    if release.action == "rollback" and release.after in below:
        place = len(below) - below[::-1].index(release.after)
        stack = below[:place]
    else:
        stack = (*standing.stack, release.after)
    return Standing(stack, (*standing.counted, release.number), standing.ever | {*stack})


def pending(releases: Sequence[Release], standing: Standing) -> Release | None:
    """Return the last release that counts if nobody has seen to the end that the alias follows it."""
    last = next((release for release in reversed(releases) if release.number in standing.counted), None)
    return last if last and not last.finished else None
