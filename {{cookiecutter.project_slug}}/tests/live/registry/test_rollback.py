"""`live rollback`: the way back, step by step or to a version, and what is proven before."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core.registry import entries
from {{cookiecutter.__package}}.core.schema import sha256
from {{cookiecutter.__package}}.live.registry import store

from .conftest import MODELS, NAME, Project, verdict


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Don't wait for other processes that could be about to put the alias right: there are none."""
    monkeypatch.setattr(store, "LOOKS", 2)
    monkeypatch.setattr(store, "BETWEEN_LOOKS_SECONDS", 0)


def test_each_rollback_goes_one_further_back(climbed: Project):
    """Until there is nothing before."""
    assert climbed.done("rollback") == "made-up 1.0.1 is the champion now; before it was 1.1.0.\n"
    climbed.done("rollback", "--why", "worse again")
    assert climbed.champion() == "1.0.0"
    assert climbed.refused("rollback") == (
        "Error: Nothing was champion of made-up before 1.0.0: there is nothing to go back to.\n"
    )
    assert climbed.look().releases[-1].why == "worse again"


def test_a_rollback_asks_no_gate(climbed: Project):
    """What was good enough to be champion is good enough to be it again."""
    climbed.gate("1.0.1", passed=False)
    climbed.done("rollback")
    assert climbed.champion() == "1.0.1"


def test_a_version_that_was_champion_can_be_named(climbed: Project):
    """The next step back goes on from there; and from there is a way forward again."""
    climbed.done("rollback", "1.0.0")
    climbed.refused("rollback")
    climbed.done("rollback", str(climbed.number("1.1.0")))
    assert climbed.champion() == "1.1.0"
    climbed.done("rollback")
    assert climbed.champion() == "1.0.0"


def test_a_version_that_never_was_champion_is_refused(climbed: Project):
    """The sentence says which ones there are, and how it could become one."""
    said = climbed.refused("rollback", "1.2.0")
    assert "has never been champion, so there is no way back to it (only to 1.0.0, 1.0.1)" in said
    assert "`live promote 1.2.0`" in said
    assert "has no version 7.0.0" in climbed.refused("rollback", "7.0.0")


def test_naming_the_champion_writes_nothing(climbed: Project):
    """It is said, and it is no error."""
    assert climbed.done("rollback", "1.1.0") == "made-up 1.1.0 is the champion already.\n"
    assert len(climbed.look().releases) == 3


def test_without_a_champion_there_is_nothing_to_go_back_to(registered: Project):
    """The sentence says how there comes to be one."""
    assert "has no champion yet, and nothing to go back to: `live promote`" in registered.refused("rollback")


def test_a_champion_set_by_hand_before_any_release_is_taken_over(registered: Project):
    """It is where the log starts, so that there is a way back to it."""
    registered.alias("1.0.1")
    assert "is the champion, made by hand; nothing was released yet" in registered.done("history")
    registered.refused("rollback")
    registered.done("promote", "1.1.0")
    registered.done("rollback")
    assert registered.champion() == "1.0.1"
    assert [entry["from"] for entry in json.loads(registered.done("history", "--json"))] == ["1.1.0", "1.0.1"]


@pytest.mark.usefixtures("impatient")
def test_an_alias_moved_by_hand_is_named_and_not_overwritten(climbed: Project):
    """By neither command; the sentence names the way back, and that one works."""
    climbed.alias("2.0.0")
    for command in (("promote", "1.2.0"), ("rollback",)):
        said = climbed.refused(*command)
        assert "was moved to 2.0.0 by hand, and the last release put it on 1.1.0: `live rollback 1.1.0`" in said
    assert "The alias champion is on 2.0.0, which no release did" in climbed.done("history")
    assert "the alias says so again" in climbed.done("rollback", "1.1.0")
    assert climbed.champion() == "1.1.0"
    assert len(climbed.look().releases) == 3


@pytest.mark.usefixtures("impatient")
def test_an_alias_moved_by_hand_to_a_former_champion_is_named_too(climbed: Project):
    """It could be what a killed call left, but no release is unfinished."""
    climbed.alias("1.0.1")
    assert "was moved to 1.0.1 by hand" in climbed.refused("rollback")


@pytest.mark.usefixtures("impatient")
def test_an_alias_taken_away_by_hand_is_named(climbed: Project):
    """And put back by the same way out, to the champion or to another."""
    climbed.client.delete_registered_model_alias(NAME, entries.CHAMPION)
    assert "was taken away by hand" in climbed.refused("promote", "1.2.0")
    assert "The alias champion is gone, which no release did" in climbed.done("history")
    climbed.done("rollback", "1.0.0")
    assert climbed.champion() == "1.0.0"


def test_a_former_champion_that_was_deleted_is_named(climbed: Project):
    """The sentence says by its old name what is gone, and which others there are."""
    climbed.client.delete_model_version(NAME, str(climbed.number("1.0.1")))
    said = climbed.refused("rollback")
    assert "made-up 1.0.1, which was champion before 1.1.0, has been deleted" in said
    assert "(1.0.0" in said
    climbed.done("rollback", "1.0.0")
    assert "1.0.0 -> 1.0.1" in climbed.done("history")


def test_a_champion_that_was_deleted_leaves_both_ways_open(climbed: Project, copied: Callable[..., Project]):
    """With it went its alias; the next one is promoted as the first, or an earlier one comes back."""
    climbed.client.delete_model_version(NAME, str(climbed.number("1.1.0")))
    other = copied(climbed)
    other.done("rollback")
    assert other.champion() == "1.0.1"
    climbed.gate("1.2.0", champion=None)
    climbed.done("promote", "1.2.0")
    assert climbed.champion() == "1.2.0"


DAMAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no model": (lambda files: (files / "model.onnx").unlink(), "artifacts/model.onnx can't be had"),
    "no files": (lambda files: shutil.rmtree(files), "can't be had from MLflow's store"),
    "a changed byte": (lambda files: flip(files / "model.onnx"), "model.onnx in MLflow is damaged (sha256"),
    "no signature": (lambda files: (files / "signature.json").unlink(), "artifacts/signature.json can't be had"),
    "half a signature": (
        lambda files: (files / "signature.json").write_text("{"),
        "signature.json in MLflow is damaged",
    ),
    "another signature": (lambda files: swap(files), "belongs to another model"),
}


def flip(path: Path) -> None:
    """Change the last byte of a file."""
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))


def swap(files: Path) -> None:
    """Make the signature name other bytes."""
    text = (files / "signature.json").read_text(encoding="utf-8")
    right = sha256((files / "model.onnx").read_bytes())
    (files / "signature.json").write_text(text.replace(right, "0" * 64), encoding="utf-8")


def kept_files(registered: Project) -> Path:
    """Return the folder in which MLflow keeps the files of 3.0.0 and 3.1.0."""
    return next(folder for folder in registered.files["3.1.0"].parents if folder.name == "kept")


@pytest.mark.parametrize(("damage", "words"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_model_does_not_come_back(breakable: Project, damage: Callable[[Path], object], words: str):
    """Neither by a rollback nor by a promotion; nothing is moved, and one sentence says why."""
    damage(breakable.files["3.0.0"])
    for command in (("rollback",), ("rollback", "3.0.0"), ("promote", "3.0.0")):
        said = breakable.refused(*command)
        assert "made-up 3.0.0 can't be live, so nothing was moved" in said
        assert words in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda golden: golden["probabilities"][-1].__setitem__(0, 0.123), "doesn't answer its golden rows"),
        (lambda golden: golden["predictions"].reverse(), "doesn't answer its golden rows"),
        (lambda golden: golden["rows"].clear(), "doesn't answer its golden rows"),
        (lambda golden: golden.pop("probabilities"), "doesn't answer its golden rows"),
        (lambda golden: golden.pop("rows"), "golden/golden.json in MLflow is damaged"),
        (lambda golden: golden["rows"][0].pop("amount"), "golden/golden.json in MLflow is damaged"),
    ],
    ids=["a digit", "predictions", "no rows", "no answers", "no list", "no feature"],
)
def test_a_model_that_answers_otherwise_does_not_come_back(
    breakable: Project, change: Callable[[dict], object], words: str
):
    """A single digit of a single answer is enough; and golden rows that ask nothing prove nothing."""
    run = breakable.look().versions[breakable.number("3.0.0")].run_id
    (kept,) = kept_files(breakable).glob(f"{run}/artifacts/{entries.GOLDEN_FILE}")
    golden = json.loads(kept.read_text(encoding="utf-8"))
    change(golden)
    kept.write_text(json.dumps(golden), encoding="utf-8")
    assert words in breakable.refused("rollback")


def test_a_model_without_golden_rows_is_not_let_in(breakable: Project):
    """Nobody packaged it; the sentence says what does."""
    run = breakable.look().versions[breakable.number("3.1.0")].run_id
    shutil.rmtree(kept_files(breakable) / run)
    said = breakable.refused("promote", "3.1.0")
    assert "golden/golden.json can't be had from MLflow's store" in said
    assert "`make pipeline` keeps it there" in said


def test_what_onnx_runtime_cannot_load_is_not_let_in(breakable: Project):
    """Bytes that were registered, and are no model."""
    files, number = breakable.files["3.1.0"], str(breakable.number("3.1.0"))
    right, wrong = sha256((files / "model.onnx").read_bytes()), sha256(b"no model")
    (files / "model.onnx").write_bytes(b"no model")
    text = (files / "signature.json").read_text(encoding="utf-8")
    (files / "signature.json").write_text(text.replace(right, wrong), encoding="utf-8")
    breakable.client.set_model_version_tag(NAME, number, entries.SHA256, wrong)
    breakable.client.set_model_version_tag(NAME, number, entries.GATE, verdict(sha256=wrong, compared=False))
    assert "ONNX Runtime can't load it" in breakable.refused("promote", "3.1.0")


def test_a_champion_that_nobody_registered_by_the_pipeline_cannot_come_back(registered: Project):
    """Without a hash, nobody knows its bytes."""
    number = str(registered.number("1.0.1"))
    registered.alias("1.0.1")
    registered.client.delete_model_version_tag(NAME, number, entries.SHA256)
    registered.done("promote", "1.1.0")
    assert "it has no tag sha256" in registered.refused("rollback")


def test_a_release_that_cannot_be_finished_leaves_a_way_out(breakable: Project, killed: Callable[..., bool]):
    """The interrupted version has been damaged since; another promotion says so, and a rollback goes back."""
    places = 1
    while len(breakable.look().releases) == 5:
        assert killed(breakable, places, "promote", "3.1.0")
        places += 1
    (breakable.files["3.1.0"] / "model.onnx").unlink()
    said = breakable.refused("promote", "1.2.0")
    assert "3.1.0 was being released when the call was interrupted, and that can't be finished" in said
    breakable.done("rollback")
    assert breakable.champion() == "1.0.0"
    breakable.done("promote", "1.2.0")


@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_done_the_log_the_alias_and_the_way_back_agree(registered: Project, seed: int):
    """Twenty promotions and rollbacks in random order, held against a list that does the same."""
    chance, stack, ever = random.Random(seed), [], set()
    for _ in range(20):
        wanted = chance.choice(MODELS)
        kind = chance.choice(["promote", "promote", "rollback", "rollback to"])
        if kind == "promote":
            registered.done("promote", wanted)
            stack += [wanted] if stack[-1:] != [wanted] else []
        elif kind == "rollback" and len(stack) > 1:
            registered.done("rollback")
            stack.pop()
        elif kind == "rollback to" and wanted in ever:
            registered.done("rollback", wanted)
            back = [place for place, version in enumerate(stack) if version == wanted]
            stack = stack[: back[-1] + 1] if back else [*stack, wanted]
        else:
            registered.refused(*([kind] if kind == "rollback" else ["rollback", wanted]))
        ever |= {*stack}
        found = registered.look()
        assert registered.champion() == (stack[-1] if stack else None)
        assert [found.shown(number) for number in found.standing.stack] == stack
        assert {found.shown(number) for number in found.standing.ever} == ever
