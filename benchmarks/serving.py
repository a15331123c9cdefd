"""What serving costs, in one table: `python benchmarks/serving.py [--seconds 3] [--repeat 3] [--project FOLDER]`.

This service with everything on, and other ways to serve the same model, one worker each, are started side by side and
asked in turn with the same rows, again and again; each figure is the median of its repetitions. Servers run on one
core and the load generator on another. Without --project one is baked, and its pipeline is run, in build/benchmark.
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import urllib.error
import urllib.request
from collections import defaultdict
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

TEMPLATE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEMPLATE / "scripts"))

from aims import verdicts  # noqa: E402 - these import from scripts/, which has to be on the path first
from load import Load, Memory, Result, check_wrk, measured, memory  # noqa: E402
from notebooks import prepared, timed  # noqa: E402
from servers import LOAD_CORE, SERVER_CORE, Running, ours, rivals, started  # noqa: E402
from switched_on import PARTS, settings_for  # noqa: E402

ROWS, CONNECTIONS = (1, 100, 1000), (1, 32)
ARROW, ARROW_ROWS = "application/vnd.apache.arrow.stream", 10_000
IN_PROCESS = "ONNX Runtime, called in process"
LARGEST_DIFFERENCE = 1e-5
HEAD = ["rows", "connections", "server", "requests/s", "rows/s", "p50 ms", "p99 ms", "CPU ms/request"]


class Case(NamedTuple):
    """What one line of the table is about."""

    rows: int
    connections: int
    server: str


Results = dict[Case, Result]


def main() -> None:
    """Measure and print."""
    options = arguments()
    check_wrk()
    project = options.project.resolve() if options.project else prepared(TEMPLATE / "build" / "benchmark")
    folder = project.parent / "benchmark-serving"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    print(timed(["python", str(TEMPLATE / "benchmarks" / "rivals" / "material.py"), str(folder)], project).said)
    on, key = settings_for(project, folder, [part for part in PARTS if part not in options.without])
    servers = [ours(project / "models" / "bento", on, key), *rivals()]
    chosen = [server for server in servers if not options.only or server.name in ("service", *options.only)]
    with ExitStack() as stack:
        running = [stack.enter_context(started(server, project, folder)) for server in chosen]
        notes = checked(running, folder)
        results = rounds(running, project, folder, options.repeat, options.seconds)
        held = {one.server.name: memory(one.process) for one in running}
    titles = {server.name: server.title for server in chosen} | {IN_PROCESS: IN_PROCESS}
    print("\n" + caption(options, sorted(on), notes), table(results, titles), memories(held, titles), sep="\n\n")
    print("\n" + verdicts(results, held))


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=3, help="how long each single measurement takes")
    parser.add_argument("--repeat", type=int, default=3, help="repetitions that the median is of")
    parser.add_argument("--project", type=Path, help="a baked project whose pipeline has run")
    parser.add_argument("--only", nargs="*", default=[], help="rivals by name; all, if there is none")
    parser.add_argument("--without", nargs="*", default=[], choices=PARTS, help="parts of the service to leave off")
    return parser.parse_args()


def checked(running: list[Running], folder: Path) -> list[str]:
    """Ask every server for every number of rows once, and return what is to be said of them.

    A server whose probabilities aren't the model's ends the benchmark.
    """
    for one in running:
        if one.server.name != "bare":
            for rows in ROWS:
                check_answer(one, folder, rows)
    status, body = asked(running[0], folder / f"{ARROW_ROWS}-00.arrow", ARROW)
    if status != 200:
        return ["It does not take Arrow yet, so that this is not measured."]
    print(f"Arrow: {len(body)} bytes come back for {ARROW_ROWS} rows.")
    return []


def check_answer(one: Running, folder: Path, rows: int) -> None:
    """Stop where a server's answer to its first body isn't the model's."""
    path = sorted(folder.glob(one.server.bodies.format(rows=rows)))[0]
    status, body = asked(one, path, "application/json")
    if status != 200:
        sys.exit(f"{one.server.title} answers {status} to {path.name}: {body[:300]!r}")
    answer = json.loads(body)
    expected = json.loads(path.with_name(f"{rows}-00.expected").read_text())
    found = answer.get("probabilities") or answer["predictions"]
    furthest = max(
        abs(a - b) for ours, theirs in zip(found, expected, strict=True) for a, b in zip(ours, theirs, strict=True)
    )
    if furthest > LARGEST_DIFFERENCE:
        sys.exit(f"{one.server.title} answers differently from the model: by {furthest}.")


def asked(one: Running, path: Path, media_type: str) -> tuple[int, bytes]:
    """POST a file."""
    headers = {"content-type": media_type, "authorization": f"Bearer {one.server.key}"}
    try:
        with urllib.request.urlopen(urllib.request.Request(one.address, path.read_bytes(), headers)) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except urllib.error.URLError:
        # It refused before it had read everything, and hung up.
        return 0, b""


def rounds(running: list[Running], project: Path, folder: Path, repeat: int, seconds: float) -> Results:
    """Measure every case `repeat` times, all servers in turn, after a first time that doesn't count."""
    found: dict[Case, list[Result]] = defaultdict(list)
    for number in range(repeat + 1):
        for load, one in ((load, one) for load in loads() for one in running):
            bodies = sorted(folder.glob(one.server.bodies.format(rows=load.rows)))
            if load.media_type == ARROW:
                bodies = sorted(folder.glob("*.arrow"))
                if one.server.name != "service" or asked(one, bodies[0], ARROW)[0] != 200:
                    continue
            each = seconds if number else 1
            result = measured(one.address, load._replace(bodies=bodies), one.server.key, each, one.process, LOAD_CORE)
            if number:
                found[Case(load.rows, load.connections, one.server.name)].append(result)
        if number:
            found[Case(ARROW_ROWS, 1, IN_PROCESS)].append(in_process(project, folder, seconds))
            print(f"round {number} of {repeat} is done", file=sys.stderr, flush=True)
    return {case: Result(*map(statistics.median, zip(*results, strict=True))) for case, results in found.items()}


def loads() -> list[Load]:
    """Return what is asked of every server."""
    plain = [Load(rows, connections, []) for rows in ROWS for connections in CONNECTIONS]
    return [*plain, *(Load(ARROW_ROWS, connections, [], ARROW) for connections in CONNECTIONS)]


def in_process(project: Path, folder: Path, seconds: float) -> Result:
    """Call ONNX Runtime on the rows of the Arrow request, on the core that servers have."""
    script = str(TEMPLATE / "benchmarks" / "rivals" / "in_process.py")
    arrow = str(folder / f"{ARROW_ROWS}-00.arrow")
    said = subprocess.run(
        ["taskset", "-c", str(SERVER_CORE), ".venv/bin/python", script, "models", arrow, str(seconds)],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    took = json.loads(said)
    return Result(1 / took["each"], took["p50"], took["p99"], took["cpu"])


def table(results: Results, titles: dict[str, str]) -> str:
    """Return the table as Markdown."""
    lines = ["| " + " | ".join(HEAD) + " |", "|---:|---:|---|" + "---:|" * 5]
    order = {name: place for place, name in enumerate(titles)}
    for case in sorted(results, key=lambda case: (case.rows, case.connections, order[case.server])):
        one = results[case]
        figures = [f"{one.requests:,.0f}", f"{one.requests * case.rows:,.0f}"]
        figures += [f"{value * 1000:.2f}" for value in (one.p50, one.p99)] + [f"{one.cpu * 1000:.3f}"]
        said = ["Arrow" if case.rows == ARROW_ROWS and case.server == "service" else "", titles[case.server]]
        lines.append(
            f"| {case.rows:,} | {case.connections} | {' '.join(reversed(said)).strip()} | {' | '.join(figures)} |"
        )
    return "\n".join(lines)


def memories(held: dict[str, Memory], titles: dict[str, str]) -> str:
    """Return the table of memory as Markdown."""
    lines = ["| server | RSS of the worker, MB | PSS of the worker, MB | PSS of all its processes, MB |"]
    lines += ["|---|---:|---:|---:|"]
    lines += [f"| {titles[name]} | {one.rss:.0f} | {one.pss:.0f} | {one.whole:.0f} |" for name, one in held.items()]
    return "\n".join(lines)


def caption(options: Any, on: list[str], notes: list[str]) -> str:
    """Return how the figures came about."""
    return " ".join(
        [
            f"Medians of {options.repeat} measurements of {options.seconds:g} s each, all servers in turn, after one",
            "round that does not count. One worker each, on one core; wrk, with one thread, on the other.",
            f"Python {platform.python_version()}, {platform.machine()}.",
            f"This service has access log and metrics on, and {', '.join(on) or 'nothing else'}.",
            *notes,
        ]
    )


if __name__ == "__main__":
    main()
