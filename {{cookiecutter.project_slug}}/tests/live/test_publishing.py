"""What is refused before an image is pushed, and what is said when nothing is. Pushing itself needs a registry."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from {{cookiecutter.__package}}.live import cli, images, publishing


@pytest.mark.parametrize("command", ["promote", "rollback"])
def test_in_a_workflow_without_a_registry_no_alias_is_moved(command: str, monkeypatch: pytest.MonkeyPatch):
    """What a job would write to its own disk is gone with it; one line says so."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    result = CliRunner().invoke(cli.main, [command])
    assert "without the secret MLFLOW_TRACKING_URI there is no registry that outlives this job" in result.output
    assert result.exit_code == (command == "rollback")


@pytest.mark.parametrize(
    "repository", ["flights", "r.example/Owner/f", "https://r.example/o/f", "r.example/o/f:1", "a b/c"]
)
def test_what_is_no_repository_is_refused(repository: str):
    """Before anything is logged in to."""
    with pytest.raises(images.ImageError, match="is no repository of images"):
        publishing.publish("docker", "flights:1", repository, {})


@pytest.mark.parametrize(
    ("repository", "environ", "words"),
    [
        ("", {}, "IMAGE_REPOSITORY"),
        ("r.example/o/f", {}, "STAGING_HOST or PRODUCTION_HOST"),
        ("r.example/o/f", {"STAGING_HOST": "", "PRODUCTION_HOST": ""}, "STAGING_HOST or PRODUCTION_HOST"),
        ("r.example/o/f", {"PRODUCTION_HOST": "local"}, ""),
    ],
)
def test_what_is_missing_is_said(repository: str, environ: dict[str, str], words: str):
    """One line, which names the setting; nothing where everything is set."""
    said = publishing.what_is_missing(repository, environ)
    assert words in said
    assert bool(said) is bool(words)


def test_the_token_of_a_workflow_is_for_github_alone(monkeypatch: pytest.MonkeyPatch):
    """Another registry gets a password of its own, or none."""
    calls: list[tuple[list[str], str]] = []
    monkeypatch.setattr(publishing, "call", lambda command, _, given="": calls.append((command, given)))
    token = {"GITHUB_TOKEN": "ghs_hush", "GITHUB_ACTOR": "ada"}
    publishing.log_in("docker", "registry.example.org", token)
    assert calls == []
    publishing.log_in("docker", "r.example", token | {"REGISTRY_LOGIN": "github"})
    publishing.log_in("docker", "registry.example.org", {**token, "REGISTRY_USER": "ci", "REGISTRY_PASSWORD": "own"})
    assert [(command[3], command[-1], given) for command, given in calls] == [
        ("ada", "r.example", "ghs_hush"),
        ("ci", "registry.example.org", "own"),
    ]


def test_without_a_repository_it_says_so_and_is_content(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """In a new project nothing is set, and CD is green."""
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        monkeypatch.setenv(name, str(tmp_path / name))
    monkeypatch.delenv("IMAGE_REPOSITORY", raising=False)
    result = CliRunner().invoke(cli.main, ["publish", "flights:1.0.0"])
    assert result.exit_code == 0
    assert "set the variable IMAGE_REPOSITORY" in result.output
    assert (tmp_path / "GITHUB_OUTPUT").read_text() == "image=\nname=\ndigest=\n"
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text().strip() == result.output.strip()
