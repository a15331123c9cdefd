"""Golden rows: they travel with the model and are answered alike wherever it runs."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import golden

Ask = Callable[..., httpx.Response]


@pytest.fixture
def kept(each: SimpleNamespace, tmp_path: Path) -> dict[str, Any]:
    """Golden rows as they come back from their file."""
    data.save_json(golden.golden_rows(each.served, each.rows[:24]), tmp_path / "golden.json")
    return json.loads((tmp_path / "golden.json").read_text(encoding="utf-8"))


def test_the_service_gives_the_golden_answers(kept: dict[str, Any], ask_each: Ask):
    """Digit for digit, after both have been through JSON."""
    assert golden.same_answers(kept, ask_each({"rows": kept["rows"]}).json())


def test_the_rows_are_kept_as_they_were(kept: dict[str, Any], each: SimpleNamespace):
    """They can be sent as they are: days as text, true and false, gaps as null."""
    assert kept["rows"] == each.rows[:24]
    assert {type(row["since"]) for row in kept["rows"]} == {str}
    assert {row["member"] for row in kept["rows"]} == {True, False}
    assert None in {row["until"] for row in kept["rows"]}
    answers = {"predictions", "probabilities"} if each.schema.classes else {"predictions"}
    assert set(kept) == {"rows", *answers}
    assert {len(kept[name]) for name in answers} == {24}


def test_another_answer_is_noticed(kept: dict[str, Any], ask_each: Ask):
    """A single digit, a single row, or an error in the place of an answer."""
    response = ask_each({"rows": kept["rows"]}).json()
    name = "probabilities" if "probabilities" in kept else "predictions"
    changed, shorter = copy.deepcopy(response), copy.deepcopy(response)
    changed[name][-1] = [chance + 1e-6 for chance in changed[name][-1]] if name == "probabilities" else 0.123
    shorter[name].pop()
    assert not golden.same_answers(kept, changed)
    assert not golden.same_answers(kept, shorter)
    assert not golden.same_answers(kept, ask_each({"rows": []}).json())
