"""`lab issue`: one open issue for as long as something is wrong."""

from __future__ import annotations

from pathlib import Path

from .conftest import Lab
from .github_server import Fault, Server

TITLE = ("--title", "The service needs somebody")


def texts(server: Server) -> list[str]:
    """Return the texts of the open issues."""
    return [issue["body"] for issue in server.open_issues()]


def test_ill_well_and_ill_again(server: Server, lab: Lab, report: Path):
    """Opened, updated, left alone, closed with a word; the next trouble is a new issue."""
    for number in range(3):
        server.add_issue("Something else", login="ada", title=str(number))
    assert lab("issue", report, *TITLE).output == "issue #4 opened\n"
    report.write_text("# Worse\n", encoding="utf-8")
    assert lab("issue", report, *TITLE, "--outcome", "failure").output == "issue #4 updated\n"
    before = len(server.writes)
    assert lab("issue", report, *TITLE).output == "issue #4 unchanged\n"
    assert len(server.writes) == before
    assert lab("issue", report, *TITLE, "--outcome", "success").output == "issue #4 closed\n"
    assert server.issues[4]["state"] == "closed"
    assert [comment["issue"] for comment in server.comments.values()] == [4]
    assert lab("issue", report, *TITLE, "--outcome", "success").output == "there is no open issue\n"
    assert lab("issue", report, *TITLE).output == "issue #6 opened\n"
    assert len(server.open_issues()) == 4


def test_nobody_looked(server: Server, lab: Lab, report: Path):
    """A cancelled run knows nothing, and asks nothing."""
    assert "stays as it is" in lab("issue", report, *TITLE, "--outcome", "cancelled").output
    assert server.calls == []


def test_a_job_that_ended_without_a_report_has_failed(server: Server, lab: Lab, tmp_path: Path):
    """The issue says where to look."""
    lab("issue", tmp_path / "none.md", *TITLE)
    assert "actions/runs/7" in texts(server)[0]


def test_of_two_at_once_one_stays_open(server: Server, lab: Lab, report: Path):
    """The later one is closed."""
    body = "<!-- lab: model -->\nof the other run"
    server.between[r"GET .*/issues"] = lambda: server.add_issue(body, title="x")
    assert lab("issue", report, *TITLE).output == "issue #1 opened\n"
    assert texts(server) == ["<!-- lab: model -->\n# The gate lets this model pass"]
    assert server.issues[2]["state"] == "closed"


def test_a_marked_pull_request_is_no_issue(server: Server, lab: Lab, report: Path):
    """GitHub lists both together."""
    server.add_issue("<!-- lab: model -->\nx", pull_request={"head": "a", "base": "main"})
    assert lab("issue", report, *TITLE).output == "issue #2 opened\n"


def test_an_answer_that_is_lost_opens_no_second(server: Server, lab: Lab, report: Path):
    """Nor closes with two words."""
    server.faults.append(Fault(r"POST .*/issues$", 502, times=1, done=True))
    lab("issue", report, *TITLE)
    assert len(server.open_issues()) == 1
    server.faults.append(Fault(r"PATCH .*/issues/1", 502, times=1, done=True))
    lab("issue", report, *TITLE, "--outcome", "success")
    assert server.open_issues() == []
    assert len(server.comments) <= 1
