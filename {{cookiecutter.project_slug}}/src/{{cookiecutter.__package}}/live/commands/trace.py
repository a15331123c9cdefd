"""The command `live trace`: from a response back to the data, and from anything on that way to its models."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import msgspec

from ...core.project import WorkspaceError, find_root
from ...core.records import ParamsError


@click.command(short_help="Where a model comes from, and what led to which model.")
@click.argument("what")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
@click.option("--quick", is_flag=True, help="Believe DVC's cache instead of hashing what it holds.")
def trace(what: str, as_json: bool, quick: bool) -> None:
    """Follow a model back to its version, run, commits, data and notebook, and check each link.

    WHAT is a response (a file, or - for the standard input) or the model.sha256 in it. The other way round it is a
    version (1.2.0, 3, champion), an MLflow run, a commit, or the SHA-256 or MD5 of the data, of the executed notebook
    or of any file that the training read, or such a file. Six digits of a hash are enough.

    The exit code is 0 if a model is found, even if links are broken, and 1 if nothing here knows any.
    """
    # MLflow takes a second, in which `live --help` has answered.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from ...core.registry.errors import StoreError
    from ..registry.tracing.answers import answer, answer_lines
    from ..registry.tracing.references import TraceError

    given = sys.stdin.buffer.read() if what == "-" else None
    try:
        found = answer(find_root(Path.cwd()), os.environ, what, given, thorough=not quick)
    except (WorkspaceError, ParamsError, StoreError, TraceError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(msgspec.json.format(msgspec.json.encode(found)) if as_json else "\n".join(answer_lines(found)))
