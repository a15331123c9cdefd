"""Rows that a command sends to the service, from a JSON file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click


def load_rows(path: Path) -> list[Any]:
    """Return the list under 'rows' of a JSON file.

    Raises:
        click.ClickException: there is no such file, or no such list in it.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["rows"]
    except FileNotFoundError:
        raise click.ClickException(f"There is no {path}: run `make pipeline` first.") from None
    except (ValueError, KeyError, TypeError):
        rows = None
    if not isinstance(rows, list):
        raise click.ClickException(f'{path} is no JSON object with a list under "rows".')
    return rows
