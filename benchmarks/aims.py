"""What the figures have to be, and whether they are."""

from __future__ import annotations

from typing import Any

ALL = (1, 32)
ARROW_ROWS = 10_000


def verdicts(results: dict[Any, Any], held: dict[str, Any]) -> str:
    """Return the aims, each with its figure and whether it is met; the worse of 1 and 32 connections counts."""
    figures = {(case.rows, case.connections, case.server): one for case, one in results.items()}

    def ratio(rival: str, rows: int, field: str) -> list[float]:
        pairs = [(figures.get((rows, many, "service")), figures.get((rows, many, rival))) for many in ALL]
        return [getattr(mine, field) / getattr(theirs, field) for mine, theirs in pairs if mine and theirs]

    arrow = [
        figures[ARROW_ROWS, many, "service"].requests / one.requests
        for many in ALL
        for (rows, _, name), one in figures.items()
        if rows == ARROW_ROWS and name != "service" and (ARROW_ROWS, many, "service") in figures
    ]

    def cheaper(rival: str, rows: int) -> str:
        return ", ".join(f"{1 / value:.1f}" for value in ratio(rival, rows, "cpu"))

    lines = ["| aim | 1 connection | 32 connections | | by CPU a request |", "|---|---:|---:|---|---:|"]
    aims = [
        ("at least 30 times FastAPI + joblib in requests/s, 1 row", ratio("joblib", 1, "requests"), 30, False),
        (
            "at least 1.1 times FastAPI + ONNX, hand-tuned, in requests/s, 1 row",
            ratio("hand-tuned", 1, "requests"),
            1.1,
            False,
        ),
        ("at least 4 times its rows/s at 1000 rows", ratio("hand-tuned", 1000, "requests"), 4, False),
        ("p99 at most 3 times its, 1 row", ratio("hand-tuned", 1, "p99"), 3, True),
        ("Arrow at least 0.5 times the rows/s of ONNX Runtime in process", arrow, 0.5, False),
    ]
    # What else the machine does moves requests a second, and CPU seconds a request much less.
    by_cpu = [cheaper("joblib", 1), cheaper("hand-tuned", 1), cheaper("hand-tuned", 1000), "", ""]
    for (title, found, wanted, most), cpu in zip(aims, by_cpu, strict=True):
        lines.append(line(title, [f"{value:.2f} times" for value in found], met(found, wanted, most), cpu))
    rss = held["service"].rss
    lines.append(line("less than 150 MB a worker", [f"{rss:.0f} MB"] * 2, met([rss], 150, True)))
    return "\n".join(lines)


def met(found: list[float], wanted: float, most: bool) -> str:
    """Return the verdict over all figures of an aim."""
    if not found:
        return "not measured"
    return "met" if all(value <= wanted if most else value >= wanted for value in found) else "**missed**"


def line(title: str, figures: list[str], verdict: str, cpu: str = "") -> str:
    """Return a line of the table."""
    return f"| {title} | {' | '.join([*figures, '', ''][:2])} | {verdict} | {cpu} |"
