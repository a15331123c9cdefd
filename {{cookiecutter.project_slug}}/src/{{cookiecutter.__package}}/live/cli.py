"""The command `live`: everything that is done with a packaged model."""

from __future__ import annotations

import json
from pathlib import Path

import click

from .client import AnswerError, post
from .commands import deployment, releases
from .commands.image import image
from .commands.keys import keys
from .commands.loadtest import loadtest
from .commands.predictions import predictions
from .commands.publish import publish
from .commands.rows import load_rows
from .commands.smoke import smoke
from .commands.trace import trace
from .launch import become_server, check_start
from .server import ServerError
from .settings import SettingError

COMMANDS = (*releases.COMMANDS, *deployment.COMMANDS, trace, keys, predictions, image, publish, smoke, loadtest)


@click.group(commands=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Serve the packaged model and ask it; say which model is live, and change it."""


@main.command()
@click.option("--bento", type=click.Path(path_type=Path), default=Path("models/bento"), show_default=True)
@click.option(
    "--host", default="127.0.0.1", show_default=True, help="0.0.0.0 opens it to the network; that needs LIVE_AUTH."
)
@click.option("--port", type=click.IntRange(1, 65535), default=3000, show_default=True)
def serve(bento: Path, host: str, port: int) -> None:
    """Serve a Bento until it is stopped with Ctrl-C."""
    try:
        check_start(bento, host, port)
    except (ServerError, SettingError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Serving {bento} on http://{host}:{port} (POST /v1/predict, GET /v1/info); Ctrl-C stops it.")
    become_server(bento, host, port)


@main.command()
@click.option("--url", default="http://127.0.0.1:3000", show_default=True, help="Where the service listens.")
@click.option(
    "--rows",
    type=click.Path(path_type=Path),
    default=Path("models/golden.json"),
    show_default=True,
    help="A JSON file with a list under 'rows'.",
)
@click.option("--all", "everything", is_flag=True, help="Send all rows instead of the first.")
def predict(url: str, rows: Path, everything: bool) -> None:
    """Send one real row to a running service and print its answer.

    A key that the service wants is taken from LIVE_API_KEY.
    """
    known = load_rows(rows)
    try:
        answer = post(f"{url}/v1/predict", {"rows": known if everything else known[:1]})
    except AnswerError as error:
        raise click.ClickException(str(error)) from None
    click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    if "error" in answer:
        raise SystemExit(1)
