"""Where DVC keeps what it tracks, found without starting DVC."""

from __future__ import annotations

import configparser
import json
from pathlib import Path
from typing import Any

from platformdirs import site_config_path, user_config_path


def cache_folder(root: Path) -> Path:
    """Return where DVC keeps files by their hash: below .dvc/cache, or what the nearest of its settings files says."""
    general = (site_config_path("dvc", "iterative"), user_config_path("dvc", "iterative"), root / ".dvc")
    chosen = root / ".dvc" / "cache"
    for path in (*(folder / "config" for folder in general), root / ".dvc" / "config.local"):
        settings = configparser.ConfigParser(interpolation=None, strict=False)
        settings.read(path, encoding="utf-8")
        if named := settings.get("cache", "dir", fallback=""):
            chosen = (path.parent / Path(named).expanduser()).resolve()
    return chosen / "files" / "md5"


def kept_path(cache: Path, md5: str) -> Path:
    """Return where the cache keeps what has this hash."""
    return cache / md5[:2] / md5[2:]


def is_kept(cache: Path, md5: str) -> bool:
    """Return whether the cache has what has this hash, and every file of a folder."""
    path = kept_path(cache, md5)
    try:
        entries: list[dict[str, Any]] = json.loads(path.read_bytes()) if md5.endswith(".dir") else []
    except (OSError, ValueError):
        return False
    return path.is_file() and all(is_kept(cache, entry["md5"]) for entry in entries)
