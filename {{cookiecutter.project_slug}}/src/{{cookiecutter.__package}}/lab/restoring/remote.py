"""DVC's remote: where it is, and whether this machine can be expected to reach it."""

from __future__ import annotations

import configparser
import io
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
CREDENTIALS, KEY = "DVC_CREDENTIALS", "DVC_KEY"
# Where DVC asks for a file with a key, by the kind of address, and what such a file holds.
KEY_FILES = {"ssh": ("keyfile", "-----BEGIN "), "gs": ("credentialpath", '"private_key"')}


def is_reachable(root: Path, environ: Mapping[str, str]) -> bool:
    """Return whether to ask the remote at all.

    A folder has to be there. A cloud is asked from a person's machine, whose logins we can't know; in GitHub Actions
    only where one was set up, because an address nobody has claimed yet may be somebody else's.
    """
    url, scheme = address(root), scheme_of(root)
    if not scheme:
        return bool(url) and (root / ".dvc" / url).exists()
    if environ.get("GITHUB_ACTIONS") != "true":
        return True
    # The file is what an earlier step has written.
    return any(environ.get(name) for name in (CREDENTIALS, KEY, *LOGINS.get(scheme, ()))) or local_config(root).exists()


def address(root: Path) -> str:
    """Return the address of the default remote; empty without one."""
    settings = settings_of(root)
    return settings.get(section(settings), "url", fallback="")


def scheme_of(root: Path) -> str:
    """Return the kind of the default remote's address, such as ssh; empty for a folder."""
    url = address(root)
    return url.split("://", 1)[0] if "://" in url else ""


def settings_of(root: Path) -> configparser.ConfigParser:
    """Return DVC's settings of the project, what git ignores over what it holds."""
    settings = configparser.ConfigParser(interpolation=None, strict=False)
    settings.read([root / ".dvc" / "config", local_config(root)], encoding="utf-8")
    return settings


def section(settings: configparser.ConfigParser) -> str:
    """Return the section of the default remote."""
    return f"'remote \"{settings.get('core', 'remote', fallback='')}\"'"


def local_config(root: Path) -> Path:
    """Return the file of DVC's settings that git ignores."""
    return root / ".dvc" / "config.local"


def write_credentials(root: Path, environ: Mapping[str, str]) -> None:
    """Write the secrets DVC_CREDENTIALS and DVC_KEY to where DVC reads them, and git and nobody else does.

    Raises:
        WorkspaceError: a secret isn't what it should be, or .dvc/config.local would be overwritten.
    """
    text, key, path = environ.get(CREDENTIALS, "").strip(), environ.get(KEY, "").strip(), local_config(root)
    if not text and not key:
        return
    settings = configparser.ConfigParser(interpolation=None)
    try:
        settings.read_string(text)
    except configparser.Error:
        # What the parser says would quote the secret.
        raise WorkspaceError(f"{CREDENTIALS} is not the text of a .dvc/config.local: see README.md.") from None
    key_path = root / ".dvc" / "tmp" / "key"
    if key:
        text = with_key(root, settings, key, key_path)
    if path.exists() and path.read_text(encoding="utf-8").strip() != text:
        named = " and ".join(name for name in (CREDENTIALS, KEY) if environ.get(name))
        raise WorkspaceError(f".dvc/config.local is there already and differs from {named}: remove one of them.")
    if key:
        write_hidden(key_path, f"{key}\n")
    write_hidden(path, f"{text}\n")


def with_key(root: Path, settings: configparser.ConfigParser, key: str, path: Path) -> str:
    """Return the text of a .dvc/config.local that also names the file with the key.

    Raises:
        WorkspaceError: the remote wants no such file, or the secret is something else.
    """
    scheme = scheme_of(root)
    if scheme not in KEY_FILES:
        raise WorkspaceError(f"{KEY} is for remotes at ssh:// or gs://, and this one is at {address(root)}.")
    setting, mark = KEY_FILES[scheme]
    if mark not in key:
        what = "a private key, as ssh-keygen writes it" if scheme == "ssh" else "a service account's key, as JSON"
        raise WorkspaceError(f"{KEY} is not {what}.")
    settings.read_dict({section(settings_of(root)): {setting: str(path)}})
    written = io.StringIO()
    settings.write(written)
    return written.getvalue().strip()


def write_hidden(path: Path, text: str) -> None:
    """Write a file that only its owner can read."""
    path.parent.mkdir(exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
