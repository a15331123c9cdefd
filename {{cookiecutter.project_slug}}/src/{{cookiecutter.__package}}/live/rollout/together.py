"""The way back of both halves of a release: the image on its host, and the champion in the registry. Imports MLflow."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...core.registry.entries import Version
from ...core.registry.errors import ReleaseError, StoreError
from ..registry.proof import prove
from ..registry.rollback import former_champion, rollback, version_before
from ..registry.store import Registry, Situation, look
from ..registry.transition import Author
from .record import Entry, live
from .recovery import recover
from .release import Wanted, release
from .rules import Rules
from .target import RolloutError, Target

Say = Callable[[str], None]
ALONE = "`live rollback --only registry` and `--only image` move one without the other"


def back(target: Target, registry: Registry, wanted: str | None, author: Author, rules: Rules, say: Say) -> None:
    """Let the image of a former champion answer again, and make that version the champion: both, or neither.

    What the registry can refuse is asked first. Then the image goes, as it is what callers meet; should the registry
    refuse all the same, the image comes back.

    Raises:
        RolloutError: nothing has been changed; the message says why.
        ReleaseError: the registry has no such version.
    """
    recover(target, say)
    situation, answering = look(registry), live(target.entries())
    version = version_wanted(registry, situation, wanted, answering)

    def move() -> None:
        try:
            rollback(registry, version.shown, author, say)
        except (ReleaseError, StoreError) as error:
            raise RolloutError(f"the registry can't go back: {error}") from None

    if answering and answering[-1].sha256 == version.sha256:
        say(f"The image of {version.shown} answers already.")
        move()
        return
    image = image_of(version, answering)
    prove(registry, version)
    release(target, back_to(image, version, author), rules, say, also=move)


def back_to(image: str, version: Version, author: Author) -> Wanted:
    """Return the release that lets the image of a version answer again."""
    return Wanted(image, author.who, "rollback", at_once=True, sha256=version.sha256, why=author.why)


def version_wanted(registry: Registry, situation: Situation, wanted: str | None, answering: Sequence[Entry]) -> Version:
    """Return the version to go back to: the one that is named, or the champion before the present one.

    Where the image that answers isn't the champion's, as after a deploy that nobody promoted or a rollback that was
    killed half way, it is the champion itself.

    Raises:
        ReleaseError: there is none.
    """
    if wanted:
        return former_champion(registry, situation, wanted)
    champion = situation.champion
    if champion and answering and answering[-1].sha256 != champion.sha256:
        return champion
    return version_before(registry, situation)


def image_of(version: Version, answering: Sequence[Entry]) -> str:
    """Return the image of a version: as the log of releases names it, or the registry.

    Raises:
        RolloutError: neither knows one.
    """
    known = [entry for entry in answering if entry.sha256 == version.sha256]
    named = [entry.image for entry in known if version.image and version.image.endswith(entry.digest)]
    found = named or ([version.image] if "@sha256:" in version.image else []) or [entry.image for entry in known]
    if not found:
        raise RolloutError(
            f"No image of {version.shown} is known: it was never deployed here, and `live promote --digest` noted "
            f"none. Nothing was changed; {ALONE}."
        )
    return found[-1]
