"""The commands that judge: a change to the model by `lab champion` and `lab judge`, what is live by `lab checkup`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ...core.project import WorkspaceError, find_root
from ..patience import OFFICIAL_CELL_SECONDS

AGAINST = click.option(
    "--against",
    "revision",
    default="origin/main",
    envvar="BASE",
    show_default=True,
    metavar="REVISION",
    help="The commit or branch whose dvc.lock names the champion.",
)


@click.command(short_help="Lay down the champion that a branch's dvc.lock names.")
@AGAINST
@click.option("--into", "folder", default=".draft/champion", type=click.Path(path_type=Path), show_default=True)
def champion(revision: str, folder: Path) -> None:
    """Put the model into a folder that another commit's dvc.lock names, and say where it comes from.

    It comes from DVC's cache, from its remote, or is reproduced from that commit. LIVE_CHAMPION=FOLDER then makes the
    pipeline compare with it. Where MLFLOW_TRACKING_URI is set, the registry's champion is the champion, and the folder
    only says so. Where there is none, it says why, and the exit code is 0 all the same.
    """
    from .champion import lay_champion

    root = found_root()
    try:
        found = lay_champion(root, revision, root / folder, os.environ, lambda said: click.echo(said, err=True))
    except WorkspaceError as error:
        raise click.ClickException(str(error)) from None
    click.echo(found.says)


@click.command(short_help="Judge this model against main's champion, without training.")
@AGAINST
@OFFICIAL_CELL_SECONDS
def judge(revision: str, cell_seconds: float) -> None:
    """Judge the model in models/ against the champion of another branch, on the held-out rows of this one.

    04_evaluate runs as a draft: nothing is trained, and nothing tracked changes. The report is in .draft/judged,
    and in the summary of a workflow's step. The exit code is 1 where the gate refuses the model.
    """
    from .judging import judge
    from .report import REPORT, write_fault, write_report

    # The evaluation gets a store of its own, and the report belongs to the environment that the command was given.
    environ = dict(os.environ)
    root = found_root()
    try:
        found = judge(root, revision, lambda said: click.echo(said, err=True), cell_seconds)
        text = write_report(root, revision, found, environ)
    except WorkspaceError as error:
        write_fault(root, str(error), environ)
        raise click.ClickException(str(error)) from None
    click.echo(text)
    click.echo(f"The report is in {REPORT}.", err=True)
    if not found.passed:
        raise SystemExit(1)


@click.command(short_help="Look at what is live and at what was last run.")
@click.option(
    "--service", default="", envvar="SERVICE_URL", help="The address of the deployed service, if there is one."
)
def checkup(service: str) -> None:
    """Ask whether results belong to the code, whether the last run keeps its contract, and whether the service answers.

    The report is in .draft/checkup, and in the summary of a workflow's step. The exit code is 1 where something is
    wrong; what can't be asked is said, and is no fault.
    """
    from ..checkup import look, write

    root = found_root()
    findings = look(root, service)
    click.echo(write(root, findings, os.environ))
    if any(finding.well is False for finding in findings):
        raise SystemExit(1)


def found_root() -> Path:
    """Return the project that the caller is in, or end the command."""
    try:
        return find_root(Path.cwd())
    except WorkspaceError as error:
        raise click.ClickException(str(error)) from None
