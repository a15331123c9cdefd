"""What the rivals written with pydantic share: the shape of a request, with the limits that the signature names."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

MODELS = Path(os.environ["MODELS"])
MATERIAL = Path(os.environ["MATERIAL"])
SIGNATURE = json.loads((MODELS / "signature.json").read_text())
FEATURES: dict[str, dict[str, Any]] = SIGNATURE["features"]
CLASSES: list[str] = SIGNATURE["classes"]


def field(feature: dict[str, Any]) -> Any:
    """Return the type of one feature's value."""
    if feature["kind"] == "category":
        kind: Any = Annotated[str, Field(max_length=256)]
    else:
        kind = Annotated[float, Field(ge=feature.get("min"), le=feature.get("max"), allow_inf_nan=False)]
    return kind | None if feature.get("nullable") else kind


Row = create_model(
    "Row", __config__=ConfigDict(extra="forbid"), **{name: (field(about), ...) for name, about in FEATURES.items()}
)


class Request(BaseModel):
    """Some rows."""

    model_config = ConfigDict(extra="forbid")
    rows: Annotated[list[Row], Field(min_length=1, max_length=1000)]
