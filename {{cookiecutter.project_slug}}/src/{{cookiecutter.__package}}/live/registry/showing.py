"""What is known of a registered version: the gate's verdict, since when it is live, and where it comes from."""

from __future__ import annotations

import os

from ...core.registry.entries import Version
from ...core.registry.errors import ReleaseError
from .history import shown_time
from .releases import Release
from .store import Registry, Situation, find_version, require_models
from .tracing.chains import chain_of
from .tracing.evidence import gather
from .tracing.links import closing, link_lines
from .tracing.sources import load_sources
from .transition import NOUNS


def chosen(situation: Situation, name: str, wanted: str | None) -> Version:
    """Return the version that is wanted, or else the champion.

    Raises:
        ReleaseError: there is no such version, or no champion.
    """
    if wanted:
        return find_version(situation, name, wanted)
    require_models(situation, name)
    if situation.alias is None:
        newest = max(situation.versions)
        raise ReleaseError(
            f"{name} has no champion: `live promote` makes one, and `live show {situation.shown(newest)}` shows the "
            "newest version."
        )
    return situation.versions[situation.alias]


def shown(registry: Registry, situation: Situation, version: Version) -> list[str]:
    """Return what a version is, what the gate said of it, and since when it is live."""
    facts = {
        "sha256": version.sha256 or "unknown",
        "registered": f"as number {version.number} at {shown_time(version.created)}",
        "gate": gate_says(situation, version),
        "champion": champion_since(situation, version),
        **({"image": version.image} if version.image else {}),
    }
    return [f"{registry.name} {version.shown}", *(f"  {name:<10}  {fact}" for name, fact in facts.items())]


def way_back(registry: Registry, version: Version) -> list[str]:
    """Return the links from a version back to its data, as `live trace --quick` prints them."""
    if not version.sha256:
        return ["It was registered by hand, without its hash: nothing leads back from it."]
    known = gather(load_sources(registry.root, os.environ), version.sha256, version.run_id)
    chain = chain_of(known, thorough=False)
    return [*(line for link in chain.links[1:] for line in link_lines(link)), "", closing(chain)]


def gate_says(situation: Situation, version: Version) -> str:
    """Return the gate's verdict on a version, in words."""
    verdict = version.verdict
    if verdict is None:
        return "not met yet"
    against = next((v.shown for v in situation.versions.values() if v.sha256 == verdict.champion), verdict.champion)
    met = "compared with nobody, by choice" if not verdict.compared else f"against {against or 'no champion'}"
    return f"passed, {met}" if verdict.passed else f"failed ({', '.join(verdict.failed)}), {met}"


def champion_since(situation: Situation, version: Version) -> str:
    """Return since when a version is live, and who made it so; or whether it ever was."""
    if version.number != situation.alias:
        return "no, but it was" if version.number in situation.standing.ever else "no"
    release = release_of_champion(situation)
    if release is None:
        return "yes, made by hand in MLflow"
    why = f" ({release.why})" if release.why else ""
    return f"since {shown_time(release.at)}, {NOUNS[release.action]} by {release.who}{why}"


def release_of_champion(situation: Situation) -> Release | None:
    """Return the release that made the alias's version the champion, or None if none did."""
    counted = [release for release in situation.releases if release.number in situation.standing.counted]
    return counted[-1] if counted and counted[-1].after == situation.alias else None
