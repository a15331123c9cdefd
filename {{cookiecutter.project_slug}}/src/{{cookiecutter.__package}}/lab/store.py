"""MLflow's store: what killed processes have left open in it."""

from __future__ import annotations

import socket
import uuid

import psutil
from mlflow import MlflowClient

WRITER = "writer"
# A process's start is reckoned from the machine's own start, which moves when its clock is set.
CLOCK_SECONDS = 5


def writer() -> dict[str, str]:
    """Return the tag that says which process of which machine writes a run."""
    process = psutil.Process()
    return {WRITER: f"{machine()}/{process.pid}/{process.create_time():.0f}"}


def machine() -> str:
    """Return what tells this machine from others: its name, and the address of its network card."""
    return f"{socket.gethostname()}-{uuid.getnode():012x}"


def end_dead_runs(experiment_id: str) -> list[str]:
    """Mark runs as killed that are open only because a process of this machine died; return their ids.

    What another machine writes is left alone, as nobody here can know whether it lives.
    """
    client = MlflowClient()
    mine = f"attributes.status = 'RUNNING' and tags.{WRITER} LIKE '{machine()}/%'"
    opened = client.search_runs([experiment_id], filter_string=mine)
    dead = [run.info.run_id for run in opened if not lives(run.data.tags[WRITER])]
    for run_id in dead:
        client.set_terminated(run_id, "KILLED")
    return dead


def lives(written_by: str) -> bool:
    """Return whether the process of a writer's tag is alive; another may have got its number since."""
    _, pid, created = written_by.rsplit("/", 2)
    try:
        process = psutil.Process(int(pid))
        same = abs(process.create_time() - float(created)) <= CLOCK_SECONDS
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
