"""`live promote`: what is let in, what is refused, and with which words."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core.registry import entries

from .conftest import MODELS, NAME, Project

Add = Callable[[Project, str], Project]


def test_a_version_that_passed_becomes_champion(project: Project):
    """By its semantic version or by MLflow's number; the sentence says what it replaced."""
    assert project.done("promote", "1.0.0") == "made-up 1.0.0 is the champion now.\n"
    assert project.done("promote", str(project.number("1.1.0"))) == (
        "made-up 1.1.0 is the champion now; before it was 1.0.0.\n"
    )
    assert project.champion() == "1.1.0"


def test_without_a_version_the_model_in_models_is_meant(project: Project):
    """The one that the last run of the pipeline left there."""
    project.lay_down("1.2.0")
    project.done("promote")
    assert project.champion() == "1.2.0"


def test_promoting_the_champion_again_writes_nothing(project: Project):
    """It is said, and it is no error."""
    project.done("promote", "1.0.0")
    project.gate("1.0.0", passed=False)
    assert project.done("promote", "1.0.0") == "made-up 1.0.0 is the champion already.\n"
    assert len(project.look().releases) == 1


def test_a_release_says_who_why_and_from_which_commit(project: Project, monkeypatch: pytest.MonkeyPatch):
    """As it was said, whatever quotes, lines and letters are in it."""
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "init", "--quiet"], cwd=project.root, check=True)
    subprocess.run(["git", *who, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=project.root, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=project.root, capture_output=True, text=True, check=True)
    why = 'it\'s "better";\n$HOME is où'
    project.done("promote", "1.0.0", "--why", why)
    (entry,) = json.loads(project.done("history", "--json"))
    assert (entry["who"], entry["why"], entry["commit"]) == ("ada", why, head.stdout.strip())
    monkeypatch.setenv("WHY", "as make says it")
    project.done("promote", "1.1.0")
    assert project.look().releases[-1].why == "as make says it"


def test_the_log_loads_the_very_model_that_was_released(project: Project):
    """Each entry is a version of its own that names the released one."""
    project.done("promote", "1.1.0")
    entry = project.client.get_model_version(f"{NAME}-releases", "1")
    assert entry.source == f"models:/{NAME}/{project.number('1.1.0')}"
    assert entry.run_id == project.look().versions[project.number("1.1.0")].run_id
    released = project.client.get_model_version_download_uri(f"{NAME}-releases", "1")
    assert released == project.client.get_model_version_download_uri(NAME, str(project.number("1.1.0")))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"passed": False, "failed": ("threshold roc_auc", "slice origin")},
            "failed the gate (threshold roc_auc, slice",
        ),
        ({"sha256": "0" * 64}, "is about other bytes"),
        ({"champion": "0" * 64}, "against the champion with sha256 000000000000…, and 1.0.0 is champion now"),
        ({"champion": None}, "against no champion, and 1.0.0 is champion now"),
    ],
    ids=["failed", "other bytes", "other champion", "no champion then"],
)
def test_what_did_not_pass_against_this_champion_is_refused(project: Project, changes: dict, words: str):
    """The sentence says what is wrong and what to do."""
    project.done("promote", "1.0.0")
    project.gate("1.1.0", **changes)
    said = project.refused("promote", "1.1.0")
    assert words in said
    assert "`make pipeline`" in said


def test_a_champion_that_moved_since_is_named_with_the_way_on(project: Project):
    """The gate met 1.0.0; now it is another one."""
    project.done("promote", "1.0.0")
    project.gate("1.1.0", champion=project.sha256("1.0.0"))
    project.done("promote", "1.0.1")
    said = project.refused("promote", "1.1.0")
    assert "against the champion 1.0.0, and 1.0.1 is champion now" in said
    assert "`dvc repro --force --single-item champion`, then `make pipeline`" in said
    project.done("rollback")
    project.done("promote", "1.1.0")


def test_a_verdict_against_a_champion_is_of_no_use_without_one(project: Project):
    """Where the registry has none, the gate has to have met none."""
    project.gate("1.1.0", champion=project.sha256("1.0.0"))
    assert "and there is none now" in project.refused("promote", "1.1.0")
    project.gate("1.1.0", champion=None)
    project.done("promote", "1.1.0")


def test_a_comparison_that_nobody_wanted_is_in_the_history(project: Project):
    """params.yaml may say `compare: false`; what was released without one is marked."""
    project.done("promote", "1.0.0")
    project.gate("1.1.0", champion=project.sha256("1.0.0"))
    project.done("promote", "1.1.0")
    project.done("promote", "1.2.0")
    compared = [entry["compared"] for entry in json.loads(project.done("history", "--json"))]
    assert compared == [False, True, False]
    assert "compared with no champion, by choice" in project.done("history")


@pytest.mark.parametrize("tag", ["", "nonsense", '{"sha256": 1}'])
def test_a_version_without_a_verdict_is_refused(project: Project, tag: str):
    """None, or one that can't be read."""
    number = str(project.number("1.1.0"))
    project.client.set_model_version_tag(NAME, number, entries.GATE, tag)
    assert "has met no gate: `make pipeline`" in project.refused("promote", "1.1.0")


def test_a_version_that_nobody_knows_is_refused(project: Project):
    """The sentence lists those there are."""
    assert project.refused("promote", "9.9.9") == f"Error: made-up has no version 9.9.9; it has {', '.join(MODELS)}.\n"


def test_without_a_model_in_models_there_is_nothing_to_promote(project: Project):
    """Nor with a damaged one."""
    assert "run `make pipeline` first" in project.refused("promote")
    (project.root / "models").mkdir()
    (project.root / "models" / "signature.json").write_text("{", encoding="utf-8")
    assert "signature.json is damaged" in project.refused("promote")


def test_a_model_that_was_trained_elsewhere_is_refused(project: Project, model_folder: Path):
    """It came with `dvc pull`; the sentence names both ways on."""
    model_folder.rename(project.root / "models")
    said = project.refused("promote")
    assert "isn't registered under made-up: set MLFLOW_TRACKING_URI" in said
    assert "`dvc repro --force --single-item train`" in said


def test_before_the_first_run_no_database_is_made(project: Project):
    """Each command says what to do first, and leaves no empty database behind."""
    (project.root / "mlflow.db").unlink()
    for command in ("promote", "rollback", "history", "show"):
        result = project.live(command)
        assert result.exit_code == 1
        assert result.output == "Error: No model is registered under made-up yet: run `make pipeline` first.\n"
    assert not (project.root / "mlflow.db").exists()


def test_with_no_model_under_this_name_each_command_says_so(project: Project):
    """A database of another project, or of drafts only."""
    (project.root / "params.yaml").write_text("name: another\n", encoding="utf-8")
    project.lay_down("1.0.0")
    for command in (("promote",), ("promote", "1.0.0"), ("rollback", "1.0.0"), ("show",)):
        result = project.live(*command)
        assert result.exit_code == 1
        assert result.output == "Error: No model is registered under another yet: run `make pipeline` first.\n"


def test_outside_a_project_and_without_a_name_each_command_says_so(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of params.yaml, only the name has to be right: a rollback must not fail for a misspelt key."""
    (project.root / "params.yaml").write_text("nome: made-up\n", encoding="utf-8")
    assert "name is missing" in project.live("rollback").output
    (project.root / "params.yaml").write_text("name: made-up\nnonsense: 1\n", encoding="utf-8")
    project.done("promote", "1.0.0")
    (project.root / "dvc.yaml").unlink()
    assert "is in no project" in project.live("promote").output


def test_a_server_that_is_down_is_one_sentence(project: Project):
    """Of every command, before anything else is tried."""
    project = project._replace(server="http://127.0.0.1:9")
    for command in ("promote", "rollback", "history", "show", "champion"):
        result = project.live(command)
        assert result.exit_code == 1
        assert "MLFLOW_TRACKING_URI names http://127.0.0.1:9, where no server answers" in result.output
        assert result.output.count("\n") == 1
