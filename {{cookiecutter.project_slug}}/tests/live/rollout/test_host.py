"""Commands, files and a lock on a machine: this one, by the same shell commands that SSH runs on another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.live.rollout import host, steps
from {{cookiecutter.__package}}.live.rollout.target import RolloutError

HERE = host.Host("this machine")
HOLDER = f"""
import sys, time
from pathlib import PurePosixPath
from {host.__name__} import Host
with Host("here").held(PurePosixPath(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_file_is_written_whole_and_read_again(tmp_path: Path):
    """With the folder it lies in, a mode, and any text."""
    path = tmp_path / "a b" / "it's $HOME.txt"
    text = "Flüge `echo no` $(echo no)\n'\"\n"
    assert HERE.read(path) is None
    HERE.write(path, text)
    assert HERE.read(path) == text
    assert path.stat().st_mode & 0o777 == 0o600
    HERE.append(path, "more\n")
    assert HERE.read(path) == text + "more\n"
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_what_fails_is_one_sentence(tmp_path: Path):
    """It says what, where, and the last line of why."""
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(RolloutError, match="can't be written on this machine: "):
        HERE.write(tmp_path / "file" / "below", "text")
    with pytest.raises(RolloutError, match="can't be run on this machine"):
        HERE.run("no-such-command-here")
    with pytest.raises(RolloutError, match=r"took more than 0\.2 seconds"):
        HERE.run("sleep", "5", seconds=0.2)


def test_a_lock_is_had_by_one(tmp_path: Path):
    """The second is told so, with an exit code of its own; afterwards it can have it."""
    with HERE.held(tmp_path / "x" / "lock"):
        with pytest.raises(RolloutError, match="Another release is at work") as refused, HERE.held(tmp_path / "x/lock"):
            pass
        assert refused.value.code == steps.BUSY
    with HERE.held(tmp_path / "x" / "lock"):
        pass


def test_a_lock_ends_with_whoever_has_it(tmp_path: Path):
    """Killed with -9, it leaves nothing behind that somebody would have to take away."""
    path = tmp_path / "lock"
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(RolloutError), HERE.held(path):
            pass
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
    with HERE.held(path):
        pass


@pytest.mark.parametrize("address", ["host", "http://host", "ssh://", "ssh://host/folder"])
def test_an_address_that_is_none_is_one_sentence(address: str):
    """It says what one looks like."""
    with pytest.raises(RolloutError, match="ssh://user@host"), host.reached(address):
        pass


def test_another_machine_gets_one_text_that_its_shell_takes_apart_again():
    """Whatever is in the words."""
    with host.reached("ssh://me@host.example.org:2222") as other:
        command = other.command(["sh", "-c", 'echo "$0"', "it's a $HOME"])
    assert command[0] == "ssh"
    assert command[-3:-1] == ["host.example.org", "--"]
    assert (
        subprocess.run(["sh", "-c", command[-1]], capture_output=True, text=True, check=True).stdout == "it's a $HOME\n"
    )


def test_a_machine_that_is_not_there_is_one_sentence():
    """Port 1 on loopback refuses."""
    with (
        host.reached("ssh://nobody@127.0.0.1:1") as other,
        pytest.raises(RolloutError, match="can't be reached over SSH"),
    ):
        other.run("true")
