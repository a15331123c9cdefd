"""Writing files so that a reader sees all of one or none of it, whoever is killed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield where to write a file; when the block ends well, that takes the place of `path`, with its permissions."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        yield unfinished
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    if path.exists():
        unfinished.chmod(path.stat().st_mode)
    unfinished.replace(path)
