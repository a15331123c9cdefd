"""What GitHub refuses, and what stands between: one sentence each, and never the token."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Lab
from .github_server import Fault, Server

RATE = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "99999999999"))
REFUSALS = {
    "only read": (Fault("POST", 403, "Resource not accessible by integration"), "`pull-requests: write`"),
    "no such place": (Fault("GET .*/issues/", 404), "it isn't there, or GITHUB_TOKEN may not see it"),
    "invalid": (Fault("POST", 422), "invalid (422)"),
    "down for long": (Fault("GET .*/issues/", 500), "GitHub answers with errors"),
    "down for writing": (Fault("POST", 502), "GitHub answers with 502"),
    "limited": (Fault("GET .*/issues/", 403, "API rate limit exceeded for installation", RATE), "rate limit is used"),
    "limited elsewhere": (Fault("POST", 429, "Too Many Requests"), "rate limit is used up"),
    "wrong token": (Fault(".", 401, "Bad credentials"), "GitHub doesn't know GITHUB_TOKEN"),
}


@pytest.fixture
def number(server: Server) -> int:
    """A pull request."""
    return server.add_issue(pull_request={"head": "change", "base": "main"})


@pytest.mark.parametrize(("fault", "words"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_one_sentence(server: Server, lab: Lab, report: Path, number: int, fault: Fault, words: str):
    """It says what couldn't be done, why, and what to do; nothing is left half done."""
    server.faults.append(fault)
    result = lab("comment", report, "--pull-request", number)
    assert result.exit_code == 1
    assert result.output.startswith(f"Error: A comment on #{number} can't be written: ")
    assert words in result.output
    assert server.comments == {}


def test_a_token_that_may_only_read_is_no_failure_where_that_is_expected(
    server: Server, lab: Lab, report: Path, number: int
):
    """As in the runs for Dependabot: the same sentence, and the workflow stays green."""
    server.faults.append(Fault("POST", 403, "Resource not accessible by integration"))
    result = lab("comment", report, "--pull-request", number, "--if-allowed")
    assert (result.exit_code, result.output.startswith("A comment on #")) == (0, True)
    assert "`pull-requests: write`" in result.output


def test_other_refusals_stay_failures(server: Server, lab: Lab, report: Path, number: int):
    """Being allowed is one thing, being there another."""
    assert lab("comment", report, "--pull-request", 99, "--if-allowed").exit_code == 1


def test_a_person_s_token_writes_in_their_name(server: Server, lab: Lab, report: Path, number: int):
    """The bot's comment isn't theirs to update."""
    server.add_comment(number, "<!-- lab: model -->\nof the bot")
    server.login = "ada"
    assert lab("comment", report, "--pull-request", number).output == "comment created\n"
    assert lab("comment", report, "--pull-request", number).output == "comment unchanged\n"


def test_a_network_that_is_gone_is_said_so(lab: Lab, report: Path, monkeypatch: pytest.MonkeyPatch):
    """Nothing listens there."""
    monkeypatch.setenv("GITHUB_API_URL", "http://127.0.0.1:9")
    assert "GitHub can't be reached" in lab("comment", report, "--pull-request", 1).output


@pytest.mark.parametrize("name", ["GITHUB_TOKEN", "GITHUB_REPOSITORY"])
def test_outside_of_a_workflow_it_says_what_is_missing(
    lab: Lab, report: Path, monkeypatch: pytest.MonkeyPatch, name: str
):
    """The variable by its name."""
    monkeypatch.delenv(name)
    assert lab("comment", report, "--pull-request", 1).output.startswith(f"Error: {name} is not set")
