"""The proof that a registered model can be live: its files are there, are its own, and answer as they always did."""

from __future__ import annotations

from typing import NamedTuple

import msgspec
import orjson

from ...core.registry.catalogue import model_file, run_file
from ...core.registry.entries import GOLDEN_FILE, MODEL_FILE, SIGNATURE_FILE, Version
from ...core.registry.errors import ReleaseError, StoreError
from ...core.schema import Signature, sha256
from ..golden import golden_rows, same_answers
from ..runtime import Model
from .store import Registry


class Files(NamedTuple):
    """The files of a registered model as MLflow keeps them, and the model they are."""

    onnx: bytes
    signature: bytes
    model: Model


def prove(registry: Registry, version: Version) -> None:
    """Make sure that a version answers its golden rows, digit for digit, with the bytes that were registered.

    Raises:
        ReleaseError: it doesn't, or can't be asked; nothing has been moved.
    """
    try:
        require_golden_answers(load_files(registry, version).model, version)
    except StoreError as error:
        raise ReleaseError(f"{registry.name} {version.shown} can't be live, so nothing was moved: {error}") from None


def load_files(registry: Registry, version: Version) -> Files:
    """Fetch a registered model and load it.

    Raises:
        StoreError: a file is missing, damaged or another one's, or ONNX Runtime can't load it.
    """
    if not version.sha256:
        raise StoreError("it has no tag sha256, as the pipeline didn't register it, and nobody knows its bytes.")
    onnx, signature = (
        model_file(registry.client, registry.name, version.number, path) for path in (MODEL_FILE, SIGNATURE_FILE)
    )
    if sha256(onnx) != version.sha256:
        raise StoreError(
            f"its model.onnx in MLflow is damaged (sha256 {sha256(onnx)[:12]}…, registered was {version.sha256[:12]}…)."
        )
    return Files(onnx, signature, loaded(onnx, signature))


def loaded(onnx: bytes, signature: bytes) -> Model:
    """Return the model that these files are.

    Raises:
        StoreError: they are damaged, or don't belong together.
    """
    try:
        known = msgspec.json.decode(signature, type=Signature)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise StoreError("its signature.json in MLflow is damaged.") from None
    if known.sha256 != sha256(onnx):
        raise StoreError("its signature.json in MLflow belongs to another model.")
    try:
        return Model(onnx, known)
    except Exception as error:
        # ONNX Runtime has an error for each of its own status codes, and none above them all.
        raise StoreError(f"ONNX Runtime can't load it ({type(error).__name__}).") from None


def require_golden_answers(model: Model, version: Version) -> None:
    """Ask a model the golden rows that 05_package kept with the version's run.

    Raises:
        StoreError: they are missing or damaged, or an answer differs in a digit.
    """
    try:
        kept = orjson.loads(run_file(version.run_id, GOLDEN_FILE))
        answered = golden_rows(model, kept["rows"])
    except StoreError as error:
        raise StoreError(f"{error} `make pipeline` keeps it there when it packages the model.") from None
    except Exception as error:
        # Rows from a damaged file can be wrong in any way.
        raise StoreError(f"its {GOLDEN_FILE} in MLflow is damaged ({type(error).__name__}).") from None
    if not kept["rows"] or kept.keys() != answered.keys() or not same_answers(kept, answered):
        raise StoreError("it doesn't answer its golden rows as it did when it was packaged.")
