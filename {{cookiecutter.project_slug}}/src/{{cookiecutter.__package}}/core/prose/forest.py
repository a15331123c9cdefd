"""Gains and their intervals as a picture of plain text, which shows wherever text does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 41
NAME = 24


class Line(NamedTuple):
    """One line of the picture: its name, the gain, and the ends of its interval; NaN where there is none."""

    name: str
    gain: float
    low: float
    high: float


def forest(lines: Sequence[Line]) -> str:
    """Return a line for each gain on one scale: ● is the gain, ├ and ┤ are the ends of its interval, │ is no gain."""
    ends = [abs(value) for line in lines for value in line[1:] if math.isfinite(value)]
    reach = max(ends, default=0) or 1.0
    width = min(NAME, max((len(line.name) for line in lines), default=0))
    scale = f"{-reach:+.3g}".ljust(WIDTH // 2) + "0" + f"{reach:+.3g}".rjust(WIDTH // 2)
    rows = [f"{short(line.name, width):<{width}} {drawn(line, reach)} {figure(line.gain)}" for line in lines]
    return "\n".join([f"{'':<{width}} {scale}", *rows])


def drawn(line: Line, reach: float) -> str:
    """Return the interval and the gain as signs on a scale from -reach to reach."""
    signs = [" "] * WIDTH
    if math.isfinite(line.low) and math.isfinite(line.high):
        first, last = place(line.low, reach), place(line.high, reach)
        signs[first : last + 1] = "─" * (last - first + 1)
        signs[first], signs[last] = "├", "┤"
    signs[WIDTH // 2] = {" ": "│", "─": "┼"}.get(signs[WIDTH // 2], signs[WIDTH // 2])
    if math.isfinite(line.gain):
        signs[place(line.gain, reach)] = "●"
    return "".join(signs)


def place(value: float, reach: float) -> int:
    """Return the column of a value."""
    return round((value / reach + 1) / 2 * (WIDTH - 1))


def figure(gain: float) -> str:
    """Return a gain as the number at the end of its line."""
    return f"{gain:+.4f}" if math.isfinite(gain) else "not measured"


def short(name: str, width: int) -> str:
    """Return a name that fits, without what would end a line or a block of code."""
    plain = " ".join(name.replace("`", "'").split())
    return plain if len(plain) <= width else f"{plain[: width - 1]}…"
