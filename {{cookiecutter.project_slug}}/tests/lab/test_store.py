"""Who writes a run, and whether that process still lives."""

from __future__ import annotations

import subprocess
import sys

import psutil

from {{cookiecutter.__package}}.lab import store


def test_a_writer_lives_until_its_process_ends():
    """Another process that gets the number later isn't taken for it."""
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    written = f"{store.machine()}/{child.pid}/{psutil.Process(child.pid).create_time():.0f}"
    earlier = f"{store.machine()}/{child.pid}/{psutil.Process(child.pid).create_time() - 60:.0f}"
    assert store.lives(written)
    assert store.lives(store.writer()[store.WRITER])
    assert not store.lives(earlier)
    child.kill()
    child.communicate()
    assert not store.lives(written)
