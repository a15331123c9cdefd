"""What happened to the champion, newest first, for people and for programs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from .releases import Release, pending
from .store import Situation, moved_by_hand

HEADINGS = ("when (UTC)", "who", "action", "from -> to", "why", "commit")
LONGEST = 60


def rows(situation: Situation) -> list[dict[str, Any]]:
    """Return one entry a release, the newest first: when, who, what, why, from which commit, and what became of it.

    `state` is done, unfinished (its call was killed; the next one finishes it), or ignored (somebody was faster).
    """
    return [row(situation, release) for release in reversed(situation.releases)]


def row(situation: Situation, release: Release) -> dict[str, Any]:
    """Return what is known of a release."""
    left = pending(situation.releases, situation.standing)
    counts = release.number in situation.standing.counted
    return {
        "number": release.number,
        "when": shown_time(release.at),
        "who": release.who,
        "action": release.action,
        "from": situation.shown(release.before) if release.before else None,
        "to": situation.shown(release.after),
        "sha256": release.sha256,
        "why": release.why,
        "commit": release.commit,
        "compared": release.compared,
        "state": "ignored" if not counts else "unfinished" if release == left else "done",
    }


def shown_time(milliseconds: int) -> str:
    """Return a moment as 2026-01-31T12:00:00Z."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def table(entries: list[dict[str, Any]]) -> list[str]:
    """Return the entries as lines of a table, with what is unusual behind each."""
    cells = [HEADINGS, *map(line_of, entries)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    marks = ["", *map(mark, entries)]
    return [
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=True)), mark]).rstrip()
        for line, mark in zip(cells, marks, strict=True)
    ]


def line_of(entry: dict[str, Any]) -> tuple[str, ...]:
    """Return the cells of one release."""
    why = " ".join(entry["why"].split())
    return (
        entry["when"].replace("T", " ").rstrip("Z"),
        entry["who"],
        entry["action"],
        f"{entry['from'] or 'none'} -> {entry['to']}",
        why if len(why) <= LONGEST else f"{why[: LONGEST - 1]}…",
        entry["commit"][:7],
    )


def mark(entry: dict[str, Any]) -> str:
    """Return what is unusual about a release."""
    state = {"ignored": "ignored: somebody was faster", "unfinished": "unfinished: the next call finishes it"}
    compared = [] if entry["compared"] else ["compared with no champion, by choice"]
    return "; ".join([*([state[entry["state"]]] if entry["state"] in state else []), *compared])


def remark(situation: Situation, name: str) -> str:
    """Return a sentence on what the log doesn't explain; nothing if it explains the champion."""
    if moved_by_hand(situation):
        said = situation.shown(situation.standing.champion)
        there = f"is on {situation.shown(situation.alias)}" if situation.alias else "is gone"
        return f"The alias champion {there}, which no release did: `live rollback {said}` puts it back."
    if situation.releases:
        return ""
    if situation.alias:
        return f"{name} {situation.shown(situation.alias)} is the champion, made by hand; nothing was released yet."
    return f"Nothing was released of {name} yet: `live promote` makes its first champion."
