"""Golden rows: a few requests whose answers travel with the model, so that anyone can ask them again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from .runtime import Model, fields


def golden_rows(model: Model, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the rows with the model's answers, exactly as a response would carry them."""
    table = {name: [row[name] for row in rows] for name in model.signature.features}
    answers = orjson.loads(orjson.dumps(fields(model.answer(table)), option=orjson.OPT_SERIALIZE_NUMPY))
    return {"rows": list(rows), **answers}


def same_answers(golden: Mapping[str, Any], response: Mapping[str, Any]) -> bool:
    """Return whether a response to the golden rows gives the golden answers, digit for digit."""
    return all(response.get(name) == answers for name, answers in golden.items() if name != "rows")
