"""What a release that was killed leaves behind, and how the next one brings back a state that is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from .record import unfinished
from .target import RolloutError, Target


def recover(target: Target, say: Callable[[str], None]) -> None:
    """Bring back a state that is known, where the last release was killed before it could do so itself.

    Raises:
        RolloutError: what answered before doesn't run any more, and neither does what was to come.
    """
    left = unfinished(target.entries())
    if left is None:
        return
    back = next(
        (c for c in (left.before, left.colour) if c and target.weights().get(c) is not None and not target.ill(c)), None
    )
    if back is None and left.before:
        raise RolloutError(
            f"The release of {left.at} was killed, and neither colour runs: `docker compose up -d {left.before}` "
            "in the folder of the deploy starts the one that answered before; then ask again."
        )
    if back:
        target.route({back: 100}, insist=False)
    if back != left.colour:
        target.stop(left.colour)
    why = f"killed before its end; {back} answers everything" if back else "killed before anything answered"
    target.note(msgspec.structs.replace(left, at=now(), outcome="abandoned", why=why))
    say(f"The release that {left.who} began at {left.at} was {why}.")


def now() -> str:
    """Return this moment as the log writes it."""
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
