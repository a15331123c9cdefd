"""Who releases a model, and from which commit."""

from __future__ import annotations

import getpass
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path


def who(root: Path, environ: Mapping[str, str]) -> str:
    """Return who is at work: LIVE_ACTOR, or who started the workflow, or git's user, or the login's name."""
    return environ.get("LIVE_ACTOR") or environ.get("GITHUB_ACTOR") or git(root, "config", "user.name") or login()


def login() -> str:
    """Return the name of the login, or its number where it has none, as in many images."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def commit(root: Path) -> str:
    """Return the commit that is checked out, or nothing outside a repository."""
    return git(root, "rev-parse", "HEAD")


def git(root: Path, *arguments: str) -> str:
    """Return what git says, or nothing if it has nothing to say or isn't there."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
