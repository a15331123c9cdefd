"""What is done next with a canary. Pure: a judgement and a time go in, a move comes out."""

from __future__ import annotations

from typing import Literal, NamedTuple

from .judgement import Judgement
from .rules import Rules

# Exit codes: refused, undecided for too long, another one at work; and what a shell says of Ctrl-C and SIGTERM.
REFUSED, UNDECIDED, BUSY, INTERRUPTED, TERMINATED = 1, 3, 4, 130, 143


class Move(NamedTuple):
    """Wait, go on to the next step, or go back; why, and with which exit code."""

    kind: Literal["wait", "on", "back"]
    why: str = ""
    code: int = 0


def move(judgement: Judgement, waited: float, share: int, rules: Rules) -> Move:
    """Return what follows after so many seconds at this share of the requests."""
    if judgement.verdict == "worse":
        return Move("back", f"at {share} % it was worse: {judgement.said('worse')}", REFUSED)
    if judgement.verdict == "fine":
        return Move("on", judgement.said("fine"))
    if waited >= rules.patience_seconds:
        lacking = judgement.said("unknown")
        return Move("back", f"at {share} % nothing was decided within {waited:.0f} seconds: {lacking}", UNDECIDED)
    return Move("wait", judgement.said("unknown"))
