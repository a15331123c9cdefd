"""One model that answers, and how it is loaded: nothing answers that hasn't answered its golden rows as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import orjson

from ..golden import close_answers, golden_rows
from ..runtime import Model, ModelFileError, load_model
from ..scores import SHARES, limits_between

GOLDEN = "golden.json"


class Named(msgspec.Struct):
    """Of a model's lineage, what it is called."""

    version: str


class Variant(NamedTuple):
    """A model that answers, under the name that answers, logs and metrics give it; `identity` is what answers say.

    `example` is a row that it has answered, if one is known; between `limits` its scores are counted.
    """

    name: str
    version: str
    model: Model
    identity: dict[str, str]
    example: dict[str, Any] | None = None
    limits: tuple[float, ...] = SHARES


def load_variant(folder: Path, name: str) -> Variant:
    """Return the model of a folder as a variant, warmed up by its golden rows.

    Raises:
        ModelFileError: it is missing or damaged, or answers its golden rows differently.
    """
    model = load_model(folder)
    golden = require_golden_answers(model, folder)
    limits = SHARES if model.signature.classes else limits_between(golden["predictions"])
    return variant_of(model, name, load_version(folder))._replace(example=golden["rows"][0], limits=limits)


def variant_of(model: Model, name: str, version: str) -> Variant:
    """Return a loaded model as a variant."""
    signature = model.signature
    identity = {"name": signature.name, "version": version, "sha256": signature.sha256, "variant": name}
    return Variant(name, version, model, identity)


def load_version(folder: Path) -> str:
    """Return the version that the lineage beside a model names.

    Raises:
        ModelFileError: there is none that can be read.
    """
    try:
        return msgspec.json.decode((folder / "lineage.json").read_bytes(), type=Named).version
    except (OSError, msgspec.DecodeError):
        said = f"There is no lineage.json in {folder} that can be read: run `make pipeline` first."
        raise ModelFileError(said) from None


def require_golden_answers(model: Model, folder: Path) -> dict[str, Any]:
    """Return the golden rows with their answers, which a model gives here as where it was packaged.

    Processors may round differently.

    Raises:
        ModelFileError: it doesn't, or the golden rows are missing or damaged.
    """
    try:
        kept = orjson.loads((folder / GOLDEN).read_bytes())
        answered = golden_rows(model, kept["rows"])
        same = bool(kept["rows"]) and close_answers(kept, answered)
    except FileNotFoundError:
        raise ModelFileError(f"There is no {GOLDEN} in {folder}: run `make pipeline` first.") from None
    except Exception as error:
        # Rows of a damaged file can be wrong in any way.
        said = f"{folder / GOLDEN} is damaged ({type(error).__name__}): run `make pipeline` to write it again."
        raise ModelFileError(said) from None
    if not same:
        raise ModelFileError(
            f"The model in {folder} doesn't answer its golden rows as it did when it was packaged: "
            "run `make pipeline`, and look at `live show` if that doesn't help."
        )
    answers: dict[str, Any] = kept
    return answers
