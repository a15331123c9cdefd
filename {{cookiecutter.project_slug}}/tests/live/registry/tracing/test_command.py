"""The command `live trace`, asked as a person asks it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

# Records of conftest.py, which tests can't import.
World = Any
LiveTrace = Callable[..., Result]


def assert_sentence(result: Result, *parts: str) -> None:
    """Fail unless the command ended with exit code 1 and one line that has these parts, not a stack trace."""
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
    assert result.output.startswith("Error: ")
    assert result.output.count("\n") == 1
    for part in parts:
        assert part in result.output


def test_a_response_is_followed_back_to_its_data(world: World, live_trace: LiveTrace):
    """As `live predict | live trace -` does."""
    response = {"predictions": [1], "model": {"sha256": world.first.sha256}, "request_id": "1"}
    result = live_trace(world.root, "-", given=json.dumps(response).encode())
    assert result.exit_code == 0, result.output
    assert f"model     {world.first.sha256}" in result.output
    assert result.output.endswith("Every link resolves.\n")
    assert live_trace(world.root, world.first.sha256[:8]).output == result.output


def test_one_model_is_followed_at_once(world: World, live_trace: LiveTrace):
    """From a commit, a notebook or a version too; the first line says how they belong together."""
    commit, notebook = world.first.commit[:12], world.first.md5["reports/03_train.ipynb"]
    assert live_trace(world.root, commit).output.startswith(
        f"One model was named by the dvc.lock of commit {commit}:\n"
    )
    assert live_trace(world.root, "1.0.0").output.startswith("One model was registered as tiny 1.0.0:\n")
    assert live_trace(world.root, world.first.run_id).output.startswith("One model was made by run ")
    assert live_trace(world.root, notebook).output.startswith("One model was made with reports/03_train.ipynb (MD5 ")


def test_several_models_are_listed(world: World, live_trace: LiveTrace):
    """One line each: hash, version, run, commit, and how it was led to."""
    result = live_trace(world.root, world.prose)
    first, second = (line.split("  ") for line in result.output.splitlines()[2:4])
    assert result.exit_code == 0
    assert result.output.startswith(f"commit {world.prose[:12]} led to 2 models:\n")
    assert (first[1], first[2].strip(), first[-1]) == (
        world.first.sha256[:12],
        "1.0.0 former",
        "named by the dvc.lock of",
    )
    assert (second[1], second[2], second[-1]) == (world.second.sha256[:12], "1.1.0 champion", "trained on")
    assert f"`live trace {first[1]}` follows the first of them back." in result.output


def test_a_version_of_bytes_that_another_run_made_too_is_followed_to_its_own(copied: World, live_trace: LiveTrace):
    """Who asks for a run or a version doesn't want the other's."""
    other = copied.client.create_run("1", tags={"stage": "train", "git.commit": copied.prose}).info.run_id
    copied.register(copied.second.sha256, other, "1.2.0")
    assert f"run       {other}" in live_trace(copied.root, "1.2.0").output
    assert f"run       {copied.second.run_id}" in live_trace(copied.root, "1.1.0").output


def test_json_says_the_same(world: World, live_trace: LiveTrace):
    """For programs: what was meant, the models, and the chain if there is one model."""
    one = json.loads(live_trace(world.root, "champion", "--json").output)
    assert one["meaning"] == "tiny 1.1.0"
    assert [model["version"] for model in one["models"]] == ["1.1.0"]
    assert one["chain"]["sha256"] == world.second.sha256
    assert {link["name"]: link["resolved"] for link in one["chain"]["links"]}["notebook"] is True
    many = json.loads(live_trace(world.root, world.prose, "--json").output)
    assert [model["sha256"] for model in many["models"]] == [world.first.sha256, world.second.sha256]
    assert many["chain"] is None


def test_a_broken_link_is_no_failure_of_the_command(copied: World, live_trace: LiveTrace):
    """The model was found; the line with the exclamation mark says what is broken."""
    copied.lose(copied.second, "reports/03_train.ipynb")
    result = live_trace(copied.root, "champion")
    assert result.exit_code == 0
    assert "\n! notebook  " in result.output


def test_quick_believes_the_cache(copied: World, live_trace: LiveTrace):
    """Where the data is so large that hashing it takes minutes."""
    kept = copied.kept(copied.second, "models/model.onnx")
    kept.chmod(0o644)
    kept.write_bytes(b"something else")
    assert "! bytes" in live_trace(copied.root, "champion").output
    assert "! bytes" not in live_trace(copied.root, "champion", "--quick").output


def test_what_nothing_knows_is_one_sentence(world: World, live_trace: LiveTrace):
    """And the exit code tells scripts."""
    assert_sentence(live_trace(world.root, "f" * 64), "Nothing here knows ffff")


def test_what_is_no_response_is_one_sentence(world: World, live_trace: LiveTrace):
    """The error of a service that was down, or nothing at all."""
    for given in (b"", b'{"error": {"code": "internal"}}', b"\xff"):
        assert_sentence(live_trace(world.root, "-", given=given), "What came in is no response", "model.sha256")


def test_outside_a_project_there_is_one_sentence(tmp_path: Path, live_trace: LiveTrace):
    """As everywhere."""
    assert_sentence(live_trace(tmp_path, "champion"), "is in no project")


@pytest.mark.parametrize("text", ["", "- a list\n", "a: [\n"])
def test_parameters_that_can_not_be_read_are_one_sentence(copied: World, live_trace: LiveTrace, text: str):
    """They name the model."""
    copied.write("params.yaml", text)
    assert_sentence(live_trace(copied.root, "champion"), "params.yaml")
