"""What of an answer may be noted: which requests, how many of their rows, and what of each column."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from ...core.schema import Feature
from ...core.sections import Predictions
from ..runtime import ModelFileError
from ..settings import SettingError

FILE = "predictions.json"
SHORTEST_KEY = 16
# Half of a SHA-256: no two values of a column will meet, and a row stays small.
DIGITS = 32


def checked(policy: Predictions, features: Iterable[str]) -> Predictions:
    """Return what params.yaml says of the prediction log, once all columns that it names are the model's.

    Raises:
        ValueError: one isn't.
    """
    for sentence in policy.faults(features):
        raise ValueError(f"params.yaml: {sentence}")
    return policy


def load_policy(folder: Path, features: Iterable[str]) -> Predictions:
    """Return what the file beside the model says. Without it nothing is noted: it says what may not be.

    Raises:
        ModelFileError: there is none, or it belongs to another model.
    """
    try:
        return checked(msgspec.json.decode((folder / FILE).read_bytes(), type=Predictions), features)
    except (OSError, ValueError):
        raise ModelFileError(
            f"There is no {FILE} in {folder} that fits the model, and without it nobody knows what may be noted: run "
            "`make pipeline`, or leave LIVE_PREDICTIONS out."
        ) from None


def sampled(request_id: str, share: float) -> bool:
    """Return whether a request belongs to the sample: by its id, so that every process decides alike."""
    if share >= 1:
        return True
    digest = hashlib.blake2b(request_id.encode(), digest_size=8).digest()
    return int.from_bytes(digest) < share * 2**64


class Columns:
    """Turns the columns that the model was fed into what is noted of them."""

    def __init__(self, features: Mapping[str, Feature], policy: Predictions, key: str = "") -> None:
        """Take the features of the model, in order.

        Raises:
            SettingError: values are to be pseudonymised, and there is no key for it.
        """
        if policy.pseudonymise and len(key.encode()) < SHORTEST_KEY:
            raise SettingError(
                f"LIVE_PSEUDONYM_KEY is needed, with {SHORTEST_KEY} characters or more: params.yaml has "
                "predictions.pseudonymise."
            )
        kept = {name: feature for name, feature in features.items() if name not in policy.drop}
        hashed = {name for name in kept if name in policy.pseudonymise}
        # A hash is text, whatever it is of.
        self.kinds = {name: "category" if name in hashed else feature.kind for name, feature in kept.items()}
        self.noted = {name: noting(name, feature, key if name in hashed else "") for name, feature in kept.items()}


def noting(name: str, feature: Feature, key: str) -> Callable[[list[Any]], Any]:
    """Return what turns a list of a feature's values into what JSON takes; what is missing becomes null."""
    if key:
        return lambda values: [pseudonym(key, name, value) for value in values]
    if feature.kind != "category":
        # Of a float32, JSON needs fewer digits.
        return lambda values: np.array(values, np.float32)
    # The model is fed an empty text for what is missing.
    return (lambda values: [value or None for value in values]) if feature.nullable else list


def pseudonym(key: str, name: str, value: Any) -> str | None:
    """Return the keyed hash of a value, which differs from column to column; nothing is left of a missing value."""
    if value != value or value == "":
        return None
    text = f"{name}\0{value}".encode()
    return hmac.digest(key.encode(), text, "sha256").hex()[:DIGITS]
