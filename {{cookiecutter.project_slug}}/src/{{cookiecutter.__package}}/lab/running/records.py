"""Which smoke outputs are whole: a record of what it read and wrote, for each notebook that came to its end."""

from __future__ import annotations

import json
from pathlib import Path

from ...core.writing import replacing
from ..files.notebooks import projected
from ..staleness.entries import text_md5
from ..staleness.hashes import Hashes, md5
from ..workspace import StageSpec, load_stages, place, source_of

Record = dict[str, dict[str, str]]


def record_path(root: Path, spec: StageSpec) -> Path:
    """Return where a notebook's record is."""
    return place(root, "smoke", f"made/{spec.notebook}.json")


def drop_record(root: Path, spec: StageSpec) -> None:
    """Forget that a notebook came to its end, before it runs again."""
    record_path(root, spec).unlink(missing_ok=True)


def keep_record(root: Path, spec: StageSpec) -> None:
    """Record, in one step, that a notebook came to its end."""
    with replacing(record_path(root, spec)) as unfinished:
        unfinished.write_text(json.dumps(present_record(root, spec), indent=1), encoding="utf-8")


def is_whole(root: Path, spec: StageSpec) -> bool:
    """Return whether a notebook came to its end, and neither what it read nor what it wrote differs since."""
    try:
        kept = json.loads(record_path(root, spec).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return False
    return kept == present_record(root, spec)


def present_record(root: Path, spec: StageSpec) -> Record:
    """Return the hashes of what a notebook reads and has written in smoke mode, its code and parameters among them."""
    stages, made = load_stages(root), Hashes(place(root, "smoke", "."))
    read = {"code": text_md5(projected(root, spec.notebook))}
    for relative in ("params.yaml", "params.smoke.yaml"):
        read[relative] = md5(root / relative)
    hashes = Hashes(root)
    for relative in spec.inputs:
        is_made = source_of(root, "smoke", relative, stages) != root / relative
        read[relative] = (made if is_made else hashes).of(relative)
    # The copy with outputs is for people; nbval, which runs a notebook too, doesn't write one.
    wrote = {relative: made.of(relative) for relative in spec.outputs if relative != spec.executed}
    return {"read": {k: v for k, v in read.items() if k != spec.projection}, "wrote": wrote}
