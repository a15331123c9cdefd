"""Where a model comes from: the record that travels with its bytes, from training to the response."""

from __future__ import annotations

from pathlib import Path

import msgspec


class Lineage(msgspec.Struct, frozen=True, kw_only=True):
    """Where a model comes from; saved as models/lineage.json.

    `version` is the semantic one, and `registered` MLflow's number of it. A draft is not registered: its version is
    "draft", and it has no number. `inputs` are SHA-256 hashes.
    """

    name: str
    version: str
    run_id: str
    git_commit: str
    git_dirty: bool
    inputs: dict[str, str]
    registered: str | None = None


def load_lineage(path: Path) -> Lineage:
    """Read models/lineage.json."""
    return msgspec.json.decode(path.read_bytes(), type=Lineage)
