"""One comment on a pull request that every run brings up to date."""

from __future__ import annotations

from github.IssueComment import IssueComment

from .connection import Connection, settled
from .texts import is_marked, same


def publish(connection: Connection, number: int, body: str, mark: str, wait: float = 1.0) -> str:
    """Make the marked comment on a pull request say this; return what had to be done: created, updated or nothing."""
    return settled(lambda: publish_once(connection, number, body, mark), wait)


def publish_once(connection: Connection, number: int, body: str, mark: str) -> str:
    """Create the comment, or update it, and delete what another run created at the same time."""
    issue, done = connection.repository.get_issue(number), ""

    def own() -> list[IssueComment]:
        # Anybody can write the mark into a comment of theirs: only those of this token's own author count.
        found = [c for c in issue.get_comments() if is_marked(c.body, mark) and c.user.login == connection.login]
        return sorted(found, key=lambda comment: comment.id)

    comments = own()
    if not comments:
        issue.create_comment(body)
        done, comments = "created", own()
    first, *later = comments
    for comment in later:
        comment.delete()
    if not same(first.body, body):
        first.edit(body)
        done = done or "updated"
    return done or "unchanged"
