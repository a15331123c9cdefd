"""The machine that a release goes to: this one, or another over SSH. Commands, files, and a lock."""

from __future__ import annotations

import os
import select
import shlex
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import urlsplit

from .steps import BUSY
from .target import RolloutError

COMMAND_SECONDS = 60
# What `ssh` ends with when it didn't reach the other machine, and `flock` when somebody else has the lock.
UNREACHED, TAKEN = 255, 75
LOCK = 'mkdir -p "$(dirname "$0")" && exec 9>>"$0" && { flock -n 9 || exit 75; } && echo held && cat >/dev/null'
WRITE = 'mkdir -p "$(dirname "$0")" && umask 077 && cat >"$0.new" && chmod "$1" "$0.new" && mv -f "$0.new" "$0"'
APPEND = 'mkdir -p "$(dirname "$0")" && umask 077 && cat >>"$0"'


class Done(NamedTuple):
    """What a command said, and how it ended."""

    code: int
    said: str
    errors: str

    @property
    def last(self) -> str:
        """The last line of its errors, or of what it said."""
        lines = [line.strip() for line in (self.errors or self.said).splitlines() if line.strip()]
        return lines[-1].rstrip(".") if lines else f"exit code {self.code}"


class Host:
    """A machine. `before` is what stands in front of every command: nothing here, `ssh …` for another one."""

    def __init__(self, name: str, before: Sequence[str] = (), environ: Mapping[str, str] | None = None) -> None:
        self.name, self.before, self.environ = name, list(before), environ

    def command(self, words: Sequence[str]) -> list[str]:
        """Return the words that run a command there; ssh hands one text to a shell."""
        return [*self.before, shlex.join(words)] if self.before else list(words)

    def run(self, *words: str, given: str = "", seconds: float = COMMAND_SECONDS) -> Done:
        """Run a command to its end, with this text as its input.

        Ctrl-C doesn't reach it: what was begun is finished, and then there is the way back.

        Raises:
            RolloutError: the machine, or the command, can't be reached, or it takes too long.
        """
        try:
            done = subprocess.run(
                self.command(words),
                input=given,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
                env=self.environ,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise RolloutError(f"`{words[0]} {words[1]}` took more than {seconds:g} seconds on {self.name}.") from None
        except OSError as error:
            raise RolloutError(f"`{words[0]}` can't be run on {self.name}: {error.strerror}.") from None
        found = Done(done.returncode, done.stdout, done.stderr)
        if self.before and found.code == UNREACHED:
            raise RolloutError(f"{self.name} can't be reached over SSH: {found.last}.")
        return found

    def read(self, path: PurePosixPath) -> str | None:
        """Return the text of a file, or None if there is none."""
        done = self.run("sh", "-c", 'test -e "$0" || exit 44; cat "$0"', str(path))
        if done.code == 44:
            return None
        return self.required(done, f"{path} can't be read").said

    def write(self, path: PurePosixPath, text: str, mode: str = "600") -> None:
        """Put a text in a file's place, whole or not at all."""
        self.required(self.run("sh", "-c", WRITE, str(path), mode, given=text), f"{path} can't be written")

    def append(self, path: PurePosixPath, text: str) -> None:
        """Add a text to the end of a file."""
        self.required(self.run("sh", "-c", APPEND, str(path), given=text), f"{path} can't be written")

    def required(self, done: Done, what: str) -> Done:
        """Return what a command said that ended well.

        Raises:
            RolloutError: it didn't.
        """
        if done.code:
            raise RolloutError(f"{what} on {self.name}: {done.last}.")
        return done

    @contextmanager
    def held(self, path: PurePosixPath) -> Iterator[None]:
        """Have a lock until the block ends, or until this process does, however it ends.

        Raises:
            RolloutError: somebody else has it (exit code 4), or there is no `flock`.
        """
        process = subprocess.Popen(
            self.command(["sh", "-c", LOCK, str(path)]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
            start_new_session=True,
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        try:
            ready, _, _ = select.select([process.stdout], [], [], COMMAND_SECONDS)
            if not ready or process.stdout.readline().strip() != "held":
                process.stdin.close()
                self.refused(process.wait(timeout=10), process.stderr.read())
            yield
        finally:
            process.stdin.close()
            process.wait(timeout=10)

    def refused(self, code: int, errors: str) -> None:
        """Raise RolloutError for a lock that wasn't to be had."""
        if code == TAKEN:
            raise RolloutError(f"Another release is at work on {self.name}: wait until it has ended.", BUSY)
        if code == UNREACHED and self.before:
            raise RolloutError(f"{self.name} can't be reached over SSH: {Done(code, '', errors).last}.")
        raise RolloutError(f"No lock can be had on {self.name}: {Done(code, '', errors).last}.")


@contextmanager
def reached(address: str, environ: Mapping[str, str] | None = None) -> Iterator[Host]:
    """Yield the machine that an address names: nothing for this one, or ssh://user@host:port.

    All commands share one connection, which lives as long as the block.

    Raises:
        RolloutError: it is no such address.
    """
    if not address:
        yield Host("this machine", environ=environ)
        return
    parts = urlsplit(address)
    if parts.scheme != "ssh" or not parts.hostname or parts.path.strip("/"):
        raise RolloutError(
            f"{address} is no address of a host: it has to look like ssh://user@host or ssh://user@host:22."
        )
    with tempfile.TemporaryDirectory(prefix="ssh-") as folder:
        shared = ["-o", "ControlMaster=auto", "-o", f"ControlPath={folder}/%C", "-o", "ControlPersist=60"]
        alive = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=10"]
        given = shlex.split(os.environ.get("DEPLOY_SSH_OPTIONS", ""))
        where = [*(["-p", str(parts.port)] if parts.port else []), *(["-l", parts.username] if parts.username else [])]
        ssh = ["ssh", *shared, *alive, *given, *where]
        try:
            yield Host(parts.hostname, [*ssh, parts.hostname, "--"], environ)
        finally:
            subprocess.run([*ssh, "-O", "exit", parts.hostname], capture_output=True, check=False, timeout=10)
