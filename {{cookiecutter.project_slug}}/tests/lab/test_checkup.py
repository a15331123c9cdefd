"""`lab checkup`: what there is to ask, and one report on all of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.lab import checkup
from {{cookiecutter.__package}}.lab.judging import commands


def run(*arguments: str) -> Result:
    """Run the command to its end."""
    return CliRunner().invoke(commands.checkup, arguments)


@pytest.fixture(autouse=True)
def no_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is deployed, unless a test says so."""
    for name in ("SERVICE_URL", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)


def test_all_is_well(pipeline_ran: Path):
    """What can't be asked is said, and is no fault."""
    result = run()
    assert result.exit_code == 0, result.output
    assert result.output.startswith("# All that was asked is well")
    assert result.output.count("✓") == 2
    assert "No address is set: SERVICE_URL names it" in result.output
    assert (pipeline_ran / checkup.REPORT).read_text(encoding="utf-8").strip() == result.output.strip()


def test_what_is_wrong_is_shown_as_the_command_said_it(pipeline_ran: Path, monkeypatch: pytest.MonkeyPatch):
    """A copy that doesn't keep its promise, and a service that isn't there; the summary has it, too."""
    copy = pipeline_ran / "reports" / "03_third.ipynb"
    content = copy.read_text(encoding="utf-8").replace("third done: yes", "third done: no")
    copy.unlink()
    copy.write_text(content, encoding="utf-8")
    summary = pipeline_ran / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    (pipeline_ran / "models" / "golden.json").write_text("{}", encoding="utf-8")
    result = run("--service", "http://127.0.0.1:9")
    assert result.exit_code == 1
    assert result.output.startswith("# 3 of 3 looks found something")
    assert "$ lab replay" in result.output
    assert "$ live smoke --url http://127.0.0.1:9" in result.output
    assert summary.read_text(encoding="utf-8").startswith("# 3 of 3")


def test_a_project_that_never_ran_is_not_ill(pipeline_ran: Path):
    """As on the day it was made."""
    (pipeline_ran / "dvc.lock").unlink()
    result = run("--service", "http://127.0.0.1:9")
    assert result.exit_code == 0
    assert result.output.count("The pipeline has never run") == 3


def test_what_a_command_says_ends_no_block_of_code():
    """And of a long story the end is told."""
    said = "\n".join(["```", "# not a heading", *map(str, range(99))])
    text = checkup.told(checkup.Finding(checkup.Check("Well?", ("lab", "status")), False, said))
    assert text.count("```") == 2
    assert "98\n```" in text
    assert len(text.splitlines()) < 50


def test_outside_of_a_project_it_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """As all commands."""
    monkeypatch.chdir(tmp_path)
    result = run()
    assert (result.exit_code, result.output.startswith("Error: ")) == (1, True)
    assert json.dumps(result.output).count("\\n") == 1
