"""Which model answers which request."""

from __future__ import annotations

import hashlib
from pathlib import Path

from ...core.schema import Columns, Signature
from ..answers import RequestError
from ..edge.exchange import Exchange
from ..runtime import ModelFileError, Prediction
from ..settings import SettingError, Settings
from .shadow import Shadow
from .variant import Variant, load_variant

PINNED, ROUTE_KEY = b"x-model-version", b"x-route-key"
SHADOW, CHALLENGER = "shadow", "challenger"


class Lineup:
    """The variants of one service: the champion, which says what requests look like, and perhaps a challenger.

    A challenger answers `share` of the callers, always the same ones; or it answers nobody, and is only asked what it
    would have said, in the shadow of the champion.
    """

    def __init__(self, champion: Variant, challenger: Variant | None = None, *, share: float | None = None) -> None:
        self.champion, self.challenger, self.share = champion, challenger, share
        self.variants = (champion, challenger) if challenger else (champion,)
        self.shadow: Shadow | None = None

    @property
    def signature(self) -> Signature:
        """The champion's."""
        return self.champion.model.signature

    def due(self, exchange: Exchange) -> Variant:
        """Return the variant that answers a request: the version that it asks for, or the one of its caller.

        Raises:
            RequestError: it asks for a version that isn't here (409).
        """
        pinned = exchange.headers.get(PINNED)
        if pinned is not None:
            return self.pinned(pinned)
        if self.challenger and self.share is not None and place(exchange) < self.share:
            return self.challenger
        return self.champion

    def pinned(self, version: bytes) -> Variant:
        """Return the variant of a version.

        Raises:
            RequestError: there is none (409).
        """
        for variant in self.variants:
            if variant.version.encode() == version:
                return variant
        here = " and ".join(variant.version for variant in self.variants)
        raise RequestError(
            409, "version_not_served", f"X-Model-Version asks for a version that isn't served here: {here} is."
        )

    def predict(self, variant: Variant, columns: Columns, exchange: Exchange) -> Prediction:
        """Answer the rows of a request, note which variant did, and let a shadow answer them later."""
        prediction = variant.model.predict(columns)
        exchange.rows, exchange.variant = len(prediction.values), variant.name
        exchange.sha256 = variant.identity["sha256"]
        if self.shadow:
            self.shadow.ask(exchange, columns)
        return prediction


def place(exchange: Exchange) -> float:
    """Return where a caller stands between 0 and 1: by the key it sends, else by its name, else by its address."""
    known = exchange.caller.name if exchange.caller else ""
    key = exchange.headers.get(ROUTE_KEY) or (known or exchange.address).encode()
    return int.from_bytes(hashlib.blake2b(key, digest_size=8).digest()) / 2**64


def load_lineup(folder: Path, settings: Settings) -> Lineup:
    """Return the variants that the settings name, each checked and proven on its golden rows.

    Raises:
        ModelFileError: a model is missing, damaged, or doesn't answer its golden rows as it did.
        SettingError: the challenger doesn't take the champion's requests, or its share is none.
    """
    champion = load_variant(folder, settings.variant)
    if not settings.challenger:
        return Lineup(champion)
    share = parsed_share(settings.challenger_share)
    try:
        challenger = load_variant(Path(settings.challenger), CHALLENGER)
    except ModelFileError as error:
        raise ModelFileError(f"LIVE_CHALLENGER: {error}") from None
    if fault := unfit(champion, challenger):
        raise SettingError(f"LIVE_CHALLENGER names a model that can't answer the champion's requests: {fault}.")
    return Lineup(champion, challenger, share=share)


def parsed_share(text: str) -> float | None:
    """Return the share of callers as a number up to 1, or None for a shadow.

    Raises:
        SettingError: it is neither.
    """
    if text.lower() == SHADOW:
        return None
    try:
        share = float(text.removesuffix("%")) / 100
    except ValueError:
        share = -1
    if not 0 <= share <= 1:
        raise SettingError(f"LIVE_CHALLENGER_SHARE is {text!r}: it takes a percentage such as 10%, or shadow.")
    return share


def unfit(champion: Variant, challenger: Variant) -> str:
    """Return why a model can't answer what the champion is asked, or nothing."""
    ours, theirs = champion.model.signature, challenger.model.signature
    if (ours.task, ours.target, ours.classes) != (theirs.task, theirs.target, theirs.classes):
        return "it answers another question, or knows other classes"
    if champion.version == challenger.version:
        return f"both are version {champion.version}"
    lacking = [name for name in theirs.features if name not in ours.features]
    if lacking:
        return f"it needs {', '.join(lacking)}, which they don't have"
    turned = [name for name in theirs.features if theirs.features[name].kind != ours.features[name].kind]
    if turned:
        return f"it takes {turned[0]} as a {theirs.features[turned[0]].kind}"
    return ""
