"""The outputs that a commit's dvc.lock names: from DVC's cache, from its remote, or made again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError

from ...core.cache import cache_folder, is_kept, kept_path
from ..git.revisions import last_line
from ..programs import with_programs
from ..restoring.remote import settings_of
from ..staleness.entries import recorded

# What would make another commit's run record elsewhere, compare with somebody, or be no official run.
FOREIGN = ("MLFLOW_TRACKING_URI", "LIVE_CHAMPION", "LAB_PROFILE", "LAB_INSTEAD", "DVC_STAGE", "DVC_ROOT")


def parsed(text: str) -> dict[str, Any]:
    """Return the mapping that a YAML text holds; an empty one for anything else."""
    try:
        content = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def locked_outputs(lock: str) -> dict[str, str]:
    """Return the hash of every output that a dvc.lock names, by path."""
    stages = parsed(lock).get("stages")
    entries = [entry for entry in stages.values() if isinstance(entry, dict)] if isinstance(stages, dict) else []
    return {path: md5 for entry in entries for path, md5 in recorded(entry.get("outs")).items()}


def from_cache(root: Path, wanted: Mapping[str, str], folder: Path) -> bool:
    """Copy files from DVC's cache into a folder, by their names; return whether all were there."""
    cache = cache_folder(root)
    if not all(md5 and is_kept(cache, md5) for md5 in wanted.values()):
        return False
    folder.mkdir(parents=True, exist_ok=True)
    for path, md5 in wanted.items():
        shutil.copyfile(kept_path(cache, md5), folder / Path(path).name)
    return True


def share_cache(root: Path, tree: Path) -> None:
    """Let another checkout use this one's DVC cache and remotes, whose addresses may be relative to it."""
    settings = settings_of(root)
    for name in settings.sections():
        address = settings.get(name, "url", fallback="")
        if address and "://" not in address:
            settings.set(name, "url", str((root / ".dvc" / address).resolve()))
    if not settings.has_section("cache"):
        settings.add_section("cache")
    settings.set("cache", "dir", str(cache_folder(root).parents[1]))
    with (tree / ".dvc" / "config.local").open("w", encoding="utf-8") as file:
        settings.write(file)


def dvc(tree: Path, *arguments: str) -> str:
    """Run DVC in a checkout, with the code of that checkout; return its last words if it fails, else nothing."""
    environ = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    paths = [str(tree / "src"), environ.get("PYTHONPATH", "")]
    environ = with_programs(environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))})
    command = [sys.executable, "-m", "dvc", *arguments]
    done = subprocess.run(command, cwd=tree, env=environ, capture_output=True, text=True, check=False)
    return last_line(done.stderr or done.stdout) if done.returncode else ""


def maker_of(tree: Path, path: str) -> str:
    """Return the name of the stage that makes a path, as a checkout's dvc.yaml has it; nothing if none does."""
    stages = parsed((tree / "dvc.yaml").read_text(encoding="utf-8")).get("stages") or {}
    for name, entry in stages.items():
        outs = entry.get("outs", ()) if isinstance(entry, dict) else ()
        if path in {out if isinstance(out, str) else next(iter(out)) for out in outs}:
            return str(name)
    return ""
