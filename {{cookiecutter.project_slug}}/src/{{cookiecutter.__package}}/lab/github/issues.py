"""One open issue for as long as something is wrong."""

from __future__ import annotations

from github.Issue import Issue

from .connection import Connection, settled
from .texts import is_marked, same


def tell(connection: Connection, title: str, body: str, mark: str, wait: float = 1.0) -> str:
    """Make the one open issue with the mark say this; return what had to be done and its number."""
    return settled(lambda: tell_once(connection, title, body, mark), wait)


def tell_once(connection: Connection, title: str, body: str, mark: str) -> str:
    """Open the issue, or update it, and close what another run opened at the same time."""
    issues, done = own(connection, mark), ""
    if not issues:
        connection.repository.create_issue(title, body)
        done, issues = "opened", own(connection, mark)
    first, *later = issues
    for issue in later:
        issue.edit(state="closed", state_reason="not_planned")
    if not same(first.body, body) or first.title != title:
        first.edit(title=title, body=body)
        done = done or "updated"
    return f"issue #{first.number} {done or 'unchanged'}"


def close(connection: Connection, reason: str, mark: str, wait: float = 1.0) -> str:
    """Close the open issue with the mark, with a word on why; return what had to be done."""
    return settled(lambda: close_once(connection, reason, mark), wait)


def close_once(connection: Connection, reason: str, mark: str) -> str:
    """Close every open issue with the mark, which is one at most."""
    issues = own(connection, mark)
    for issue in issues:
        # Closed first: when the answer is lost and this is repeated, nothing is said twice.
        issue.edit(state="closed", state_reason="completed")
        issue.create_comment(reason)
    return ", ".join(f"issue #{issue.number} closed" for issue in issues) or "there is no open issue"


def own(connection: Connection, mark: str) -> list[Issue]:
    """Return the open issues with the mark that this token's own author opened, the oldest first."""
    found = connection.repository.get_issues(state="open", sort="created", direction="asc")
    mine = [issue for issue in found if is_marked(issue.body, mark) and issue.user.login == connection.login]
    return sorted((issue for issue in mine if issue.pull_request is None), key=lambda issue: issue.number)
