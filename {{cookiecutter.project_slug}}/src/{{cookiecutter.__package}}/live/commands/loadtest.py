"""The command `live loadtest`: how the service bears many users at once."""

from __future__ import annotations

from pathlib import Path

import click

from ..loadtest.session import Load, LoadError, body_of, environment, require_mine, run, try_once
from .rows import load_rows


@click.command(short_help="Put the running service under load, and say how it bore it.")
@click.option("--url", default="http://127.0.0.1:3000", show_default=True, help="Where the service listens.")
@click.option("--users", type=click.IntRange(1, 1000), default=20, show_default=True, help="Who ask at the same time.")
@click.option("--seconds", type=click.IntRange(1, 3600), default=30, show_default=True, help="How long.")
@click.option("--rows", type=click.IntRange(1, 10_000), default=1, show_default=True, help="Rows in each request.")
@click.option("--allowed", is_flag=True, help="Say that the service may be put under load, though it is elsewhere.")
@click.option(
    "--golden",
    type=click.Path(path_type=Path),
    default=Path("models/golden.json"),
    show_default=True,
    help="A JSON file with a list under 'rows': what is sent.",
)
@click.option("--report", type=click.Path(path_type=Path), default=Path("reports/loadtest.html"), show_default=True)
def loadtest(url: str, users: int, seconds: int, rows: int, allowed: bool, golden: Path, report: Path) -> None:
    """Let many users send real rows again and again, and write a page about it.

    A key that the service wants is taken from LIVE_API_KEY. The exit code is 1 if any request failed.
    """
    try:
        require_mine(url, allowed)
        load = Load(url.rstrip("/"), users, seconds, body_of(load_rows(golden), rows))
        try_once(load, environment())
        found = run(load, report, environment())
    except LoadError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{found}; see {report}")
    if found.failures:
        raise SystemExit(1)
