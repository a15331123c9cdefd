"""The log of releases, counted: who is champion, and where a rollback leads."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from {{cookiecutter.__package}}.live.registry.releases import Release, pending, replayed


def log(*steps: tuple[str, int | None, int], **changes: object) -> list[Release]:
    """Return a log of these releases: what was done, whom it replaced, and who came."""
    return [
        Release(number=place, call=str(place), action=action, before=before, after=after, **changes)
        for place, (action, before, after) in enumerate(steps, start=1)
    ]


def test_an_empty_log_has_no_champion():
    """Unless somebody set the alias by hand before there was one."""
    assert replayed([]).champion is None
    assert replayed([], alias=4).stack == (4,)
    assert replayed([], alias=4).previous is None


def test_promotions_pile_up():
    """The last one is champion, and the one before it is where a rollback leads."""
    standing = replayed(log(("promote", None, 1), ("promote", 1, 2), ("promote", 2, 3)))
    assert (standing.champion, standing.previous, standing.ever) == (3, 2, {1, 2, 3})
    assert standing.counted == (1, 2, 3)


def test_rollbacks_go_further_and_further_back():
    """The second one doesn't return to where the first one came from."""
    steps = [("promote", None, 1), ("promote", 1, 2), ("promote", 2, 3), ("rollback", 3, 2), ("rollback", 2, 1)]
    assert replayed(log(*steps)).stack == (1,)


def test_a_rollback_to_a_version_forgets_all_after_it():
    """To the last time that version was champion, where it was more than once."""
    steps = [("promote", None, 1), ("promote", 1, 2), ("promote", 2, 1), ("promote", 1, 3), ("rollback", 3, 1)]
    assert replayed(log(*steps)).stack == (1, 2, 1)


def test_a_rollback_may_lead_forward_again():
    """To one that an earlier rollback has left; the one it replaces is then before it."""
    steps = [("promote", None, 1), ("promote", 1, 2), ("rollback", 2, 1), ("rollback", 1, 2)]
    assert replayed(log(*steps)).stack == (1, 2)


def test_of_two_that_replace_the_same_champion_the_first_counts():
    """Whatever the second one is."""
    steps = [("promote", None, 1), ("promote", 1, 2), ("promote", 1, 3), ("rollback", 1, 1), ("promote", 2, 4)]
    standing = replayed(log(*steps))
    assert standing.counted == (1, 2, 5)
    assert standing.stack == (1, 2, 4)
    assert 3 not in standing.ever


def test_whom_the_first_release_replaced_was_champion_before():
    """An alias that was set by hand is where the log starts, and where a rollback can lead."""
    standing = replayed(log(("promote", 7, 8), ("promote", 7, 9)))
    assert standing.stack == (7, 8)
    assert standing.ever == {7, 8}


def test_what_was_written_twice_counts_once():
    """A call whose answer got lost was carried out again, after the champion had come back."""
    first, back, again = log(("promote", 1, 2), ("rollback", 2, 1), ("promote", 1, 2))
    assert replayed([first, back, again]).champion == 2
    twice = Release(number=3, call=first.call, action="promote", before=1, after=2)
    assert replayed([first, back, twice]).champion == 1


def test_a_release_after_deleted_ones_is_taken_at_its_word():
    """Nobody can say any more what happened in between; what was before it is still there to go back to."""
    steps = log(("promote", None, 1), ("promote", 1, 2), ("promote", 2, 3))
    standing = replayed([steps[0], steps[2]])
    assert standing.stack == (1, 2, 3)
    assert standing.counted == (1, 3)
    assert standing.ever == {1, 2, 3}


def test_the_last_release_is_pending_until_it_is_finished():
    """An ignored one after it isn't, and one that another has replaced isn't."""
    steps = log(("promote", None, 1), ("promote", None, 2))
    assert pending(steps, replayed(steps)) == steps[0]
    done = log(("promote", None, 1), ("promote", None, 2), finished=True)
    assert pending([done[0], steps[1]], replayed(done)) is None
    assert pending([], replayed([])) is None


NUMBERS = st.integers(1, 4)
STEPS = st.lists(st.tuples(st.sampled_from(["promote", "rollback"]), st.none() | NUMBERS, NUMBERS), max_size=12)


@given(STEPS)
def test_whatever_is_written_the_champion_is_the_last_that_counts(steps: list[tuple[str, int | None, int]]):
    """And a release that doesn't count changes nothing, wherever it is in the log."""
    releases = log(*steps)
    standing = replayed(releases)
    counting = [release for release in releases if release.number in standing.counted]
    assert len(counting) == len(releases) or standing.champion is not None
    if counting:
        assert standing.champion == counting[-1].after
    assert all(earlier.after == later.before for earlier, later in pairwise(counting))
    renumbered = [
        Release(number=n, call=r.call, action=r.action, before=r.before, after=r.after)
        for n, r in enumerate(counting, start=1)
    ]
    assert replayed(renumbered).stack == standing.stack
