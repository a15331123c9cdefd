"""Which models are meant by what a person passes: a response, a file, a version, a commit, a run or a hash."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from .kept import digests
from .meanings import Led, Meaning, hash_meanings, meanings
from .repository import UNSHALLOW, is_shallow
from .sources import Sources

HASH = re.compile(r"[0-9a-f]{6,64}")
# What the service gives each answer: 32 hexadecimal digits, which others write with dashes.
REQUEST_ID = re.compile(r"[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}")
LARGEST_RESPONSE = 16 * 2**20


class TraceError(LookupError):
    """Nothing is meant, or more than one thing; the message says what to pass."""


def find(sources: Sources, word: str) -> Meaning:
    """Return what a word or a file's name names, with the models it led to, of which there is at least one.

    Raises:
        TraceError: it names nothing, or several things, or what led to no model.
        StoreError: MLflow answered first and failed then.
    """
    path = Path(word)
    if path.is_file():
        return find_file(sources, path)
    # DVC writes the hash of a folder so.
    hash = word.lower().removesuffix(".dir")
    found = meanings(sources, word)
    if HASH.fullmatch(hash):
        found = [*found, *(one for one in hash_meanings(sources, hash) if one.what not in {o.what for o in found})]
    if not found and REQUEST_ID.fullmatch(hash):
        return find_request(sources, hash)
    return chosen(sources, word, found)


def find_file(sources: Sources, path: Path) -> Meaning:
    """Return the model that a saved response names, or what has the hashes of any other file.

    Raises:
        TraceError: nothing knows it.
    """
    named = named_model(path.read_bytes()) if path.stat().st_size <= LARGEST_RESPONSE else ""
    if named:
        return find_response(sources, path.name, named)
    hashes = digests(path)
    found = [meaning for hash in hashes for meaning in hash_meanings(sources, hash)]
    if not found:
        raise TraceError(
            f"{path} is no response that names its model.sha256, and nothing here knows a file with its hash "
            f"(SHA-256 {hashes.sha256})."
        )
    return chosen(sources, str(path), found)


def find_response(sources: Sources, where: str, sha256: str) -> Meaning:
    """Return the model that a response names.

    Raises:
        TraceError: nothing here knows it.
    """
    found = [one for one in hash_meanings(sources, sha256) if any(led.sha256 == sha256 for led in one.models)]
    if not found:
        raise TraceError(f"{where} was answered by the model {sha256}. {unknown(sources, sha256)}")
    return Meaning(f"the model of {where}", (Led(sha256, ""),))


def find_request(sources: Sources, request_id: str) -> Meaning:
    """Return the model that answered a request.

    Raises:
        TraceError: no log of predictions names it; there is none yet.
    """
    raise TraceError(
        f"{unknown(sources, request_id)} If it is a request_id: no log of predictions is kept yet that would say which "
        "model answered it; pass the response itself (a file, or - to read it from the standard input)."
    )


def named_model(content: bytes) -> str:
    """Return the hash of the model that a response names, or a record such as metrics/evaluation.json; else nothing."""
    try:
        said: Any = json.loads(content)
    except ValueError:
        return ""
    said = said.get("model", said) if isinstance(said, dict) else {}
    named = said.get("sha256") if isinstance(said, dict) else None
    return named if isinstance(named, str) and HASH.fullmatch(named) else ""


def chosen(sources: Sources, word: str, found: list[Meaning]) -> Meaning:
    """Return the one thing that is meant; what led to no model is passed over where something else did.

    Raises:
        TraceError: there is none, or more than one, or it led to no model with a known SHA-256.
    """
    if not found:
        raise TraceError(unknown(sources, word))
    leading = [meaning for meaning in found if any(led.sha256 for led in meaning.models)]
    if not leading:
        raise TraceError(dead_end(sources, found[0]))
    if len({frozenset(led.sha256 for led in meaning.models) for meaning in leading}) > 1:
        candidates = "; ".join(meaning.what for meaning in leading)
        raise TraceError(f"{word} may be several things, pass more of it: {candidates}.")
    return leading[0]


def dead_end(sources: Sources, meaning: Meaning) -> str:
    """Return what to say of what led to no model that is known by its SHA-256."""
    if not meaning.models:
        return f"{meaning.what} led to no model that anything here knows."
    return (
        f"{meaning.what} led to the model that DVC knows as {meaning.models[0].md5}, and nothing here knows its SHA-256"
        f"{f': {sources.fetch}' if sources.fetch else ''}."
    )


def unknown(sources: Sources, word: str) -> str:
    """Return what to say of a word that names nothing."""
    said = f"Nothing here knows {word}: it is no version of {sources.name}, and no model, run, commit or file"
    hint = " Pass at least six digits of a hash." if re.fullmatch(r"[0-9a-f]{1,5}", word) else ""
    asked = f" MLflow could not be asked: {sources.fault}" if sources.fault else ""
    ways = [sources.fetch, UNSHALLOW if is_shallow(sources.root) else ""]
    fetch = "".join(f" {way[0].upper()}{way[1:]}." for way in ways if way)
    return f"{said} that MLflow, git or DVC has a record of.{hint}{asked}{fetch}"
