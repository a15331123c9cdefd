"""The command `lab await`."""

from __future__ import annotations

import os

import click

from ...core.project import WorkspaceError


@click.command("await", short_help="Wait in a workflow until a check of its commit has succeeded.")
@click.argument("check")
@click.option("--seconds", type=click.FloatRange(min=0), default=3600, show_default=True, help="How long at most.")
def wait(check: str, seconds: float) -> None:
    """Wait until CHECK, the name of another workflow's job, has succeeded for this commit; fail if it didn't."""
    from .checks import require_success

    try:
        require_success(check, os.environ, click.echo, seconds=seconds)
    except WorkspaceError as error:
        raise click.ClickException(str(error)) from None
