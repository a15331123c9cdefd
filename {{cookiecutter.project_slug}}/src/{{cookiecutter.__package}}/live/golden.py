"""Golden rows: a few requests whose answers travel with the model, so that anyone can ask them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import orjson

from .runtime import Model, fields

CLOSE = 1e-5


def golden_rows(model: Model, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rows with the model's answers, exactly as a response would carry them."""
    table = {name: [row[name] for row in rows] for name in model.signature.features}
    answers = orjson.loads(orjson.dumps(fields(model.answer(table)), option=orjson.OPT_SERIALIZE_NUMPY))
    return {"rows": list(rows), **answers}


def same_answers(golden: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    """Return whether a response to the golden rows gives the golden answers, digit for digit."""
    return all(response.get(name) == answers for name, answers in golden.items() if name != "rows")


def close_answers(golden: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    """Return whether a response gives the golden answers as far as processors agree: to CLOSE, and the same classes.

    Where two classes are that close, either will do.
    """
    if golden.keys() != response.keys():
        return False
    if "probabilities" not in golden:
        return near(golden["predictions"], response["predictions"])
    ordered = np.sort(np.asarray(golden["probabilities"], dtype=float), axis=1)
    ties = ordered[:, -1] - ordered[:, -2] <= 2 * CLOSE
    pairs = zip(golden["predictions"], response["predictions"], ties, strict=True)
    return near(golden["probabilities"], response["probabilities"]) and all(a == b or tie for a, b, tie in pairs)


def near(expected: Any, found: Any) -> bool:
    """Return whether two sets of numbers have one shape, and are close."""
    a, b = np.asarray(expected, dtype=float), np.asarray(found, dtype=float)
    return a.shape == b.shape and bool(np.allclose(a, b, rtol=CLOSE, atol=CLOSE))
