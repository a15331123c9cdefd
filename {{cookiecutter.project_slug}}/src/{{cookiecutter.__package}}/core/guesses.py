"""What a raw table seems to hold: the schema that params.yaml leaves open."""

from __future__ import annotations

import pandas as pd

from .params import Params
from .schema import ROW_NUMBER, Schema


def resolved(raw: pd.DataFrame, params: Params) -> Schema:
    """Return the schema of params.yaml, its features and classes looked up in the table where it leaves them open."""
    data = params.data
    special = {"id": data.id or ROW_NUMBER, "time": data.time, "target": data.target, "classes": data.classes}
    return Schema(task=params.task, features=params.features, **special)
