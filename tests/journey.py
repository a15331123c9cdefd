"""The steps of a user's day, as the journey tests take them. Each runs the project's own commands."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bake import bake, commit_all
from demo import clean_environment, free_port, wait_until_ready

COMMAND_SECONDS = 900
GIT = ["git", "-c", "user.name=journey", "-c", "user.email=journey@localhost"]


def environment() -> dict[str, str]:
    """Return the environment of a machine on which nothing is active and git knows no user."""
    return {**clean_environment(), "GIT_CONFIG_GLOBAL": os.devnull}


def run(command: list[str], cwd: Path, check: bool = True) -> str:
    """Run a command to its end, print its output with the seconds it took, and return the output."""
    started = time.monotonic()
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=COMMAND_SECONDS,
        check=False,
    )
    print(f"\n$ {' '.join(command)}   [{time.monotonic() - started:.1f} s, exit {done.returncode}]\n{done.stdout}")
    if check:
        assert done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout[-4000:]}"
    return done.stdout


def make(project: Path, *arguments: str) -> str:
    """Run one of the project's tasks."""
    return run(["make", "--no-print-directory", *arguments], project)


def refused(project: Path, *arguments: str) -> str:
    """Run a task that has to fail, and return the one sentence it says, without traceback."""
    output = run(["make", "--no-print-directory", *arguments], project, check=False)
    assert "Traceback" not in output, output
    assert re.search(r"^make: \*\*\* ", output, re.MULTILINE), output
    errors = [line for line in output.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, output
    return errors[0]


def cloned(folder: Path, **answers: str) -> Path:
    """Bake, commit, and return a clean clone, as a colleague would have it."""
    baked = bake(folder / "baked", **answers)
    commit_all(baked)
    return clone(baked, folder / "clone")


def clone(source: Path, destination: Path) -> Path:
    """Clone a repository."""
    run([*GIT, "clone", "--quiet", str(source), str(destination)], source)
    return destination


def status(project: Path) -> list[str]:
    """Return what git has to say, a line a file."""
    return run([*GIT, "status", "--porcelain", "--untracked-files=all"], project).splitlines()


def commit(project: Path, message: str) -> None:
    """Commit everything."""
    run([*GIT, "add", "--all"], project)
    run([*GIT, "commit", "--quiet", "--message", message], project)


def stages_run(output: str) -> list[str]:
    """Return the stages DVC says it ran, in order."""
    return re.findall(r"Running stage '([^']+)'", output)


def evaluation(project: Path) -> Any:
    """Return metrics/evaluation.json."""
    return json.loads((project / "metrics" / "evaluation.json").read_text(encoding="utf-8"))


@contextmanager
def started(project: Path, task: str, ready: str, *variables: str, **extra: str) -> Iterator[str]:
    """Run a task that serves something, yield its address once `ready` answers there, and stop it when asked to.

    `extra` is added to its environment.
    """
    port = free_port()
    with (project.parent / f"{task}.log").open("w+") as log:
        server = subprocess.Popen(
            ["make", "--no-print-directory", task, *(variable.format(port=port) for variable in variables)],
            cwd=project,
            env=environment() | extra,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            wait_until_ready(f"http://127.0.0.1:{port}{ready}", server)
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


@contextmanager
def served(project: Path) -> Iterator[int]:
    """Run `make serve` on a free port and yield the port once it is ready."""
    with started(project, "serve", "/readyz", "PORT={port}") as address:
        yield int(address.rsplit(":", 1)[1])


def fetched(address: str) -> Any:
    """GET JSON."""
    with urllib.request.urlopen(address, timeout=10) as response:
        return json.load(response)


def ask(port: int, rows: list[dict[str, Any]]) -> Any:
    """POST rows to the prediction service and return its answer."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v1/predict", json.dumps({"rows": rows}).encode(), {"content-type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def golden(project: Path) -> Any:
    """Return models/golden.json."""
    return json.loads((project / "models" / "golden.json").read_text(encoding="utf-8"))


def edit_params(project: Path, changes: dict[str, str]) -> None:
    """Replace each pattern in params.yaml, which has to be there once."""
    path = project / "params.yaml"
    text = path.read_text(encoding="utf-8")
    for pattern, value in changes.items():
        text, count = re.subn(pattern, value, text)
        assert count == 1, f"{pattern} is {count} times in params.yaml"
    path.write_text(text, encoding="utf-8")


def edit_notebook(project: Path, name: str, kind: str, change: str) -> None:
    """Append a line to the last cell of a kind ('code' or 'markdown')."""
    path = project / "notebooks" / f"{name}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = [cell for cell in notebook["cells"] if cell["cell_type"] == kind][-1]
    cell["source"] = [*cell["source"][:-1], cell["source"][-1] + "\n", change]
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def save_with_outputs(project: Path, name: str) -> None:
    """Save the notebook as an editor does after a run: with outputs, counts and changed metadata."""
    path = project / "notebooks" / f"{name}.ipynb"
    executed = json.loads((project / "reports" / f"{name}.ipynb").read_text(encoding="utf-8"))
    executed["metadata"]["language_info"] = {"name": "python", "version": "3.11.99"}
    path.write_text(json.dumps(executed, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def kill_during(project: Path, stage: str, cell: str) -> str:
    """Start `make pipeline`, and end it and all its children with SIGKILL once a stage has finished a cell."""
    pipeline = subprocess.Popen(
        ["make", "--no-print-directory", "pipeline"],
        cwd=project,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    seen: list[str] = []
    assert pipeline.stdout is not None
    for line in pipeline.stdout:
        seen.append(line)
        if any(stage in earlier for earlier in seen) and line.strip().startswith(cell):
            os.killpg(pipeline.pid, signal.SIGKILL)
            break
    pipeline.stdout.close()
    pipeline.wait(timeout=30)
    assert pipeline.returncode == -signal.SIGKILL, "".join(seen)
    return "".join(seen)
