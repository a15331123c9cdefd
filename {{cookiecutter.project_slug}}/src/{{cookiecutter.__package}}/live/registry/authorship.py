"""Who releases a model, and from which commit."""

from __future__ import annotations

import getpass
import os
from collections.abc import Mapping
from pathlib import Path

from .tracing.repository import git


def who(root: Path, environ: Mapping[str, str]) -> str:
    """Return who is at work: LIVE_ACTOR, or who started the workflow, or git's user, or the login's name."""
    return environ.get("LIVE_ACTOR") or environ.get("GITHUB_ACTOR") or said(root, "config", "user.name") or login()


def login() -> str:
    """Return the name of the login, or its number where it has none, as in many images."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return str(os.getuid())


def commit(root: Path) -> str:
    """Return the commit that is checked out, or nothing outside a repository."""
    return said(root, "rev-parse", "HEAD")


def said(root: Path, *arguments: str) -> str:
    """Return the one line that git says, or nothing."""
    return git(root, *arguments).decode("utf-8", "replace").strip()
