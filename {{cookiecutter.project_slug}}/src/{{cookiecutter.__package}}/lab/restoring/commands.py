"""The commands `lab restore` and `lab share`."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ...core.project import WorkspaceError, find_root


@click.command(short_help="Bring here what dvc.lock names, or make it again.")
@click.option("--tables", is_flag=True, envvar="LAB_TABLES", help="Only tables that no notebook makes.")
@click.option("--share", is_flag=True, envvar="LAB_SHARE", help="Push what had to be made again, if one may.")
@click.option("--prune", is_flag=True, envvar="LAB_PRUNE", help="Drop from DVC's cache what dvc.lock doesn't name.")
def restore(tables: bool, share: bool, prune: bool) -> None:
    """Bring here what dvc.lock names: from DVC's remote or its cache, else by running the notebooks again.

    In GitHub Actions the remote is asked only where a login is set up, or DVC_CREDENTIALS, the text of a
    .dvc/config.local, or DVC_KEY, the text of a key file for a remote at ssh:// or gs://.
    """
    from .restore import restore as bring

    try:
        bring(find_root(Path.cwd()), os.environ, click.echo, tables_only=tables, share=share, prune=prune)
    except WorkspaceError as error:
        raise click.ClickException(str(error)) from None


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
