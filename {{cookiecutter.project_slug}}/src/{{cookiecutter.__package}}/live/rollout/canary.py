"""The canary: a colour gets a greater share step by step, and at each has to show that it is as good as the other."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple

from .evidence import Counts, Seen, between
from .judgement import Judgement, judge
from .routing import Colour
from .rules import Rules
from .steps import REFUSED, move
from .target import RolloutError, Target


class Canary(NamedTuple):
    """A colour beside the other one; what was seen at each step goes into `evidence`."""

    target: Target
    colour: Colour
    before: Colour
    rules: Rules
    say: Callable[[str], None]
    evidence: list[dict[str, Any]]
    scores: bool

    def walk(self) -> None:
        """Give the colour all requests, step by step.

        Raises:
            RolloutError: it was worse, or ended, or nobody could tell for too long.
        """
        first = self.seen()
        for share in self.rules.steps:
            self.target.route({self.colour: share, self.before: 100 - share})
            self.say(f"{self.colour} answers {share} %, {self.before} {100 - share} %.")
            start = self.seen()
            # Once the other colour answers nothing any more, what it has shown in the steps before is compared with.
            self.step(share, start if share < 100 else {**start, self.before: first[self.before]})

    def step(self, share: int, base: Seen) -> None:
        """Wait until a step has been decided, and return if it goes on.

        Raises:
            RolloutError: it doesn't.
        """
        began = time.monotonic()
        self.evidence.append({"share": share})
        while True:
            time.sleep(self.rules.poll_seconds)
            if reason := self.target.ill(self.colour):
                raise RolloutError(f"at {share} % {self.colour} ended: {reason}", REFUSED)
            if share < 100 and (reason := self.target.ill(self.before)):
                said = f"at {share} % there is nothing left to compare {self.colour} with: {reason}"
                raise RolloutError(said, REFUSED)
            seen, waited = self.seen(), time.monotonic() - began
            canary, rival = (between(seen[one], base[one]) for one in (self.colour, self.before))
            judgement = judge(canary, rival, self.rules, scores=self.scores)
            self.evidence[-1] = told(share, waited, canary, rival, judgement)
            following = move(judgement, waited, share, self.rules)
            if following.kind == "back":
                raise RolloutError(following.why, following.code)
            if following.kind == "on":
                self.say(f"  after {waited:.0f} s: {following.why}.")
                return

    def seen(self) -> Seen:
        """Return what was counted of both colours until now."""
        return self.target.seen((self.colour, self.before))


def told(share: int, waited: float, canary: Counts, rival: Counts, judgement: Judgement) -> dict[str, Any]:
    """Return what the log keeps of a step."""
    return {
        "share": share,
        "seconds": round(waited, 1),
        "requests": [canary.requests, rival.requests],
        "errors": [canary.errors, rival.errors],
        "judged": {finding.rule: f"{finding.verdict}: {finding.said}" for finding in judgement.findings},
    }
