"""The shape of a request, derived from the model's signature, and what is said of a bad one.

A good request is decoded once, by msgspec, into typed rows. A bad one is read a second time, slowly, to name
every field that is wrong. No message repeats a value that was sent.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

import msgspec
import numpy as np

from ...core.schema import Columns, Feature, columns
from ..answers import Problem, RequestError

MOST_ROWS = 1000
MOST_PROBLEMS = 20
MOST_LETTERS = 256
LARGEST_FLOAT32 = float(np.finfo(np.float32).max)


class RequestModel:
    """Decodes the body of a prediction request into the model's columns."""

    def __init__(self, features: Mapping[str, Feature]) -> None:
        self.features = dict(features)
        self.types = {name: field_type(feature) for name, feature in self.features.items()}
        # Field names are data, so the struct's own attributes are f0, f1, … and only the JSON carries the names.
        attributes = {f"f{i}": name for i, name in enumerate(self.features)}
        row = msgspec.defstruct(
            "Row",
            [(attribute, self.types[name]) for attribute, name in attributes.items()],
            rename=attributes,
            forbid_unknown_fields=True,
            frozen=True,
            gc=False,
        )
        rows = Annotated[list[row], msgspec.Meta(min_length=1, max_length=MOST_ROWS)]
        self.type = msgspec.defstruct("PredictRequest", [("rows", rows)], forbid_unknown_fields=True, frozen=True)
        self.decoder = msgspec.json.Decoder(self.type)

    def decode(self, body: bytes) -> Columns:
        """Return one (n, 1) array a feature.

        Raises:
            RequestError: the body is no JSON (400), or doesn't fit the features (422), with the fields named.
        """
        try:
            rows = self.decoder.decode(body).rows
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise self.explained(body) from None
        # Each key has a colon. Where there are more, some may be in texts, or a key is there twice.
        if colons(body) != 1 + len(rows) * len(self.features):
            require_single_keys(body)
        values = zip(*map(msgspec.structs.astuple, rows), strict=True)
        return columns(dict(zip(self.features, values, strict=True)), self.features)

    def explained(self, body: bytes) -> RequestError:
        """Return the error for a body that couldn't be decoded."""
        try:
            request = json.loads(body)
        except (ValueError, RecursionError):
            return RequestError(400, "invalid_json", "The body is not valid JSON.")
        problems = self.problems(request)[:MOST_PROBLEMS]
        if not problems:
            # What counted was right, and what didn't was wrong.
            require_single_keys(body)
            problems = [Problem("", "is not valid JSON for this model")]
        return RequestError(422, "invalid_request", "The request does not fit the model's features.", problems)

    def problems(self, request: Any) -> list[Problem]:
        """Return what is wrong with a parsed request, a problem for each field at fault."""
        if not isinstance(request, dict):
            return [Problem("", 'must be an object such as {"rows": [...]}')]
        unknown = [Problem(shown(key), "is not a known field") for key in request if key != "rows"]
        rows = request.get("rows")
        if "rows" not in request:
            return [*unknown, Problem("rows", "is missing")]
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
            return [*unknown, Problem("rows", f"must be a list of 1 to {MOST_ROWS} rows")]
        found = unknown
        for place, row in enumerate(rows):
            found += self.row_problems(row, f"rows[{place}]")
            if len(found) >= MOST_PROBLEMS:
                break
        return found

    def row_problems(self, row: Any, where: str) -> list[Problem]:
        """Return what is wrong with one row."""
        if not isinstance(row, dict):
            return [Problem(where, "must be an object with one key for each feature")]
        missing = [Problem(f"{where}.{name}", "is missing") for name in self.features if name not in row]
        unknown = [
            Problem(f"{where}.{shown(key)}", "is not a known feature") for key in row if key not in self.features
        ]
        wrong = [
            Problem(f"{where}.{name}", expectation(feature))
            for name, feature in self.features.items()
            if name in row and not fits(row[name], self.types[name])
        ]
        return [*unknown, *missing, *wrong]


def colons(body: bytes) -> int:
    """Return how many colons a body has; bytes.count is slow where there are many."""
    return body.count(b":") if len(body) < 4096 else int(np.count_nonzero(np.frombuffer(body, np.uint8) == ord(":")))


def require_single_keys(body: bytes) -> None:
    """Refuse valid JSON with an object that has a key twice: parsers don't agree on which of the two counts.

    Raises:
        RequestError: there is one (422).
    """

    def single(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) < len(pairs):
            (twice, _), *_ = Counter(key for key, _ in pairs).most_common(1)
            problem = Problem(shown(twice), "is there more than once")
            raise RequestError(422, "invalid_request", "The request has a key more than once.", [problem])

    json.loads(body, object_pairs_hook=single)


def field_type(feature: Feature) -> Any:
    """Return the type a feature's value is decoded into; float32's range is the widest a number may have."""
    about = feature.about or None
    if feature.kind == "category":
        kind: Any = Annotated[str, msgspec.Meta(max_length=MOST_LETTERS, description=about)]
    elif feature.kind == "number":
        least = -LARGEST_FLOAT32 if feature.min is None else feature.min
        most = LARGEST_FLOAT32 if feature.max is None else feature.max
        kind = Annotated[float, msgspec.Meta(ge=least, le=most, description=about)]
    else:
        plain: Any = {"boolean": bool, "date": date}[feature.kind]
        kind = Annotated[plain, msgspec.Meta(description=about)]
    return kind | None if feature.nullable else kind


def fits(value: Any, kind: Any) -> bool:
    """Return whether a parsed JSON value is allowed for a field of this type."""
    if isinstance(value, float) and not math.isfinite(value):
        return False
    try:
        msgspec.convert(value, kind)
        if isinstance(value, str):
            value.encode()
    except (msgspec.ValidationError, OverflowError, UnicodeEncodeError):
        return False
    return True


def shown(key: str) -> str:
    """Return a key that was sent as an answer may repeat it: cut, and without halves of characters."""
    return key[:MOST_LETTERS].encode("utf-8", "replace").decode()


def expectation(feature: Feature) -> str:
    """Return what a feature's value must be, in words."""
    wanted = {
        "category": f"must be text of at most {MOST_LETTERS} characters",
        "boolean": "must be true or false",
        "date": "must be a date such as 2026-01-31",
    }.get(feature.kind)
    if wanted is None:
        limits = [
            *([f"at least {feature.min:g}"] if feature.min is not None else []),
            *([f"at most {feature.max:g}"] if feature.max is not None else []),
        ]
        wanted = " ".join(["must be a finite number", *([", ".join(limits)] if limits else [])])
    return f"{wanted}, or null" if feature.nullable else wanted
