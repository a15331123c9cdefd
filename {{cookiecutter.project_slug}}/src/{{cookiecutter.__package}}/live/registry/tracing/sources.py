"""All that can be asked where a model comes from: MLflow, git's history of dvc.lock, and DVC's cache."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from ....core.cache import cache_folder
from ....core.lineage import Lineage
from ....core.records import load_mapping
from ....core.registry.entries import Version
from ....core.registry.errors import StoreError
from .kept import digests, kept_bytes
from .locks import LINEAGE, SIGNATURE, Snapshot, load_snapshots, named_hashes
from .runs import Store, open_store


class Sources(NamedTuple):
    """What can be asked. `fault` says why MLflow can't; `lineages` and `signatures` are by the MD5 of their files."""

    root: Path
    name: str
    store: Store | None
    fault: str
    snapshots: list[Snapshot]
    cache: Path
    lineages: dict[str, Lineage]
    signatures: dict[str, str]

    @property
    def fetch(self) -> str:
        """What to do where DVC's cache lacks records of models that git names; nothing if it has them all."""
        named = {md5 for snapshot in self.snapshots for md5 in named_hashes(snapshot.text, LINEAGE)}
        way = f"`dvc fetch --all-commits {LINEAGE} {SIGNATURE}` brings records that may know it"
        return way if named - set(self.lineages) else ""

    @property
    def versions(self) -> tuple[Version, ...]:
        """The registered versions, the newest first; none if MLflow can't be asked."""
        return self.store.versions if self.store else ()


def load_sources(root: Path, environ: Mapping[str, str]) -> Sources:
    """Return all that can be asked in a project; what can't is left out.

    Raises:
        ParamsError: params.yaml, which names the model, can't be read.
    """
    name = str(load_mapping(root / "params.yaml").get("name", ""))
    store, fault = None, ""
    try:
        store = open_store(root, name, environ)
    except StoreError as error:
        fault = str(error)
    snapshots, cache = load_snapshots(root), cache_folder(root)
    lineages = {md5: made for md5, text in records(root, cache, snapshots, LINEAGE) if (made := lineage_in(text))}
    signatures = {md5: sha for md5, text in records(root, cache, snapshots, SIGNATURE) if (sha := sha256_in(text))}
    return Sources(root, name, store, fault, snapshots, cache, lineages, signatures)


def records(root: Path, cache: Path, snapshots: list[Snapshot], path: str) -> Iterable[tuple[str, bytes]]:
    """Yield hash and content of every version of a small file that DVC keeps, and of the one that lies there."""
    hashes = dict.fromkeys(md5 for snapshot in snapshots for md5 in named_hashes(snapshot.text, path))
    for md5 in hashes:
        content = kept_bytes(cache, md5)
        if content is not None:
            yield md5, content
    if (root / path).is_file():
        yield digests(root / path).md5, (root / path).read_bytes()


def lineage_in(text: bytes) -> Lineage | None:
    """Return the lineage that a file holds, or None if it holds none."""
    try:
        return msgspec.json.decode(text, type=Lineage)
    except msgspec.DecodeError:
        return None


def sha256_in(text: bytes) -> str:
    """Return the model's hash that a JSON record names, or nothing."""
    try:
        content = json.loads(text)
    except ValueError:
        return ""
    named = content.get("sha256") if isinstance(content, dict) else None
    return named if isinstance(named, str) else ""
