"""The command `lab share`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ...core.project import WorkspaceError, find_root


@click.command(short_help="Push what dvc.lock names, where that is set up.")
def share() -> None:
    """Push what dvc.lock names to DVC's remote; where it can't be asked from here, say so and leave it at that.

    A workflow calls this after it has run the pipeline, so that what it proposes can be pulled.
    """
    from .remote import address, is_reachable
    from .restore import share_outputs

    try:
        root = find_root(Path.cwd())
        if is_reachable(root, os.environ):
            share_outputs(root, click.echo)
        else:
            click.echo(f"DVC's remote, {address(root) or 'which has no address'}, can't be asked from here.")
    except WorkspaceError as error:
        raise click.ClickException(str(error)) from None
