"""The commands of workflows that say something on GitHub. PyGithub is imported only where one of them runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ...core.project import WorkspaceError, find_root

MARK = click.option("--mark", default="model", show_default=True, help="Which of the texts it is; each has one place.")
IF_ALLOWED = click.option("--if-allowed", is_flag=True, help="Say so and succeed where the token may only read.")
WAIT = click.option("--wait", type=click.FloatRange(min=0), default=1.0, hidden=True)
REPORT = click.argument("report", type=click.Path(path_type=Path))


@click.command(short_help="Publish a report as the one comment on a pull request.")
@REPORT
@click.option("--pull-request", "number", type=click.IntRange(min=1), required=True, envvar="PULL_REQUEST")
@MARK
@IF_ALLOWED
@WAIT
def comment(report: Path, number: int, mark: str, if_allowed: bool, wait: float) -> None:
    """Publish REPORT as a comment: created once, updated after, left alone where it says the same."""
    from . import texts

    def publish() -> str:
        from .comments import publish
        from .connection import connect

        return f"comment {publish(connect(os.environ, wait), number, body, mark, wait)}"

    with told():
        body = texts.marked(texts.read_report(report), mark, os.environ)
    finish(f"A comment on #{number} can't be written", "pull-requests", publish, if_allowed)


@click.command(short_help="Keep one issue open while something is wrong.")
@REPORT
@click.option("--title", required=True, help="Of the issue.")
@click.option(
    "--outcome",
    type=click.Choice(["success", "failure", "cancelled", "skipped"]),
    default="failure",
    envvar="OUTCOME",
    show_default=True,
    help="Of the job that looked: a failure opens or updates the issue, a success closes it.",
)
@MARK
@IF_ALLOWED
@WAIT
def issue(report: Path, title: str, outcome: str, mark: str, if_allowed: bool, wait: float) -> None:
    """Publish REPORT as an issue: opened once, updated after, closed when all is well again."""
    from . import texts

    def publish() -> str:
        from . import issues
        from .connection import connect

        connection = connect(os.environ, wait)
        if outcome == "success":
            return issues.close(connection, f"All is well again: {texts.run_of(os.environ)}.", mark, wait)
        return issues.tell(connection, title, body, mark, wait)

    if outcome in ("cancelled", "skipped"):
        click.echo("Nobody looked: the issue stays as it is.")
        return
    with told():
        # A job that ended before it could write has failed all the more.
        ended = f"It ended without a report: {texts.run_of(os.environ)}."
        known = texts.read_report(report) if report.exists() else ended
        body = texts.marked(known, mark, os.environ)
    finish("An issue can't be written", "issues", publish, if_allowed)


@click.command(short_help="Propose new results as the one pull request of a branch.")
@click.option(
    "--from", "folder", type=click.Path(path_type=Path), help="Where dvc.lock and metrics/ lie; default: here."
)
@click.option("--title", required=True, help="Of the commit and the pull request.")
@click.option("--body", "report", type=click.Path(path_type=Path), help="The text of the pull request.")
@click.option("--branch", default="lab/retrain", show_default=True, help="The branch that this command alone writes.")
@click.option("--base", default="main", envvar="BASE_BRANCH", show_default=True, help="The branch to be merged into.")
@click.option("--dispatch", "workflows", multiple=True, metavar="FILE", help="A workflow to start on the branch.")
@MARK
@IF_ALLOWED
@WAIT
def propose(
    folder: Path | None,
    title: str,
    report: Path | None,
    branch: str,
    base: str,
    workflows: tuple[str, ...],
    mark: str,
    if_allowed: bool,
    wait: float,
) -> None:
    """Propose dvc.lock and metrics/ as another job left them, on top of the commit that is checked out.

    The branch, its commit and its pull request are made through GitHub's API; there is one of each, brought up to date.
    """
    from ..git.repository import git
    from . import texts

    def publish() -> str:
        from . import proposals
        from .connection import connect

        connection = connect(os.environ, wait)
        wanted = proposals.Proposal(branch, base, commit, files, title, body, mark)
        made = proposals.propose(connection, wanted, wait)
        for workflow in workflows if made.moved else ():
            proposals.dispatch(connection, workflow, branch)
        return made.said

    with told():
        root = find_root(Path.cwd())
        files = proposed_files(folder or root, git(root, "rev-parse", "--show-prefix"))
        commit = git(root, "rev-parse", "HEAD")
        text = texts.read_report(report) if report else "New results of the pipeline."
        body = texts.marked(text, mark, os.environ)
    finish(f"{branch} can't be proposed", "contents", publish, if_allowed)


def proposed_files(folder: Path, prefix: str) -> dict[str, str]:
    """Return the texts of dvc.lock and metrics/*.json in a folder, by their path in the repository; nothing else.

    Raises:
        WorkspaceError: there is no dvc.lock, or one of them is no text.
    """
    chosen = [folder / "dvc.lock", *sorted((folder / "metrics").glob("*.json"))]
    try:
        texts = {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in chosen}
    except (OSError, ValueError) as error:
        reason = f"{type(error).__name__}: {error}"
        raise WorkspaceError(
            f"There are no results to propose in {folder} ({reason}): run the pipeline first."
        ) from None
    return {f"{prefix}{path}": text for path, text in texts.items()}


def finish(what: str, permission: str, publish: Callable[[], str], if_allowed: bool) -> None:
    """Publish, and say what was done; where the token may not, that is no failure if so wanted."""
    from .errors import GithubError, sentences

    with told():
        try:
            with sentences(what, permission):
                said = publish()
        except GithubError as error:
            if not (if_allowed and error.forbidden):
                raise
            said = str(error)
    click.echo(said)


@contextmanager
def told() -> Iterator[None]:
    """End the command with one sentence where something isn't as it should be."""
    try:
        yield
    except WorkspaceError as error:
        raise click.ClickException(str(error)) from None
