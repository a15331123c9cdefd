"""DVC's remote: where it is, and whether this machine can be expected to reach it."""

from __future__ import annotations

import configparser
from collections.abc import Mapping
from pathlib import Path

from ...core.project import WorkspaceError

# What the login of a workflow leaves in the environment, by the kind of address.
LOGINS = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"),
    "gs": ("GOOGLE_APPLICATION_CREDENTIALS",),
    "azure": ("AZURE_CLIENT_ID", "AZURE_STORAGE_CONNECTION_STRING", "AZURE_STORAGE_ACCOUNT"),
    "ssh": ("SSH_AUTH_SOCK",),
}
CREDENTIALS = "DVC_CREDENTIALS"


def is_reachable(root: Path, environ: Mapping[str, str]) -> bool:
    """Return whether to ask the remote at all.

    A folder has to be there. A cloud is asked from a person's machine, whose logins we can't know; in GitHub Actions
    only where one was set up, because an address nobody has claimed yet may be somebody else's.
    """
    url = address(root)
    scheme = url.split("://", 1)[0] if "://" in url else ""
    if not scheme:
        return bool(url) and (root / ".dvc" / url).exists()
    known = any(environ.get(name) for name in (CREDENTIALS, *LOGINS.get(scheme, ())))
    return known or environ.get("GITHUB_ACTIONS") != "true"


def address(root: Path) -> str:
    """Return the address of the default remote; empty without one."""
    settings = configparser.ConfigParser(interpolation=None, strict=False)
    settings.read([root / ".dvc" / "config", root / ".dvc" / "config.local"], encoding="utf-8")
    name = settings.get("core", "remote", fallback="")
    return settings.get(f"'remote \"{name}\"'", "url", fallback="")


def write_credentials(root: Path, environ: Mapping[str, str]) -> None:
    """Write the secret DVC_CREDENTIALS to .dvc/config.local, which git ignores and nobody else can read.

    Raises:
        WorkspaceError: the secret isn't what such a file holds, or would overwrite one.
    """
    text, path = environ.get(CREDENTIALS, ""), root / ".dvc" / "config.local"
    if not text:
        return
    try:
        configparser.ConfigParser(interpolation=None).read_string(text)
    except configparser.Error:
        # What the parser says would quote the secret.
        raise WorkspaceError(f"{CREDENTIALS} is not the text of a .dvc/config.local: see README.md.") from None
    if path.exists() and path.read_text(encoding="utf-8").strip() != text.strip():
        raise WorkspaceError(f".dvc/config.local is there already and differs from {CREDENTIALS}: remove one of them.")
    path.touch(mode=0o600)
    path.write_text(text if text.endswith("\n") else f"{text}\n", encoding="utf-8")
