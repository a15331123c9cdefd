"""Where a champion comes from that was fetched for a judgement: a record beside its files."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

RECORD = "provenance.json"


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """How a champion was found, and a sentence that says so.

    `alias` is the registry's own champion; `cache`, `remote` and `reproduced` are the model that the dvc.lock of a
    commit names; with `none` there is nothing to compare with, and the sentence says why.
    """

    how: Literal["alias", "cache", "remote", "reproduced", "none"]
    says: str
    revision: str = ""
    commit: str = ""


def load_provenance(folder: Path) -> Provenance | None:
    """Return the record that lies in a folder; None where a person put a champion there by hand.

    Raises:
        ValueError: the record is damaged.
    """
    path = folder / RECORD
    return msgspec.json.decode(path.read_bytes(), type=Provenance) if path.exists() else None


def save_provenance(provenance: Provenance, folder: Path) -> None:
    """Write the record into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / RECORD).write_bytes(msgspec.json.format(msgspec.json.encode(provenance), indent=2) + b"\n")
