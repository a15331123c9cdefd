"""A real SSH server on loopback, with keys of its own, that runs commands in a given environment."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import debian
import pytest
from demo import free_port
from services import process, wait_for_port


class Sshd(NamedTuple):
    """Where it listens, and what `ssh` has to be told to get in."""

    address: str
    options: str


@contextmanager
def sshd(folder: Path, variables: Mapping[str, str]) -> Iterator[Sshd]:
    """Run it until the block ends; skip the test, and say so, where there is none."""
    if not shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin"):
        debian.install("openssh-server")
    program = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    if not program or not shutil.which("ssh-keygen") or not shutil.which("ssh"):
        pytest.skip("NOT TESTED: there is no sshd here, nor a way to install it (Debian: openssh-server).")
    for name in ("host", "client"):
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(keygen, check=True)
    (folder / "authorized").write_text((folder / "client.pub").read_text(), encoding="utf-8")
    (folder / "authorized").chmod(0o600)
    if os.geteuid() == 0:
        # Where it keeps who isn't let in yet; Debian's service makes it.
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    port = free_port()
    lines = [
        f"Port {port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {folder / 'host'}",
        f"AuthorizedKeysFile {folder / 'authorized'}",
        f"PidFile {folder / 'pid'}",
        "StrictModes no",
        "UsePAM no",
        "PasswordAuthentication no",
        "PermitRootLogin prohibit-password",
        "Subsystem sftp internal-sftp",
    ]
    if variables:
        lines.append("SetEnv " + " ".join(f'{name}="{value}"' for name, value in variables.items()))
    (folder / "sshd_config").write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}", encoding="utf-8")
    with process([program, "-D", "-e", "-f", str(folder / "sshd_config")], folder / "sshd.log"):
        wait_for_port(port)
        options = f"-F none -i {folder / 'client'} -o UserKnownHostsFile={folder / 'known'} -o IdentitiesOnly=yes"
        yield Sshd(f"ssh://{getpass.getuser()}@127.0.0.1:{port}", options)
