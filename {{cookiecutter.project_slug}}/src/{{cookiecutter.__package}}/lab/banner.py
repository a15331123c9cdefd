"""What a notebook's first output says: which mode this is, and which data it reads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from ..core.schema import sha256

if TYPE_CHECKING:
    from .stage import Stage

SAYS = {
    "official": "writes the tracked results",
    "draft": "reads what DVC tracks and writes under `.draft/`, so it breaks nothing",
    "smoke": "a sample and throwaway results under `.smoke/`",
}


def banner(stage: Stage) -> str:
    """Return the mode, and the rows and the hash of each table the stage reads, as Markdown."""
    tables = [path for path in stage.spec.inputs if path.endswith(".parquet")]
    lines = [f"**{stage.mode.capitalize()}** of `{stage.spec.notebook}`: {SAYS[stage.mode]}."]
    lines += [described(relative, stage.source(relative)) for relative in tables]
    if not tables:
        lines.append(f"Source `{stage.params.data.shown}`")
    return "  \n".join(lines)


def described(relative: str, path: Path) -> str:
    """Return a table's rows and the beginning of its SHA-256."""
    if not path.exists():
        return f"`{relative}` is not there yet"
    return f"`{relative}` {pq.read_metadata(path).num_rows:,} rows, sha256 `{sha256(path.read_bytes())[:12]}`"
