"""Which model answers which request, and what each answer says of its model."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from ...core.lineage import Lineage
from ...core.schema import Columns, Signature
from ..answers import RequestError
from ..edge.exchange import Exchange
from ..runtime import Model, ModelFileError, Prediction, load_model
from ..settings import Settings

PINNED = b"x-model-version"


class Variant(NamedTuple):
    """A model that answers, under the name that answers, logs and metrics give it."""

    name: str
    version: str
    model: Model

    @property
    def identity(self) -> dict[str, str]:
        """What an answer says of its model."""
        signature = self.model.signature
        return {"name": signature.name, "version": self.version, "sha256": signature.sha256, "variant": self.name}


class Lineup:
    """The variants of one service: the first is the champion, which says what requests look like."""

    def __init__(self, *variants: Variant) -> None:
        self.variants = variants
        self.champion = variants[0]

    @property
    def signature(self) -> Signature:
        """The champion's."""
        return self.champion.model.signature

    def due(self, exchange: Exchange) -> Variant:
        """Return the variant that answers a request.

        Raises:
            RequestError: it asks for a version that isn't here (409).
        """
        pinned = exchange.headers.get(PINNED)
        if pinned is None:
            return self.champion
        for variant in self.variants:
            if variant.version.encode() == pinned:
                return variant
        here = ", ".join(variant.version for variant in self.variants)
        raise RequestError(409, "version_not_served", f"X-Model-Version asks for a version that isn't here: {here} is.")

    def predict(self, variant: Variant, columns: Columns, exchange: Exchange) -> Prediction:
        """Answer the rows of a request, and note which variant did."""
        prediction = variant.model.predict(columns)
        exchange.rows, exchange.variant = len(prediction.values), variant.name
        exchange.sha256 = variant.model.signature.sha256
        return prediction


def load_lineup(folder: Path, settings: Settings) -> Lineup:
    """Return the variants that the settings name, each checked, warmed up and proven on its golden rows.

    Raises:
        ModelFileError: a model is missing, damaged, or doesn't answer its golden rows as it did.
    """
    return Lineup(load_variant(folder, settings.variant))


def load_variant(folder: Path, name: str) -> Variant:
    """Return the model of a folder as a variant.

    Raises:
        ModelFileError: it is missing or damaged.
    """
    model = load_model(folder)
    model.answer({feature: [None] for feature in model.signature.features})
    try:
        version = msgspec.json.decode((folder / "lineage.json").read_bytes(), type=Lineage).version
    except (OSError, msgspec.DecodeError):
        raise ModelFileError(
            f"There is no lineage.json in {folder} that can be read: run `make pipeline` first."
        ) from None
    return Variant(name, version, model)
