"""Several at once: processes that promote and roll back the same model at the same moment."""

from __future__ import annotations

import re

import pytest

from .conftest import MODELS, AtOnce, Project

# What a call says first that met another's release between the log and the alias.
ON_THE_WAY = re.compile(r"(The \w+ of [\d.]+ by person \d wasn't finished yet, and is now: .*\n)?")


def settled(registered: Project) -> str | None:
    """Return the champion once all is over: the alias follows the log, and no release waits to be finished."""
    found = registered.look()
    assert all(release.finished for release in found.releases)
    return registered.champion()


@pytest.mark.parametrize("count", [2, 8])
def test_of_several_that_promote_different_versions_one_counts(registered: Project, at_once: AtOnce, count: int):
    """The others are told in one sentence who was faster, and their releases are marked as ignored."""
    registered.done("promote", "1.2.0")
    wanted = [MODELS[place % 3] for place in range(count)]
    said = at_once(registered, [("promote", version) for version in wanted], together=True)
    champion = settled(registered)
    assert {version for version, (code, _) in zip(wanted, said, strict=True) if code == 0} == {champion}
    for version, (code, words) in zip(wanted, said, strict=True):
        assert words.count("\n") == 1, words
        assert (code == 0) == (version == champion)
        if code:
            assert f"so the promotion of {version} doesn't count; look at `live history`" in words
            assert f"was faster: the promotion of {champion} came first" in words
    found = registered.look()
    assert len(found.standing.counted) == 2
    assert registered.done("history").count("ignored: somebody was faster") == len(found.releases) - 2
    registered.done("rollback")
    assert registered.champion() == "1.2.0"


def test_several_that_promote_the_same_version_agree(registered: Project, at_once: AtOnce):
    """It is champion, by the first of them; for the others that is no error."""
    said = at_once(registered, [("promote", "1.1.0")] * 8)
    assert [code for code, _ in said] == [0] * 8, said
    assert settled(registered) == "1.1.0"
    assert len(registered.look().standing.counted) == 1
    assert [words for _, words in said].count("made-up 1.1.0 is the champion now.\n") == 1


def test_promotions_and_rollbacks_at_once_leave_one_champion(climbed: Project, at_once: AtOnce):
    """Whatever came of it, the log says it, the alias follows, and whoever failed was told."""
    commands = [("rollback",), ("promote", "2.0.0"), ("rollback", "1.0.0"), ("promote", "1.2.0")] * 2
    said = at_once(climbed, commands)
    champion, found = settled(climbed), climbed.look()
    assert champion in ("1.0.0", "1.0.1", "1.2.0", "2.0.0")
    assert len(found.standing.counted) > 3
    assert any(code == 0 for code, _ in said)
    for code, words in said:
        sentence = ON_THE_WAY.sub("", words, count=1)
        assert sentence.count("\n") <= 1, words
        assert sentence.startswith("Error: ") == bool(code), words
