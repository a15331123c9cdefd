"""The command `live smoke`: is this the model that it should be, and does it answer as it should?"""

from __future__ import annotations

import os
from pathlib import Path

import click

from ..client import headers
from ..server import ServerError, running
from ..settings import READY_SECONDS
from ..smoke import Golden, SmokeError, load_golden, over_http
from ..smoke import smoke as shown

GOLDEN = Path("models/golden.json")


@click.command(short_help="Send the golden rows to a service, and say whether it answers as it should.")
@click.option("--url", help="Where it runs.")
@click.option("--bento", type=click.Path(path_type=Path), help="Start this Bento instead, and stop it afterwards.")
@click.option(
    "--golden",
    type=click.Path(path_type=Path),
    help="The golden rows, with signature.json beside them: models/golden.json, or the Bento's own.",
)
@click.option("--sha256", help="The model that has to answer, if it isn't the one in the signature.")
@click.option(
    "--seconds", type=click.FloatRange(0), default=READY_SECONDS, show_default=True, help="Time to get ready."
)
def smoke(url: str | None, bento: Path | None, golden: Path | None, sha256: str | None, seconds: float) -> None:
    """Wait until the service is ready, ask it who it is, and let it answer all golden rows.

    A key that the service wants is taken from LIVE_API_KEY. The exit code is 1 if anything is otherwise.
    """
    if (url is None) == (bento is None):
        raise click.UsageError("Name either --url or --bento.")
    try:
        wanted = load_golden(golden or (bento / "src" / "models" / "golden.json" if bento else GOLDEN))
        wanted = Golden(wanted.rows, sha256 or wanted.sha256)
        if url:
            found = shown(over_http(url, headers(os.environ)), wanted, seconds=seconds)
        else:
            with running(bento) as started:
                found = shown(over_http(started, headers(os.environ)), wanted, seconds=seconds)
    except (SmokeError, ServerError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{found}.")
