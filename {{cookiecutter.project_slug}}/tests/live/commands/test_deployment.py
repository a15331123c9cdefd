"""`live deploy`, `live deployments` and `live rollback`, up to where a host begins."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.live import cli
from {{cookiecutter.__package}}.live.commands import places

FILES = ("dvc.yaml", "params.yaml")
DEPLOY = Path(__file__).resolve().parents[3] / "deploy"
NEEDS_DEPLOY = pytest.mark.skipif(not DEPLOY.exists(), reason="this project has no target to deploy to")


@pytest.fixture
def root(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in which nothing was trained, with the deploy/ of this one if there is one; the caller is in it."""
    for name in FILES:
        shutil.copy2(project / name, tmp_path)
    if DEPLOY.exists():
        shutil.copytree(DEPLOY, tmp_path / "deploy")
    for name in ("DEPLOY_HOST", "DEPLOY_FOLDER", "DEPLOY_ENVIRONMENT", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def live(*arguments: str) -> Result:
    """Call `live`."""
    return CliRunner().invoke(cli.main, arguments)


def assert_sentence(result: Result, *words: str) -> None:
    """Fail unless the command ended with exit code 1 and one sentence that has these words."""
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
    (line,) = [line for line in result.output.splitlines() if line.startswith("Error: ")]
    assert all(word in line for word in words), line


def test_without_a_target_there_is_one_sentence(root: Path):
    """A project may be made without one."""
    shutil.rmtree(root / "deploy", ignore_errors=True)
    for command in (("deploy", "image:1"), ("deployments",)):
        assert_sentence(live(*command), "made without a target")
    assert not places.is_deployed(root, "production", "ssh://host", "")


@NEEDS_DEPLOY
def test_an_environment_needs_a_name_that_containers_can_have(root: Path):
    """Before anything is asked of the host."""
    assert_sentence(live("deploy", "image:1", "--environment", "../x"), "is no name of an environment")


@NEEDS_DEPLOY
def test_a_host_has_to_be_an_address(root: Path):
    """And rules have to be rules."""
    assert_sentence(live("deploy", "image:1", "--host", "example.org"), "ssh://user@host")
    (root / "deploy" / "canary.yaml").write_text("steps: [7]", encoding="utf-8")
    assert_sentence(live("deploy", "image:1"), "canary.yaml", "rise")


@NEEDS_DEPLOY
def test_without_an_image_and_a_bento_there_is_one_sentence(root: Path):
    """It says how to make both."""
    assert_sentence(live("deploy"), "`make pipeline` and `make image`")


@NEEDS_DEPLOY
def test_before_the_first_release_nothing_answers(root: Path):
    """Which is no error, and leaves nothing behind."""
    result = live("deployments")
    assert (result.exit_code, result.output.splitlines()[0]) == (0, "production: nothing answers yet")
    assert not (root / ".deploy").exists()


@NEEDS_DEPLOY
def test_a_rollback_concerns_a_host_only_where_something_is_deployed(root: Path):
    """Elsewhere it is one of the registry alone."""
    assert not places.is_deployed(root, "production", "", "")
    assert places.is_deployed(root, "production", "ssh://host", "")
    assert_sentence(live("rollback"), "No model is registered")
    assert_sentence(live("rollback", "--only", "image"), "Nothing is deployed as production")
    releases = root / ".deploy" / "production" / "releases.jsonl"
    releases.parent.mkdir(parents=True)
    releases.write_text("", encoding="utf-8")
    assert places.is_deployed(root, "production", "", "")
    assert not places.is_deployed(root, "staging", "", "")
    assert_sentence(live("rollback", "--only", "image"), "There is no image to go back to: nothing else was ever")
    assert_sentence(live("rollback", "--only", "image", "1.0.0"), "1.0.0 was never deployed here")
