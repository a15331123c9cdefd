"""What notebooks cost, in one table: `python benchmarks/notebooks.py [--repeat 3]`.

A project is baked and set up in build/benchmark, and everything runs there, one after the other, in one go: the
pipeline beside the same code as one plain script, alternating, and the ways to check notebooks beside each other.
Seconds are medians by the clock. CPU seconds tell more when the machine does something else as well.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import resource
import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "scripts"))

from bake import bake, commit_all  # noqa: E402 - scripts/ is no package, so its folder has to be on the path first
from demo import clean_environment  # noqa: E402

NBVAL = ["pytest", "--quiet", "--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout=300", "-x"]
FORCED = ["dvc", "repro", "--force", "--no-run-cache"]
NOTHING_COLLECTED = 5
SCRIPT, START, REPLAY = "the code as one script", "pytest's own start-up, collecting nothing", "`lab replay`"
# What IPython does with the last expression of a cell, figures included: the script shows what the notebook shows.
OPENING = """
import os
from IPython.core.formatters import DisplayFormatter
from IPython.core.pylabtools import print_figure

formatter = DisplayFormatter()
png = formatter.formatters["image/png"]
png.for_type_by_name("matplotlib.figure", "Figure", lambda figure: print_figure(figure, fmt="png", bbox_inches="tight"))


def show(value):
    if value is not None:
        formatter.format(value)


def display(*values):
    for value in values:
        show(value)


"""


class Took(NamedTuple):
    """What one command took, and what it said."""

    seconds: float
    cpu: float
    said: str


class Row(NamedTuple):
    """A line of the table; `base` is the title of the line that its ratio is over."""

    title: str
    runs: list[Took]
    base: str = ""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeat", type=int, default=3, help="repetitions of what the ratios rest on")
    repeat = parser.parse_args().repeat
    project = prepared(TEMPLATE / "build" / "benchmark")
    rows, memory = measured(project, repeat)
    print("\n" + table(rows), "\n" + memory, sep="\n")


def prepared(folder: Path) -> Path:
    """Bake and set up a project, and run its pipeline once, so that no first time is measured."""
    shutil.rmtree(folder, ignore_errors=True)
    project = bake(folder)
    commit_all(project)
    timed(["make", "setup"], project)
    timed(["make", "pipeline"], project)
    return project


def measured(project: Path, repeat: int) -> tuple[list[Row], str]:
    """Run everything, and return the lines of the table and what is to be said of memory."""
    script = project.parent / "script.py"
    script.write_text(as_script(project), encoding="utf-8")
    plain, forced = [], []
    for _ in range(repeat):
        plain.append(timed(["python", str(script)], project / "notebooks"))
        forced.append(timed(FORCED, project))
    rows = [
        Row(SCRIPT, plain),
        Row("the pipeline, from scratch (`dvc repro --force --no-run-cache`)", forced, SCRIPT),
        Row("the pipeline when nothing changed (`dvc repro`)", several(["dvc", "repro"], project, repeat)),
        *listed(project, "status", repeat),
        *checks(project, repeat),
    ]
    return rows, memory_of(forced[-1].said)


def checks(project: Path, repeat: int) -> list[Row]:
    """Return the lines on checking notebooks: start-up alone, replay, smoke, and everything again."""
    empty, notebooks = project.parent / "empty", sorted(str(path) for path in project.glob("notebooks/0*.ipynb"))
    empty.mkdir()
    package = next(project.glob("src/*")).name
    alone = ["pytest", "--quiet", "--disable-plugin-autoload", "-p", f"{package}.lab.running", "-p", "nbval.plugin"]
    start = [timed([*alone, str(empty)], project, allowed=NOTHING_COLLECTED) for _ in range(repeat)]
    smoke = ["lab", "check"] if "check" in commands(project) else [*NBVAL, *notebooks]
    shutil.rmtree(project / ".smoke", ignore_errors=True)
    return [
        Row(START, start),
        *listed(project, "replay", repeat, START),
        Row("smoke: every notebook on a sample", [timed(smoke, project, LAB_PROFILE="smoke")], REPLAY),
        Row("every notebook again, as drafts on all data", [timed([*NBVAL, *notebooks], project)], REPLAY),
    ]


def listed(project: Path, name: str, repeat: int, base: str = "") -> list[Row]:
    """Measure a command of `lab`, if this version of it has one of that name; say so if it hasn't."""
    if name not in commands(project):
        print(f"`lab {name}` is not there yet and was left out.")
        return []
    return [Row(f"`lab {name}`", several(["lab", name], project, repeat), base)]


def commands(project: Path) -> list[str]:
    """Return the commands that `lab --help` lists."""
    said = timed(["lab", "--help"], project).said
    return re.findall(r"^  ([a-z]+) ", said.partition("Commands:")[2], re.MULTILINE)


def several(command: list[str], project: Path, repeat: int) -> list[Took]:
    """Run a command several times."""
    return [timed(command, project) for _ in range(repeat)]


def timed(command: list[str], cwd: Path, *, allowed: int = 0, **settings: str) -> Took:
    """Run a command with the project's environment first on the PATH, and return what it and its children took."""
    project = cwd if (cwd / "dvc.yaml").exists() else cwd.parent
    path = f"{project / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    before, started = cpu_of_children(), time.monotonic()
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**clean_environment(), "PATH": path, **settings},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    took = Took(time.monotonic() - started, cpu_of_children() - before, done.stdout)
    shown = " ".join(word if len(word) < 40 else Path(word).name for word in command)
    print(f"{took.seconds:6.1f} s  {took.cpu:6.1f} CPU s  {shown}", flush=True)
    if done.returncode not in (0, allowed):
        sys.exit(f"{shown} failed:\n{done.stdout[-3000:]}")
    return took


def cpu_of_children() -> float:
    """Return the CPU seconds that all ended children have used."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def as_script(project: Path) -> str:
    """Return all projections as one script that writes the tracked outputs, as an official run does."""
    parts = [OPENING]
    for path in sorted(project.glob("notebooks/code/*.py")):
        parts.append(f"os.environ['DVC_STAGE'] = {path.stem.split('_', 1)[1]!r}")
        parts += [shown(cell.partition("\n")[2]) for cell in path.read_text(encoding="utf-8").split("\n# %%")[1:]]
    return "\n".join(parts) + "\n"


def shown(cell: str) -> str:
    """Return a cell whose last expression is shown, as a notebook does."""
    tree = ast.parse(cell)
    last: Any = tree.body[-1]
    if isinstance(last, ast.Expr):
        last.value = ast.Call(ast.Name("show", ast.Load()), [last.value], [])
    return ast.unparse(ast.fix_missing_locations(tree))


def table(rows: list[Row]) -> str:
    """Return the table as Markdown."""
    by_title = {row.title: row for row in rows}
    lines = ["| what | seconds | CPU seconds | ratio (CPU) |", "|---|---:|---:|---:|"]
    for row in rows:
        beside = compared(row, by_title[row.base]) if row.base in by_title else ""
        lines.append(f"| {row.title} | {median(row, 'seconds'):.2f} | {median(row, 'cpu'):.2f} | {beside} |")
    return "\n".join(lines)


def compared(row: Row, base: Row) -> str:
    """Return how much longer a line took than another one, as a ratio and in seconds."""
    seconds, cpu = (median(row, field) / median(base, field) for field in ("seconds", "cpu"))
    return f"{seconds:.2f} ({cpu:.2f}) of {base.title}: {median(row, 'seconds') - median(base, 'seconds'):+.1f} s"


def median(row: Row, field: str) -> float:
    """Return the median of a field over a line's runs."""
    return statistics.median(getattr(run, field) for run in row.runs)


def memory_of(said: str) -> str:
    """Return the most memory that each stage's kernel held, from the progress lines of `lab run`."""
    peaks: dict[str, int] = {}
    stage = ""
    for line in said.splitlines():
        if begun := re.match(r"(\d\d_\w+) \(official\)", line):
            stage = begun[1]
        elif cell := re.match(r" +\[ *\d+/ *\d+\] +[\d.]+ s +(\d+) MB", line):
            peaks[stage] = max(peaks.get(stage, 0), int(cell[1]))
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return f"Memory in MB, at most: {json.dumps(peaks)}; the largest single process of all: {largest:.0f}"


if __name__ == "__main__":
    main()
