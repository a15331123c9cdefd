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


def test_a_version_that_passed_becomes_champion(registered: Project):
    """By its semantic version or by MLflow's number; the sentence says what it replaced."""
    assert registered.done("promote", "1.0.0") == "made-up 1.0.0 is the champion now.\n"
    assert registered.done("promote", str(registered.number("1.1.0"))) == (
        "made-up 1.1.0 is the champion now; before it was 1.0.0.\n"
    )
    assert registered.champion() == "1.1.0"


def test_without_a_version_the_model_in_models_is_meant(registered: Project):
    """The one that the last run of the pipeline left there."""
    registered.lay_down("1.2.0")
    registered.done("promote")
    assert registered.champion() == "1.2.0"


def test_promoting_the_champion_again_writes_nothing(registered: Project):
    """It is said, and it is no error."""
    registered.done("promote", "1.0.0")
    registered.gate("1.0.0", passed=False)
    assert registered.done("promote", "1.0.0") == "made-up 1.0.0 is the champion already.\n"
    assert len(registered.look().releases) == 1


def test_a_release_says_who_why_and_from_which_commit(registered: Project, monkeypatch: pytest.MonkeyPatch):
    """As it was said, whatever quotes, lines and letters are in it."""
    who = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "init", "--quiet"], cwd=registered.root, check=True)
    subprocess.run(["git", *who, "commit", "--quiet", "--allow-empty", "-m", "x"], cwd=registered.root, check=True)
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=registered.root, capture_output=True, text=True, check=True)
    why = 'it\'s "better";\n$HOME is où'
    registered.done("promote", "1.0.0", "--why", why)
    (entry,) = json.loads(registered.done("history", "--json"))
    assert (entry["who"], entry["why"], entry["commit"]) == ("ada", why, head.stdout.strip())
    monkeypatch.setenv("WHY", "as make says it")
    registered.done("promote", "1.1.0")
    assert registered.look().releases[-1].why == "as make says it"


def test_the_log_loads_the_very_model_that_was_released(registered: Project):
    """Each entry is a version of its own that names the released one."""
    registered.done("promote", "1.1.0")
    entry = registered.client.get_model_version(f"{NAME}-releases", "1")
    assert entry.source == f"models:/{NAME}/{registered.number('1.1.0')}"
    assert entry.run_id == registered.look().versions[registered.number("1.1.0")].run_id
    released = registered.client.get_model_version_download_uri(f"{NAME}-releases", "1")
    assert released == registered.client.get_model_version_download_uri(NAME, str(registered.number("1.1.0")))


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
def test_what_did_not_pass_against_this_champion_is_refused(registered: Project, changes: dict, words: str):
    """The sentence says what is wrong and what to do."""
    registered.done("promote", "1.0.0")
    registered.gate("1.1.0", **changes)
    said = registered.refused("promote", "1.1.0")
    assert words in said
    assert "`make pipeline`" in said


def test_a_champion_that_moved_since_is_named_with_the_way_on(registered: Project):
    """The gate met 1.0.0; now it is another one."""
    registered.done("promote", "1.0.0")
    registered.gate("1.1.0", champion=registered.sha256("1.0.0"))
    registered.done("promote", "1.0.1")
    said = registered.refused("promote", "1.1.0")
    assert "against the champion 1.0.0, and 1.0.1 is champion now" in said
    assert "`live champion` fetches it, `make pipeline` compares again" in said
    registered.done("rollback")
    registered.done("promote", "1.1.0")


def test_a_verdict_against_a_champion_is_of_no_use_without_one(registered: Project):
    """Where the registry has none, the gate has to have met none."""
    registered.gate("1.1.0", champion=registered.sha256("1.0.0"))
    assert "and there is none now" in registered.refused("promote", "1.1.0")
    registered.gate("1.1.0", champion=None)
    registered.done("promote", "1.1.0")


def test_a_comparison_that_nobody_wanted_is_in_the_history(registered: Project):
    """params.yaml may say `compare: false`; what was released without one is marked."""
    registered.done("promote", "1.0.0")
    registered.gate("1.1.0", champion=registered.sha256("1.0.0"))
    registered.done("promote", "1.1.0")
    registered.done("promote", "1.2.0")
    compared = [entry["compared"] for entry in json.loads(registered.done("history", "--json"))]
    assert compared == [False, True, False]
    assert "compared with no champion, by choice" in registered.done("history")


@pytest.mark.parametrize("tag", ["", "nonsense", '{"sha256": 1}'])
def test_a_version_without_a_verdict_is_refused(registered: Project, tag: str):
    """None, or one that can't be read."""
    number = str(registered.number("1.1.0"))
    registered.client.set_model_version_tag(NAME, number, entries.GATE, tag)
    assert "has met no gate yet: `make pipeline`" in registered.refused("promote", "1.1.0")


def test_a_version_that_nobody_knows_is_refused(registered: Project):
    """The sentence lists those there are."""
    assert (
        registered.refused("promote", "9.9.9") == f"Error: made-up has no version 9.9.9; it has {', '.join(MODELS)}.\n"
    )


def test_without_a_model_in_models_there_is_nothing_to_promote(registered: Project):
    """Nor with a damaged one."""
    assert "run `make pipeline` first" in registered.refused("promote")
    (registered.root / "models").mkdir()
    (registered.root / "models" / "signature.json").write_text("{", encoding="utf-8")
    assert "signature.json is damaged" in registered.refused("promote")


def test_a_model_that_was_trained_elsewhere_is_refused(registered: Project, model_folder: Path):
    """It came with `dvc pull`; the sentence names both ways on."""
    model_folder.rename(registered.root / "models")
    said = registered.refused("promote")
    assert "isn't registered under made-up: set MLFLOW_TRACKING_URI" in said
    assert "`dvc repro --force --single-item train`" in said


def test_before_the_first_run_no_database_is_made(registered: Project):
    """Each command says what to do first, and leaves no empty database behind."""
    (registered.root / "mlflow.db").unlink()
    for command in ("promote", "rollback", "history", "show"):
        result = registered.live(command)
        assert result.exit_code == 1
        assert result.output == "Error: No model is registered under made-up yet: run `make pipeline` first.\n"
    assert not (registered.root / "mlflow.db").exists()


def test_with_no_model_under_this_name_each_command_says_so(registered: Project):
    """A database of another registered, or of drafts only."""
    (registered.root / "params.yaml").write_text("name: another\n", encoding="utf-8")
    registered.lay_down("1.0.0")
    for command in (("promote",), ("promote", "1.0.0"), ("rollback", "1.0.0"), ("show",)):
        result = registered.live(*command)
        assert result.exit_code == 1
        assert result.output == "Error: No model is registered under another yet: run `make pipeline` first.\n"


def test_outside_a_project_and_without_a_name_each_command_says_so(
    registered: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Of params.yaml, only the name has to be right: a rollback must not fail for a misspelt key."""
    (registered.root / "params.yaml").write_text("nome: made-up\n", encoding="utf-8")
    assert "name is missing" in registered.live("rollback").output
    (registered.root / "params.yaml").write_text("name: made-up\nnonsense: 1\n", encoding="utf-8")
    registered.done("promote", "1.0.0")
    (registered.root / "dvc.yaml").unlink()
    assert "is in no project" in registered.live("promote").output


def test_a_server_that_is_down_is_one_sentence(registered: Project):
    """Of every command, before anything else is tried."""
    registered = registered._replace(server="http://127.0.0.1:9")
    for command in ("promote", "rollback", "history", "show", "champion"):
        result = registered.live(command)
        assert result.exit_code == 1
        assert "MLFLOW_TRACKING_URI names http://127.0.0.1:9, where no server answers" in result.output
        assert result.output.count("\n") == 1


DIGEST = "sha256:" + "ab" * 32


def test_an_image_is_noted_with_the_version(registered: Project):
    """When it is promoted, and when it is champion already; `live show` says it."""
    registered.done("promote", "1.0.0", "--digest", DIGEST)
    assert registered.look().champion.image == DIGEST
    assert DIGEST in registered.done("show")
    registered.done("promote", "1.0.0", "--digest", f"registry.example.org/a/b@{DIGEST}")
    assert registered.look().champion.image == f"registry.example.org/a/b@{DIGEST}"
    assert len(registered.look().releases) == 1


@pytest.mark.parametrize("digest", ["latest", "sha256:abc", "a b@" + DIGEST, DIGEST + "0"])
def test_a_digest_that_is_none_is_refused(registered: Project, digest: str):
    """Before anything is asked."""
    assert registered.live("promote", "1.0.0", "--digest", digest).exit_code == 2
    assert registered.champion() is None
