"""The settings with which this service has everything on."""

from __future__ import annotations

import subprocess
from pathlib import Path

PARTS = ("auth", "predictions", "rates")


def settings_for(project: Path, folder: Path, parts: list[str]) -> tuple[dict[str, str], str]:
    """Return the environment that switches these parts on, and the key to ask with, if one is needed."""
    known = {
        "predictions": {"LIVE_PREDICTIONS": str(folder / "predictions")},
        # So high that nobody meets it: what is measured is counting.
        "rates": {"LIVE_RATE_LIMIT": "1000000/second"},
    }
    key = new_key(project, folder / "keys.json") if "auth" in parts else ""
    known["auth"] = {"LIVE_AUTH": "keys", "LIVE_API_KEYS": str(folder / "keys.json")}
    return {name: value for part in parts for name, value in known[part].items()}, key


def new_key(project: Path, path: Path) -> str:
    """Return a new API key, as `live keys new` makes it."""
    command = [str(project / ".venv" / "bin" / "live"), "keys", "new", "--file", str(path)]
    return subprocess.run(command, cwd=project, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
