"""Markdown from plain values: whatever they hold, they stay text in their place."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence

# What means something in Markdown, in HTML, or in the mathematics that notebooks show.
SPECIAL = re.compile(r"([\\`*\[\]<>|~#&$!]|(?<![^\W_])_|_(?![^\W_]))")
# What means something where a line begins: points, numbered points, rules, underlines of headings.
LEADING = re.compile(r"^(\d+(?=[.)](?:\s|$))|(?=[-+=](?:[-+=\s]|$)))(.)")
PLAIN_NAME = re.compile(r"[\w./:%+-]+(?: [\w./:%+-]+)*")
# What stands where nothing is known.
NONE = "\N{EM DASH}"
PICTURE = re.compile(r"<!-- picture: (\w+) -->")


def text(value: object) -> str:
    """Return a value as one line of text that no Markdown, HTML or mathematics is made of."""
    printable = "".join(shown(sign) for sign in str(value))
    return LEADING.sub(r"\1\\\2", SPECIAL.sub(r"\\\1", " ".join(printable.split())))


def shown(sign: str) -> str:
    """Return a sign; what controls lines or the direction of writing, or is half a sign, is none."""
    if unicodedata.category(sign) in ("Cc", "Zl", "Zp"):
        return " "
    turns = unicodedata.bidirectional(sign) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
    return "\N{REPLACEMENT CHARACTER}" if turns or unicodedata.category(sign) == "Cs" else sign


def code(name: object) -> str:
    """Return a name in the type of code, or as text where it holds signs that would end it."""
    return f"`{name}`" if PLAIN_NAME.fullmatch(str(name)) else text(name)


def listed(names: Iterable[object], most: int = 6) -> str:
    """Return names as a list in a sentence, at most `most` of them; of none, nothing."""
    every = [code(name) for name in names]
    more = [f"{len(every) - most} more"] if len(every) > most else []
    *first, last = [*every[:most], *more] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: str = "") -> str:
    """Return a table of cells that are Markdown already; of `numbers` such as "-nn", n stands for a right column."""
    marks = ["---:" if place < len(numbers) and numbers[place] == "n" else "---" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, marks, *rows))


def points(lines: Iterable[str]) -> str:
    """Return a list of points."""
    return "\n".join(f"- {line}" for line in lines)


def note(word: str, sentence: str) -> str:
    """Return a remark that stands out, by the word that it opens with."""
    return f"> **{word}.** {sentence}"


def picture(name: str) -> str:
    """Return the place of a picture, which a page fills and text passes over."""
    return f"<!-- picture: {name} -->"


def number(value: float | None) -> str:
    """Return a number with four digits, a large one in whole; none is a dash."""
    if value is None or value != value:
        return NONE
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e15 else f"{value:.4g}"


def score(value: float | None) -> str:
    """Return a measured number with four decimals, so that a column of them can be compared; others as they fit."""
    return f"{value:.4f}" if value is not None and 1e-3 <= abs(value) < 10 else number(value)


def gain(value: float | None) -> str:
    """Return a difference with its sign and three digits; none is a dash."""
    return NONE if value is None or value != value else f"{value:+.3g}"


def between(ends: Sequence[float | None] | None, said: Callable[[float | None], str] = score) -> str:
    """Return an interval in words; none is a dash."""
    words = [said(end) for end in ends or (None,)]
    return NONE if NONE in words else " to ".join(words)


def count(value: int, noun: str) -> str:
    """Return a count of things."""
    return f"{value:,} {noun}{'' if value == 1 else 's'}"
