"""The command `live smoke`: is this the model that it should be, and does it answer as it should?"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import click

from ..client import headers
from ..containers import running_image
from ..images import ImageError, find_engine
from ..server import ServerError, running
from ..settings import READY_SECONDS
from ..smoke import Golden, SmokeError, load_golden, over_http
from ..smoke import smoke as shown

GOLDEN = Path("models/golden.json")


@click.command(short_help="Send the golden rows to a service, and say whether it answers as it should.")
@click.option("--url", help="Where it runs.")
@click.option("--bento", type=click.Path(path_type=Path), help="Start this Bento instead, and stop it afterwards.")
@click.option("--image", help="Run this image instead, locked down, and remove its container afterwards.")
@click.option(
    "--golden",
    type=click.Path(path_type=Path),
    help="The golden rows, with signature.json beside them: models/golden.json, or the Bento's own.",
)
@click.option("--sha256", help="The model that has to answer, if it isn't the one in the signature.")
@click.option(
    "--seconds", type=click.FloatRange(0), default=READY_SECONDS, show_default=True, help="Time to get ready."
)
def smoke(
    url: str | None,
    bento: Path | None,
    image: str | None,
    golden: Path | None,
    sha256: str | None,
    seconds: float,
) -> None:
    """Wait until the service is ready, ask it who it is, and let it answer all golden rows.

    A key that the service wants is taken from LIVE_API_KEY. The exit code is 1 if anything is otherwise.
    """
    if sum(way is not None for way in (url, bento, image)) != 1:
        raise click.UsageError("Name one of --url, --bento and --image.")
    try:
        wanted = load_golden(golden or (bento / "src" / "models" / "golden.json" if bento else GOLDEN))
        wanted = Golden(wanted.rows, sha256 or wanted.sha256)
        with started(url, bento, image) as address:
            found = shown(over_http(address, headers(os.environ)), wanted, seconds=seconds)
    except (SmokeError, ServerError, ImageError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{found}.")


def started(url: str | None, bento: Path | None, image: str | None) -> AbstractContextManager[str]:
    """Return what runs, or what runs it until the block ends; the value is its address."""
    if bento:
        return running(bento)
    if image:
        return running_image(find_engine(), image)
    return nullcontext(url or "")
