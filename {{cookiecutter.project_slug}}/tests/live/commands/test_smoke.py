"""`live smoke`, against a real service and against what isn't one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.live import cli, server


def smoke(*arguments: str | Path) -> Result:
    """Call `live smoke`."""
    return CliRunner().invoke(cli.main, ["smoke", *map(str, arguments)])


@pytest.fixture
def golden(bento: Path, tmp_path: Path) -> Path:
    """A copy of the Bento's golden rows, with the signature beside them."""
    for name in ("golden.json", "signature.json"):
        shutil.copy2(bento / "src" / "models" / name, tmp_path)
    return tmp_path / "golden.json"


def change(path: Path, **fields: Any) -> None:
    """Write other values into a JSON file."""
    path.write_text(json.dumps(json.loads(path.read_text(encoding="utf-8")) | fields), encoding="utf-8")


def test_a_service_that_answers_as_it_should_passes(address: str, golden: Path):
    """All golden rows, digit for digit, and it says which model that is."""
    result = smoke("--url", address, "--golden", golden)
    assert result.exit_code == 0, result.output
    assert result.output.startswith("24 golden rows were answered digit for digit by version 7 (sha256 ")


def test_a_bento_is_started_asked_and_stopped(bento: Path):
    """With the golden rows that are in it."""
    result = smoke("--bento", bento)
    assert result.exit_code == 0, result.output
    assert "24 golden rows were answered digit for digit" in result.output


def test_other_answers_fail(address: str, golden: Path):
    """One probability that differs in the fourth digit is enough."""
    chances = json.loads(golden.read_text(encoding="utf-8"))["probabilities"]
    chances[5][0] += 1e-4
    change(golden, probabilities=chances)
    result = smoke("--url", address, "--golden", golden)
    assert result.exit_code == 1
    assert result.output.startswith("Error: The golden rows are answered otherwise")


def test_another_model_fails(address: str, golden: Path):
    """Though it might answer these rows alike: the hash is what a model is."""
    change(golden.with_name("signature.json"), sha256="f" * 64)
    result = smoke("--url", address, "--golden", golden)
    assert result.exit_code == 1
    assert "Another model answers" in result.output
    assert smoke("--url", address, "--golden", golden, "--sha256", "e" * 64).exit_code == 1


def test_rows_that_are_refused_fail(address: str, golden: Path):
    """As when the service takes other features."""
    rows = json.loads(golden.read_text(encoding="utf-8"))["rows"]
    change(golden, rows=[{**row, "nonsense": 1} for row in rows])
    result = smoke("--url", address, "--golden", golden)
    assert result.exit_code == 1
    assert "/v1/predict was answered 422" in result.output


def test_who_never_gets_ready_fails_in_time(golden: Path):
    """It says for how long it was waited."""
    result = smoke("--url", f"http://127.0.0.1:{server.free_port()}", "--golden", golden, "--seconds", "0.5")
    assert result.exit_code == 1
    assert "isn't ready after 0.5 seconds" in result.output


def test_without_golden_rows_there_is_one_sentence(tmp_path: Path):
    """It says how to make them."""
    result = smoke("--url", "http://127.0.0.1:1", "--golden", tmp_path / "golden.json")
    assert result.exit_code == 1
    assert "`make pipeline`" in result.output


@pytest.mark.parametrize("text", ["", "[]", '{"rows": []}', '{"rows": [{}], "predictions": []}'])
def test_golden_rows_that_are_none_are_one_sentence(golden: Path, text: str):
    """A damaged file proves nothing."""
    golden.write_text(text, encoding="utf-8")
    result = smoke("--url", "http://127.0.0.1:1", "--golden", golden)
    assert result.exit_code == 1
    assert "is damaged" in result.output


def test_one_of_the_two_ways_has_to_be_named():
    """Which service is meant is never guessed."""
    assert smoke().exit_code == smoke("--url", "http://a", "--bento", "b").exit_code == 2
