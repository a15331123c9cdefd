"""Keeping dvc.lock in step with notebooks whose prose or outputs changed, so that no stage has to run."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from ruamel.yaml import YAML


def record_unchanged_code(root: Path, notebooks: list[str]) -> list[str]:
    """Tell DVC of notebooks whose projection is as locked although the file differs; return their names."""
    path = root / "dvc.lock"
    if not path.exists():
        return []
    locked = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8")).get("stages", {})
    changed = [name for name in notebooks if only_prose_changed(root, name, locked.get(f"code@{name}"))]
    if changed:
        targets = [f"code@{name}" for name in changed]
        subprocess.run([sys.executable, "-m", "dvc", "commit", "--quiet", "--force", *targets], cwd=root, check=True)
    return changed


def only_prose_changed(root: Path, name: str, entry: dict | None) -> bool:
    """Return whether the notebook differs from its lock entry while its projection doesn't."""
    if not entry:
        return False
    same = [md5(root / item["path"]) == item["md5"] for item in (*entry["deps"], *entry["outs"])]
    return not same[0] and all(same[1:])


def md5(path: Path) -> str:
    """Return the MD5 that DVC records for a file; empty if there is none."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest() if path.exists() else ""
