"""The commands that make API keys, list them and take them back."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import get_args

import click

from ..edge.auth.keys import Key, load_keys, made, save_keys
from ..edge.routes import Scope
from ..settings import SettingError

FILE = click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("keys.json"),
    envvar="LIVE_API_KEYS",
    show_default=True,
    help="The file that LIVE_API_KEYS names.",
)
MOST_DAYS = 3650


@click.group()
def keys() -> None:
    """Make API keys, list them and take them back.

    A service with LIVE_AUTH=keys sees a change of its file within seconds.
    """


@keys.command()
@FILE
@click.option("--scope", "scopes", type=click.Choice(get_args(Scope)), multiple=True, default=["predict"])
@click.option("--name", help="Whose it is, for logs and `live keys list`; key-1, key-2 and so on by default.")
@click.option("--days", type=click.IntRange(1, MOST_DAYS), help="For how many days it is valid; for good by default.")
def new(path: Path, scopes: tuple[Scope, ...], name: str | None, days: int | None) -> None:
    """Make a key and print it, this once: the file keeps only its hash."""
    expires = today() + timedelta(days=days) if days else None
    with alone(path):
        known = known_keys(path) if path.exists() else []
        names = {key.id for key in known}
        name = name or next(f"key-{n}" for n in range(1, len(known) + 2) if f"key-{n}" not in names)
        if name in names:
            raise click.ClickException(
                f"There is a key {name} already: take another --name, and revoke that one later."
            )
        try:
            secret, key = made(name, list(dict.fromkeys(scopes)), expires)
        except SettingError as error:
            raise click.ClickException(str(error)) from None
        save(path, [*known, key])
    click.echo(f"{path} has the key {key.id} now ({described(key)}). It is shown this once:", err=True)
    click.echo(secret)


@keys.command("list")
@FILE
def list_keys(path: Path) -> None:
    """Say whose keys there are, what they may ask and until when."""
    known = known_keys(path)
    width = max((len(key.id) for key in known), default=0)
    for key in known:
        click.echo(f"{key.id:<{width}}  {described(key)}")
    if not known:
        click.echo(f"There is no key in {path}: `live keys new` makes one.", err=True)


@keys.command()
@click.argument("name")
@FILE
def revoke(name: str, path: Path) -> None:
    """Take a key back: a running service refuses it within seconds."""
    with alone(path):
        known = known_keys(path)
        left = [key for key in known if key.id != name]
        if len(left) == len(known):
            raise click.ClickException(f"There is no key {name} in {path}: `live keys list` shows those there are.")
        save(path, left)
    click.echo(f"{path} has no key {name} any more.")


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Change the file of keys while no other command does: of two that write what they have read, one would be lost.

    Its folder is locked, as the file itself is replaced.

    Raises:
        click.ClickException: there is no such folder, and none can be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise click.ClickException(f"{path} can't be written ({error.strerror or error}).") from None
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def known_keys(path: Path) -> list[Key]:
    """Return the keys of a file.

    Raises:
        click.ClickException: it can't be read.
    """
    try:
        return load_keys(path)
    except SettingError as error:
        raise click.ClickException(str(error)) from None


def save(path: Path, known: list[Key]) -> None:
    """Write keys.

    Raises:
        click.ClickException: the file can't be written.
    """
    try:
        save_keys(known, path)
    except OSError as error:
        raise click.ClickException(f"{path} can't be written ({error.strerror or error}).") from None


def described(key: Key) -> str:
    """Return what a key may ask, and until when."""
    if key.expires is None:
        until = "does not expire"
    else:
        until = f"{'expired after' if key.expires < today() else 'until'} {key.expires.isoformat()}"
    return f"{', '.join(key.scopes)}; {until}"


def today() -> date:
    """Return the day that keys expire by."""
    return datetime.now(UTC).date()
