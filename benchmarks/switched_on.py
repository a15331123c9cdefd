"""The settings with which this service has everything on."""

from __future__ import annotations

from pathlib import Path

from servers import KEY

PARTS = ("auth", "predictions", "rates")


def settings_for(project: Path, folder: Path, parts: list[str]) -> dict[str, str]:
    """Return the environment that switches these parts on."""
    known = {
        "auth": {"LIVE_AUTH": "keys", "LIVE_API_KEYS": KEY},
        "predictions": {"LIVE_PREDICTIONS": str(folder / "predictions")},
        # So high that nobody meets it: what is measured is counting.
        "rates": {"LIVE_RATE_LIMIT": "1000000/second"},
    }
    return {name: value for part in parts for name, value in known[part].items()}
