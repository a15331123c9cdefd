"""The way back of an image alone, whatever the registry says: it asks MLflow nothing."""

from __future__ import annotations

from collections.abc import Callable

from .record import live
from .recovery import recover
from .release import Wanted, release
from .rules import Rules
from .target import RolloutError, Target


def image_back(
    target: Target, version: str | None, who: str, why: str, rules: Rules, say: Callable[[str], None]
) -> None:
    """Let the image before the present one answer again, or that of a version.

    Raises:
        RolloutError: there is none; nothing has been changed.
    """
    recover(target, say)
    answering = live(target.entries())
    now = answering[-1] if answering else None
    found = [e for e in answering if (version == e.version if version else now and e.digest != now.digest)]
    if not found:
        which = f"{version} was never" if version else "nothing else was ever"
        raise RolloutError(f"There is no image to go back to: {which} deployed here.")
    image, sha256 = found[-1].image, found[-1].sha256
    release(target, Wanted(image, who, "rollback", at_once=True, sha256=sha256, why=why), rules, say)
