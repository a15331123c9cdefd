"""The canary: a colour gets a greater share step by step, and at each has to show that it is as good as the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .evidence import Counts, Seen, between
from .judgement import Judgement, judge
from .routing import Colour
from .rules import Rules
from .steps import REFUSED, move
from .target import RolloutError, Target


def walk(
    target: Target,
    colour: Colour,
    before: Colour,
    rules: Rules,
    say: Callable[[str], None],
    evidence: list[dict[str, Any]],
    *,
    scores: bool,
) -> None:
    """Give a colour all requests, step by step; what was seen at each step goes into `evidence`.

    Raises:
        RolloutError: it was worse, or ended, or nobody could tell for too long.
    """
    both = (colour, before)
    first = target.seen(both)
    for share in rules.steps:
        target.route({colour: share, before: 100 - share})
        say(f"{colour} answers {share} %, {before} {100 - share} %.")
        start = target.seen(both)
        # Once the other colour answers nothing any more, what it has shown in the steps before is compared with.
        base = start if share < 100 else {**start, before: first[before]}
        step(target, both, share, base, rules, say, evidence, scores)


def step(
    target: Target,
    both: tuple[Colour, Colour],
    share: int,
    base: Seen,
    rules: Rules,
    say: Callable[[str], None],
    evidence: list[dict[str, Any]],
    scores: bool,
) -> None:
    """Wait until a step has been decided, and return if it goes on.

    Raises:
        RolloutError: it doesn't.
    """
    colour, before = both
    began = time.monotonic()
    evidence.append({"share": share})
    while True:
        time.sleep(rules.poll_seconds)
        if reason := target.ill(colour):
            raise RolloutError(f"at {share} % {colour} ended: {reason}", REFUSED)
        if share < 100 and (reason := target.ill(before)):
            raise RolloutError(f"at {share} % there is nothing left to compare {colour} with: {reason}", REFUSED)
        seen, waited = target.seen(both), time.monotonic() - began
        canary, rival = (between(seen[one], base[one]) for one in (colour, before))
        judgement = judge(canary, rival, rules, scores=scores)
        evidence[-1] = told(share, waited, canary, rival, judgement)
        following = move(judgement, waited, share, rules)
        if following.kind == "back":
            raise RolloutError(following.why, following.code)
        if following.kind == "on":
            say(f"  after {waited:.0f} s: {following.why}.")
            return


def told(share: int, waited: float, canary: Counts, rival: Counts, judgement: Judgement) -> dict[str, Any]:
    """Return what the log keeps of a step."""
    return {
        "share": share,
        "seconds": round(waited, 1),
        "requests": [canary.requests, rival.requests],
        "errors": [canary.errors, rival.errors],
        "judged": {finding.rule: f"{finding.verdict}: {finding.said}" for finding in judgement.findings},
    }
