"""Where a registered version comes from, as the run that trained it says."""

from __future__ import annotations

from ...core.lineage import Lineage
from ...core.registry.catalogue import run_tags
from ...core.registry.entries import Version
from .store import Registry


def lineage_of(registry: Registry, version: Version) -> Lineage:
    """Return the lineage of a version; a run that was deleted leaves it without commit and inputs."""
    tags = run_tags(registry.client, version.run_id)
    return Lineage(
        name=registry.name,
        version=version.shown,
        run_id=version.run_id,
        git_commit=tags.get("git.commit", "unknown"),
        git_dirty=tags.get("git.dirty") == "true",
        inputs={name.removeprefix("input."): tags[name] for name in sorted(tags) if name.startswith("input.")},
        registered=str(version.number),
    )
