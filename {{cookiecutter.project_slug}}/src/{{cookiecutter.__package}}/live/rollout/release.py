"""A release from beginning to end: start beside what serves, prove, canary, record; and back, whatever happens."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Literal, NamedTuple

import msgspec

from ..smoke import NO_ANSWER, Passed, SmokeError, smoke
from .canary import Canary
from .interruption import Stopped, undisturbed
from .record import Entry, Outcome
from .recovery import now, recover
from .routing import BLUE, Colour, other, serving
from .rules import Rules
from .steps import INTERRUPTED, UNDECIDED
from .target import Pinned, RolloutError, Target

Say = Callable[[str], None]


class Wanted(NamedTuple):
    """What is to go live, who wants it, and how: by canary, or at once when it is proven.

    `sha256` is the model that has to be in the image, if one is expected. `scores` says whether the answers have to be
    spread as they were.
    """

    image: str
    who: str
    action: Literal["deploy", "rollback"] = "deploy"
    at_once: bool = False
    scores: bool = True
    sha256: str = ""
    why: str = ""


def release(target: Target, wanted: Wanted, rules: Rules, say: Say, also: Callable[[], None] | None = None) -> Entry:
    """Let an image take over all requests, and return what was noted of it.

    `also` is what belongs to it elsewhere, and is called when the image answers; if it fails, so does the release.

    Whatever goes wrong, and whoever interrupts it: what answered before answers everything again, before anything else
    is done.

    Raises:
        RolloutError: it didn't go live; the message says why, and who answers.
    """
    recover(target, say)
    before = serving(target.weights())
    pinned = target.pin(wanted.image)
    entry = Entry(
        call=uuid.uuid4().hex,
        at=now(),
        action=wanted.action,
        who=wanted.who,
        colour=other(before) if before else BLUE,
        before=before,
        image=pinned.image,
        digest=pinned.digest,
        why=wanted.why,
    )
    evidence: list[dict[str, Any]] = []
    target.note(entry)
    try:
        passed = proven(target, entry, pinned, wanted, rules, say)
        entry = msgspec.structs.replace(entry, version=passed.version, sha256=passed.sha256)
        take_over(target, entry, wanted, rules, say, evidence)
        if also:
            with undisturbed():
                also()
        ended = msgspec.structs.replace(entry, at=now(), outcome="live", evidence=evidence)
        target.note(ended)
    except BaseException as error:
        with undisturbed():
            raise given_up(target, entry, error, evidence) from None
    say(f"{entry.colour} answers everything now: version {entry.version} (sha256 {entry.sha256[:12]}…).")
    rest(target, entry, rules, say)
    return ended


def proven(target: Target, entry: Entry, pinned: Pinned, wanted: Wanted, rules: Rules, say: Say) -> Passed:
    """Start the idle colour, and return what it has shown without any caller's request.

    Raises:
        RolloutError: it doesn't start, isn't ready in time, or isn't the model that it should be.
    """
    colour = entry.colour
    say(f"{colour} starts with {pinned.image}, beside {entry.before or 'nothing, as this is the first release'}.")
    target.start(colour, pinned)
    wait_until_ready(target, colour, rules.start_seconds)
    golden = target.golden(colour)
    if wanted.sha256 and golden.sha256 != wanted.sha256:
        raise RolloutError(
            f"{wanted.image} holds the model with sha256 {golden.sha256[:12]}…, and {wanted.sha256[:12]}… was expected."
        )
    try:
        passed = smoke(target.fetch(colour), golden, seconds=rules.start_seconds)
    except SmokeError as error:
        raise RolloutError(f"{colour} isn't fit to answer: {error}") from None
    say(f"{colour}: {passed}.")
    return passed


def wait_until_ready(target: Target, colour: Colour, seconds: float) -> None:
    """Return when a colour is ready to answer.

    Raises:
        RolloutError: it ended, or isn't ready in time.
    """
    deadline, fetch = time.monotonic() + seconds, target.fetch(colour)
    while True:
        if reason := target.ill(colour):
            raise RolloutError(f"{colour} doesn't start: {reason}")
        try:
            if fetch("/readyz", None).status == 200:
                return
        except NO_ANSWER:
            pass
        if time.monotonic() > deadline:
            raise RolloutError(f"{colour} isn't ready after {seconds:g} seconds.")
        time.sleep(0.25)


def take_over(
    target: Target, entry: Entry, wanted: Wanted, rules: Rules, say: Say, evidence: list[dict[str, Any]]
) -> None:
    """Give the new colour all requests: step by step, or at once where there is nothing to compare it with.

    Raises:
        RolloutError: it was worse than the other colour, or nobody could tell for too long.
    """
    target.open(entry.colour)
    if entry.before is None or wanted.at_once:
        target.route({entry.colour: 100, **({entry.before: 0} if entry.before else {})})
        if reason := target.ill(entry.colour):
            raise RolloutError(f"{entry.colour} has ended: {reason}")
        return
    Canary(target, entry.colour, entry.before, rules, say, evidence, wanted.scores).walk()


def rest(target: Target, entry: Entry, rules: Rules, say: Say) -> None:
    """Let the old colour answer what it has begun, and then idle or stop; the release is done either way."""
    if entry.before is None:
        return
    if reason := target.ill(entry.before):
        say(f"{entry.before} has ended meanwhile: {reason}")
        target.route({entry.colour: 100}, insist=False)
        return
    drained(target, entry.before, rules)
    target.route({entry.colour: 100}, insist=False)
    if rules.idle == "keep":
        say(f"{entry.before} gets no new requests and is kept for `live rollback`.")
        return
    target.stop(entry.before)
    say(f"{entry.before} is stopped.")


def drained(target: Target, colour: Colour, rules: Rules) -> None:
    """Return when a colour ends no more requests, or has had its time."""
    deadline, before = time.monotonic() + rules.drain_seconds, -1
    while time.monotonic() < deadline:
        answered = target.seen([colour])[colour].requests
        if answered == before:
            return
        before = answered
        time.sleep(min(1.0, rules.poll_seconds))


def given_up(target: Target, entry: Entry, error: BaseException, evidence: list[dict[str, Any]]) -> RolloutError:
    """Give the old colour everything back, stop the new one, note it, and return what is said of it.

    Where the old colour has ended by itself meanwhile, the new one goes on: somebody who may be worse answers better
    than nobody.
    """
    why, code, outcome = reason_of(error)
    goes_on = bool(entry.version and entry.before and target.ill(entry.before) and not target.ill(entry.colour))
    answering = entry.colour if goes_on else entry.before
    try:
        target.route({answering: 100} if answering else {}, insist=False)
    except RolloutError as worse:
        return RolloutError(f"{why}. Going back failed as well ({worse}): `live rollback` tries again.", code)
    ended = msgspec.structs.replace(entry, at=now(), outcome="live" if goes_on else outcome, why=why, evidence=evidence)
    # What fails here leaves a release without an end, which the next one ends.
    with suppress(RolloutError):
        if not goes_on:
            target.stop(entry.colour)
        target.note(ended)
    if goes_on:
        return RolloutError(f"{entry.before} has ended, so {entry.colour} answers everything: {why.rstrip('.')}.", code)
    who = f"{answering} answers everything" if answering else "nothing answers yet"
    return RolloutError(f"Not released, and {who}: {why.rstrip('.')}.", code)


def reason_of(error: BaseException) -> tuple[str, int, Outcome]:
    """Return why a release ended, its exit code, and what the log calls it."""
    if isinstance(error, RolloutError):
        return str(error), error.code, "undecided" if error.code == UNDECIDED else "refused"
    if isinstance(error, Stopped):
        return f"it was interrupted by {error}", error.code, "interrupted"
    if isinstance(error, KeyboardInterrupt):
        return "it was interrupted by Ctrl-C", INTERRUPTED, "interrupted"
    return f"something unforeseen happened ({type(error).__name__}: {error})", 1, "refused"
