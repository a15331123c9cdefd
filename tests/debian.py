"""Debian packages that a test needs beside Python's: a browser, a database."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from journey import run

KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"


def install(package: str) -> None:
    """Install a package where that is possible: as root, one test at a time, with fresh lists of what there is."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    with Path(tempfile.gettempdir(), "lab-to-live-apt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # What was interrupted earlier would stop every other installation.
        run(["dpkg", "--configure", "--pending"], Path("/"), check=False)
        run(["apt-get", "update", "--quiet"], Path("/"), check=False)
        run(["apt-get", "install", "--yes", "--quiet", package], Path("/"), check=False)


def unpack(package: str, folder: Path, suite: str) -> Path | None:
    """Fetch a package of another suite and unpack it into a folder, without installing it; None where that fails."""
    if not (shutil.which("apt-get") and shutil.which("dpkg-deb") and Path(KEYS).exists() and (mirror := own_mirror())):
        return None
    for made in ("lists/partial", "cache/archives/partial", "unpacked"):
        (folder / made).mkdir(parents=True, exist_ok=True)
    (folder / "sources.list").write_text(f"deb [signed-by={KEYS}] {mirror} {suite} main\n", encoding="utf-8")
    places = {
        "Dir::Etc::SourceList": folder / "sources.list",
        "Dir::Etc::SourceParts": "-",
        "Dir::State::Lists": folder / "lists",
        "Dir::Cache": folder / "cache",
    }
    apt = ["apt-get", "--quiet", *(f"--option={name}={value}" for name, value in places.items())]
    for command in ([*apt, "update"], [*apt, "download", package]):
        if subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=300).returncode:
            return None
    for found in folder.glob(f"{package}_*.deb"):
        run(["dpkg-deb", "--extract", str(found), str(folder / "unpacked")], folder)
        return folder / "unpacked"
    return None


def own_mirror() -> str:
    """Return where this machine has its Debian packages from, or nothing if it is another system."""
    asked = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Origin: Debian", "Label: Debian"]
    found = subprocess.run(asked, capture_output=True, text=True, check=False).stdout.split()
    return found[0] if found else ""
