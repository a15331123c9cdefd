"""Markdown that fits where it goes: cut between lines, with what was open closed, and a word on where the rest is."""

from __future__ import annotations

import re
from collections.abc import Sequence

# What GitHub takes as a comment or as the text of an issue, and as the summary of a step.
COMMENT, SUMMARY = 65_536, 1_048_576
FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
HEADING = re.compile(r"^#{1,6} ")


def fitted(text: str, most: int, rest: str) -> str:
    """Return the text if it has at most so many bytes, else its beginning and a note; `rest` says where the rest is.

    Whole lines are taken away, with headings and heads of tables that nothing is left of, and an open block of code or
    an open fold is closed. Bytes are counted, of which a character has at least one, so that it fits either way.
    """
    if size(text) <= most:
        return text
    note = f"> **Cut.** This is too long to be shown whole here. {rest}"
    lines: list[str] = []
    for line in text.splitlines():
        if size("\n".join([*closed([*lines, line]), "", note, ""])) > most:
            break
        lines.append(line)
    return "\n".join([*closed(trimmed(lines)), "", note, ""])


def size(text: str) -> int:
    """Return how many bytes a text takes."""
    return len(text.encode("utf-8", errors="replace"))


def trimmed(lines: Sequence[str]) -> list[str]:
    """Return the lines without headings, table heads and empty lines that nothing follows at the end."""
    kept = list(lines)
    while kept and not opened(kept) and (not kept[-1].strip() or HEADING.match(kept[-1]) or bare_table(kept)):
        kept.pop()
    return kept


def bare_table(lines: Sequence[str]) -> bool:
    """Return whether lines end with the head of a table, with or without the rule below it."""
    start = len(lines)
    while start and lines[start - 1].startswith("|"):
        start -= 1
    return 0 < len(lines) - start <= 2


def opened(lines: Sequence[str]) -> str:
    """Return the fence of the block of code that lines end in; nothing outside of one."""
    fence = ""
    for line in lines:
        found = FENCE.match(line)
        if not found:
            continue
        if not fence:
            fence = found[1]
        elif found[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
    return fence


def closed(lines: Sequence[str]) -> list[str]:
    """Return lines with their open block of code and their open folds closed."""
    kept = list(lines)
    if fence := opened(kept):
        kept.append(fence)
    folds = sum(line.count("<details>") - line.count("</details>") for line in kept)
    return [*kept, *(["", *["</details>"] * folds] if folds > 0 else [])]
