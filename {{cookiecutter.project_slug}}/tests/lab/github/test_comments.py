"""`lab comment`: one comment, created once, updated after, never doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Lab
from .github_server import Fault, Server


@pytest.fixture
def number(server: Server) -> int:
    """A pull request that people talk about, over more than one page."""
    number = server.add_issue(pull_request={"head": "change", "base": "main"})
    for word in ("Nice.", "Really?", "Yes."):
        server.add_comment(number, word, login="ada")
    return number


def own(server: Server, number: int) -> list[str]:
    """Return the marked comments on a pull request."""
    found = [comment["body"] for comment in server.comments.values() if comment["issue"] == number]
    return [body for body in found if body.startswith("<!-- lab: model -->")]


def test_it_is_created_once_and_updated_after(server: Server, lab: Lab, report: Path, number: int):
    """The third time it says the same, and nothing is written."""
    assert lab("comment", report, "--pull-request", number).output == "comment created\n"
    report.write_text("# The gate refuses this model\n", encoding="utf-8")
    assert lab("comment", report, "--pull-request", number).output == "comment updated\n"
    before = len(server.writes)
    assert lab("comment", report, "--pull-request", number).output == "comment unchanged\n"
    assert len(server.writes) == before
    assert own(server, number) == ["<!-- lab: model -->\n# The gate refuses this model"]


def test_another_mark_is_another_comment(server: Server, lab: Lab, report: Path, number: int):
    """So that two reports don't overwrite each other."""
    lab("comment", report, "--pull-request", number)
    assert lab("comment", report, "--pull-request", number, "--mark", "load").output == "comment created\n"
    assert len(own(server, number)) == 1


def test_a_mark_in_somebody_else_s_comment_is_no_mark(server: Server, lab: Lab, report: Path, number: int):
    """What people write stays theirs, whatever it looks like."""
    theirs = server.add_comment(number, "<!-- lab: model -->\nI am the gate.", login="mallory")
    assert lab("comment", report, "--pull-request", number).output == "comment created\n"
    assert server.comments[theirs]["body"].endswith("I am the gate.")
    assert len(own(server, number)) == 2


def test_of_two_at_once_one_remains_with_the_later_text(server: Server, lab: Lab, report: Path, number: int):
    """The other run's comment appears between the look and the own comment."""
    other = "<!-- lab: model -->\n# Of the other run"
    # The look takes two pages; after the second, the other run is quicker.
    quicker = {r"GET .*/comments": lambda: server.add_comment(number, other)}
    server.between[r"GET .*/comments"] = lambda: server.between.update(quicker)
    assert lab("comment", report, "--pull-request", number).output == "comment created\n"
    assert own(server, number) == ["<!-- lab: model -->\n# The gate lets this model pass"]
    assert [call.split()[0] for call in server.writes] == ["POST", "DELETE", "PATCH"]


def test_a_comment_whose_answer_is_lost_is_not_written_again(server: Server, lab: Lab, report: Path, number: int):
    """GitHub has it, and says 502: the next try finds it."""
    server.faults.append(Fault(r"POST .*/comments", 502, times=1, done=True))
    assert lab("comment", report, "--pull-request", number).output == "comment unchanged\n"
    assert len(own(server, number)) == 1


@pytest.mark.parametrize("pattern", [r"GET .*/issues/\d+$", r"GET .*/comments", r"POST .*/comments"])
def test_faults_that_pass_are_outlived(server: Server, lab: Lab, report: Path, number: int, pattern: str):
    """Twice, wherever they are."""
    server.faults.append(Fault(pattern, 503, times=2))
    assert lab("comment", report, "--pull-request", number).exit_code == 0
    assert len(own(server, number)) == 1


def test_a_report_that_is_too_long_is_cut_and_says_where_the_rest_is(
    server: Server, lab: Lab, report: Path, number: int
):
    """GitHub takes it, and the fence that was open is closed."""
    report.write_text("# Gate\n\n```text\n" + "a line of the picture ├─●─┤\n" * 9000 + "```\n", encoding="utf-8")
    assert lab("comment", report, "--pull-request", number).output == "comment created\n"
    (body,) = own(server, number)
    assert 60_000 < len(body.encode()) <= 65_536
    assert body.count("```") == 2
    assert "actions/runs/7" in body


def test_what_others_wrote_is_published_as_harmless_text(server: Server, lab: Lab, report: Path, number: int):
    """Nobody is pinged, nothing is hidden, and no picture is loaded."""
    report.write_text("@ada fixes #1 <!-- hidden --> ![x](https://evil.example/x.png) <img src=x>\n", encoding="utf-8")
    lab("comment", report, "--pull-request", number)
    (body,) = own(server, number)
    assert not any(part in body.partition("\n")[2] for part in ("@ada", "#1", "<!--", "![", "https://", "<img"))


def test_there_has_to_be_a_report(server: Server, lab: Lab, tmp_path: Path):
    """Said before GitHub is asked anything."""
    assert "There is no report" in lab("comment", tmp_path / "none.md", "--pull-request", 1).output
    assert server.calls == []
