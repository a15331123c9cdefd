"""What the DVC stage `champion` does: the champion's files, laid down where the gate compares with them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from ...core.lineage import Lineage
from ...core.provenance import load_provenance
from ...core.registry.errors import ReleaseError, StoreError
from ...core.writing import replacing
from ..champion import FILES, RECORD, Record
from ..runtime import ModelFileError, load_model

Files = dict[str, bytes]
NOBODY = Record()


def lay_down(folder: Path, record: Record, files: Mapping[str, bytes]) -> None:
    """Write a champion into a folder, and remove what isn't its own.

    Each file is written whole, and the record last. Killed in between, the folder holds a record that doesn't fit its
    files, which is refused, or files of nobody, which are passed over.
    """
    wanted = {**files, RECORD: formatted(record)}
    order = [RECORD] if not files else [*files, RECORD]
    for name in order:
        with replacing(folder / name) as path:
            path.write_bytes(wanted[name])
    for path in folder.iterdir():
        if path.name not in wanted:
            path.unlink()


def formatted(record: Any) -> bytes:
    """Return a record as JSON that people read."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def chosen(root: Path, name: str, given: str, recorded: bool) -> tuple[Record, Files]:
    """Return the champion: that of the folder LIVE_CHAMPION names, or else that of the registry, if there is one.

    A folder that `lab champion` laid down says itself where to look, which may be the registry, or nowhere.

    Raises:
        ReleaseError: the folder isn't there, or is damaged.
        StoreError: the server that holds the registry doesn't answer.
    """
    how = how_found(root / given) if given else "alias"
    if how == "none" or (how == "alias" and not recorded):
        return NOBODY, {}
    return from_registry(root, name) if how == "alias" else from_folder(root / given)


def how_found(folder: Path) -> str:
    """Return how a folder's champion was found; nothing of one that a person laid down.

    Raises:
        ReleaseError: the record of it is damaged.
    """
    try:
        provenance = load_provenance(folder)
    except ValueError:
        raise ReleaseError(
            f"LIVE_CHAMPION names {folder}, whose record is damaged: run `lab champion` again."
        ) from None
    return provenance.how if provenance else ""


def from_folder(folder: Path) -> tuple[Record, Files]:
    """Return the champion that lies in a folder, with its lineage if that lies there too.

    Raises:
        ReleaseError: it isn't there, or is damaged.
    """
    try:
        model = load_model(folder)
    except ModelFileError as error:
        raise ReleaseError(f"LIVE_CHAMPION names {folder}, which holds no champion: {error}") from None
    files = {name: (folder / name).read_bytes() for name in FILES if (folder / name).is_file()}
    try:
        version = msgspec.json.decode(files["lineage.json"], type=Lineage).version
    except (KeyError, msgspec.DecodeError):
        version = "unknown"
    return Record(version=version, sha256=model.signature.sha256), files


def from_registry(root: Path, name: str) -> tuple[Record, Files]:
    """Return the version with the alias `champion`, its files fetched; nothing where there is none.

    A champion whose files are gone or damaged has its fault in the record, for the gate to refuse.

    Raises:
        StoreError: the server that holds the registry doesn't answer.
    """
    from ...core.registry.catalogue import champion_number, versions
    from .origins import lineage_of
    from .proof import load_files
    from .store import open_registry

    registry = open_registry(root, name)
    number = champion_number(registry.client, name)
    if number is None:
        return NOBODY, {}
    champion = next(version for version in versions(registry.client, name) if version.number == number)
    known = {"version": champion.shown, "sha256": champion.sha256 or None, "registered": str(number)}
    try:
        found = load_files(registry, champion)
    except StoreError as error:
        return Record(**known, fault=f"The champion {champion.shown} can't be read: {error}"), {}
    lineage = formatted(lineage_of(registry, champion))
    return Record(**known, fault=""), dict(zip(FILES, (found.onnx, found.signature, lineage), strict=True))
