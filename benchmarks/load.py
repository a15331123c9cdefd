"""Putting load on a server, and what that costs it: wrk on one side, /proc on the other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

SCRIPT = Path(__file__).parent / "rivals" / "load.lua"
TICKS = os.sysconf("SC_CLK_TCK")
TIMEOUT_SECONDS = 30


class Load(NamedTuple):
    """What is asked, how often at once: the bodies come in turn."""

    rows: int
    connections: int
    bodies: list[Path]
    media_type: str = "application/json"


class Result(NamedTuple):
    """What one measurement found; times in seconds, `cpu` is that of all processes of the server, a request."""

    requests: float
    p50: float
    p99: float
    cpu: float


class Memory(NamedTuple):
    """MB of the worker, which is the largest process, and of all processes of the server."""

    rss: float
    pss: float
    whole: float


def check_wrk() -> None:
    """Stop where the load generator isn't installed."""
    if not shutil.which("wrk"):
        sys.exit("wrk, which makes the load, is not on the PATH: install it (Debian: apt-get install wrk).")


def measured(url: str, load: Load, key: str, seconds: float, process: int, core: int) -> Result:
    """Ask for some seconds, and return what that gave; an answer that is no 2xx ends the benchmark.

    A server that answers nothing in that time gets four times as long."""
    before = cpu_seconds(process)
    command = [
        *("taskset", "-c", str(core), "wrk", "-t1", f"-c{load.connections}", f"-d{max(1, round(seconds))}s"),
        *("--timeout", f"{TIMEOUT_SECONDS}s", "-s", str(SCRIPT), url, "--", load.media_type, key),
        *map(str, load.bodies),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    used = cpu_seconds(process) - before
    found = json.loads(done.stdout.splitlines()[-1])
    if not found["failed"] and not found["requests"] and seconds < TIMEOUT_SECONDS:
        return measured(url, load, key, 4 * seconds, process, core)
    if found["failed"] or not found["requests"]:
        sys.exit(f"{url} failed under {load.connections} connections:\n{done.stdout}")
    return Result(found["requests"] / found["seconds"], found["p50"], found["p99"], used / found["requests"])


def tree(process: int) -> list[int]:
    """Return a process and all that descend from it."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int(stat(int(entry.name))[1])
        except (OSError, IndexError):
            continue  # it has ended meanwhile
    found = [process]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def stat(process: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the name, which may hold spaces: state, parent, …"""
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def cpu_seconds(process: int) -> float:
    """Return the CPU seconds that all processes of a server have used."""
    return sum(int(ticks) for one in tree(process) for ticks in stat(one)[11:13]) / TICKS


def memory(process: int) -> Memory:
    """Return what a server holds."""
    each = [(kilobytes(one, "Rss") / 1e3, kilobytes(one, "Pss") / 1e3) for one in tree(process)]
    return Memory(*max(each), sum(pss for _, pss in each))


def kilobytes(process: int, name: str) -> int:
    """Return a figure of /proc/PID/smaps_rollup."""
    for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1]) * 1024 // 1000
    return 0
