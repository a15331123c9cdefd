"""What the registry's tags hold, and by what a model is known there."""

from __future__ import annotations

import msgspec
import pytest

from {{cookiecutter.__package}}.core.registry import entries
from {{cookiecutter.__package}}.core.schema import Feature, Signature

GATE = {
    "sha256": "a" * 64,
    "passed": False,
    "compared": True,
    "champion": {"version": "1.0.0", "sha256": "b" * 64},
    "rules": [{"rule": "latency", "passed": True, "says": "."}, {"rule": "slice", "passed": False, "says": "."}],
}


def signature(least: float = 0, **changes: str) -> Signature:
    """Return the signature of a model."""
    features = {"amount": Feature(kind="number", min=least)}
    known = {"name": "made-up", "task": "regression", "target": "y", "classes": (), "sha256": "a" * 64}
    return Signature(features=features, **{**known, **changes})


def registered(number: int, version: str, known: Signature) -> entries.Version:
    """Return a registered version of a model."""
    signed = {"sha256": known.sha256, "signature": entries.hash_of(known)}
    return entries.Version(number=number, version=version, **signed)


def test_a_verdict_is_kept_in_short():
    """Whose it is, whom it met, and which rules were broken."""
    kept = entries.verdict_of(GATE, compare=True)
    assert kept == entries.Verdict(sha256="a" * 64, passed=False, champion="b" * 64, failed=("slice",))
    text = msgspec.json.encode(kept).decode()
    assert entries.Version(number=1, gate=text).verdict == kept


def test_a_verdict_without_a_champion_differs_from_one_that_met_none_by_choice():
    """Only the second may take the place of whoever is champion."""
    alone = entries.verdict_of({**GATE, "champion": None, "compared": False}, compare=True)
    assert (alone.champion, alone.compared) == (None, True)
    assert entries.verdict_of({**GATE, "champion": None, "compared": False}, compare=False).compared is False


@pytest.mark.parametrize("text", ["", "{", "[]", '{"sha256": 1, "passed": true}'])
def test_a_tag_that_cannot_be_read_is_no_verdict(text: str):
    """Somebody wrote it by hand."""
    assert entries.Version(number=1, gate=text).verdict is None


def test_a_version_is_called_by_its_semantic_version():
    """Or by MLflow's number where it has none."""
    assert entries.Version(number=3, version="1.2.0").shown == "1.2.0"
    assert entries.Version(number=3).shown == "3"


def test_a_model_is_its_bytes_and_its_signature():
    """Bounds aren't in the bytes, and decide what is refused."""
    first = registered(1, "1.0.0", signature())
    assert entries.registered_as([first], signature()) == first
    assert entries.registered_as([first], signature(least=0.0)) == first
    assert entries.registered_as([first], signature(least=1)) is None
    assert entries.registered_as([first], signature(sha256="b" * 64)) is None
    assert entries.registered_as([], signature()) is None


def test_of_several_versions_of_a_model_the_first_that_is_its_own_counts():
    """One without a version, or with the version of an older one, was left behind by a killed registration."""
    other, mine = signature(sha256="b" * 64), signature()
    known = [registered(1, "1.0.0", other), registered(2, "", mine), registered(3, "1.0.0", mine)]
    assert entries.registered_as(known, mine) is None
    known += [registered(4, "1.0.1", mine), registered(5, "1.0.2", mine)]
    assert entries.registered_as(known, mine).number == 4
