"""The command `live predictions`: what was answered, made into Parquet without a service."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(short_help="What was answered, as Parquet.")
def predictions() -> None:
    """Look after the folder in which services note what they answered."""


@predictions.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("predictions"), envvar="LIVE_PREDICTIONS")
@click.option("--retain-days", type=click.IntRange(1), help="Delete what is older; without it, nothing is.")
def publish(folder: Path, retain_days: int | None) -> None:
    """Make Parquet of what services that have ended left in FOLDER (LIVE_PREDICTIONS, or predictions/).

    Running services do so themselves every few minutes.
    """
    # orjson and numpy load only where they are asked for.
    from ..predictions.publishing import publish

    if not folder.is_dir():
        raise click.ClickException(f"There is no folder {folder}: a service makes it when LIVE_PREDICTIONS names it.")
    try:
        done = publish(folder, retain_days)
    except OSError as error:
        raise click.ClickException(
            f"{folder} can't be published ({error.strerror}): see that it can be written."
        ) from None
    click.echo("\n".join([f"{done.rows:,} rows were published in {folder}.", *done.sentences]))
