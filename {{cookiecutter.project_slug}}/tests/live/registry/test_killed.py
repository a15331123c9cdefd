"""Killed without warning at any moment, a release leaves one champion that answers, and the next call finishes it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from {{cookiecutter.__package}}.live.registry import proof

from .conftest import Project

PROMOTE, BEFORE = ("promote", "1.1.0"), [("promote", "1.0.0"), ("promote", "1.0.1")]
COMMANDS = {"promote": ([], PROMOTE), "rollback": (BEFORE, ("rollback",))}


@pytest.mark.parametrize(("before", "command"), COMMANDS.values(), ids=COMMANDS)
def test_whenever_a_release_is_killed_the_next_call_finishes_it(
    before: list[tuple[str, ...]],
    command: tuple[str, ...],
    copied: Callable[..., Project],
    killed: Callable[..., bool],
):
    """There is never a moment with two champions, with none where there was one, or with half a release."""
    start = copied()
    for earlier in before:
        start.done(*earlier)
    whole = copied(start)
    whole.done(*command)
    old, new = start.look(), whole.look()
    places = 1
    while killed(attempt := copied(start), places, *command):
        found = attempt.look()
        assert found.alias in (old.alias, new.alias), places
        if found.alias:
            proof.prove(attempt.registry, found.versions[found.alias])
        attempt.done(*command)
        after = attempt.look()
        assert (after.alias, after.standing) == (new.alias, new.standing), places
        assert len(after.releases) == len(old.releases) + 1, places
        assert all(release.finished for release in after.releases), places
        places += 1
    assert places > 8
    assert attempt.champion() == whole.champion()


def test_a_killed_release_is_marked_until_it_is_finished(registered: Project, killed: Callable[..., bool]):
    """The history says so, and who reads it changes nothing."""
    registered.done("promote", "1.0.0")
    places = 1
    while not (left := registered.look()).releases[1:]:
        assert killed(registered, places, "promote", "1.1.0")
        places += 1
    assert left.alias == registered.number("1.0.0")
    for _ in range(2):
        assert "unfinished: the next call finishes it" in registered.done("history").splitlines()[1]
    said = registered.done("promote", "1.1.0")
    assert said.startswith("The promotion of 1.1.0 by ada wasn't finished yet, and is now")
    assert "unfinished" not in registered.done("history")


def test_a_killed_promotion_can_be_taken_back(registered: Project, killed: Callable[..., bool]):
    """It was released, so that a rollback goes to the champion before it, and not one further."""
    registered.done("promote", "1.0.0")
    registered.done("promote", "1.0.1")
    places = 1
    while not registered.look().releases[2:]:
        assert killed(registered, places, "promote", "1.1.0")
        places += 1
    registered.done("rollback")
    assert registered.champion() == "1.0.1"
    registered.done("rollback")
    assert registered.champion() == "1.0.0"
