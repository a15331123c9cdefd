"""How git merges dvc.lock: stage by stage. It calls `python -m …lab.git.merging OURS BASE THEIRS`; see `repository`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

Stages = dict[str, Any]


def merged_stages(base: Stages, ours: Stages, theirs: Stages) -> tuple[Stages, list[str]]:
    """Return the stages as one side or both left them, and the names of those that the sides left differently.

    The latter are dropped: neither side's result is that of the merged code, and DVC runs what isn't locked.
    """
    merged: Stages = {}
    disputed: list[str] = []
    for name in dict.fromkeys([*ours, *theirs]):
        before, mine, other = (stages.get(name) for stages in (base, ours, theirs))
        if mine == other or other == before:
            chosen = mine
        elif mine == before:
            chosen = other
        else:
            chosen = None
            disputed.append(name)
        if chosen is not None:
            merged[name] = chosen
    return merged, disputed


def merge_locks(ours: Path, base: Path, theirs: Path) -> list[str]:
    """Write the merged lock over `ours`; return the stages that have to run again."""
    yaml = YAML()
    # What DVC wrote stays as it was, to the letter.
    yaml.default_flow_style, yaml.width = False, 10**6
    locks = [yaml.load(path.read_text(encoding="utf-8")) or {} for path in (base, ours, theirs)]
    merged, disputed = merged_stages(*(lock.get("stages") or {} for lock in locks))
    with ours.open("w", encoding="utf-8") as file:
        yaml.dump({"schema": "2.0", "stages": merged}, file)
    return disputed


def main() -> None:
    """Merge as git asks: over the first file, and say what to do next."""
    disputed = merge_locks(*(Path(path) for path in sys.argv[1:4]))
    if disputed:
        names = ", ".join(disputed)
        sys.stderr.write(f"dvc.lock: both sides ran {names}: run `make pipeline` and commit what it writes.\n")


if __name__ == "__main__":
    main()
