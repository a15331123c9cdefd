"""The holdout, asked of a running service in JSON and in Arrow, and held against the notebook's model.

Run by the Python of a served project, in its folder: `python june.py PORT`. Prints what differs at most.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pyarrow as pa
from flight_delays.core.data import load_table, request_rows
from flight_delays.live.runtime import Prediction, load_model

ARROW = "application/vnd.apache.arrow.stream"
MOST_ROWS, ALONE = 1000, 500


def main(port: int) -> None:
    """Ask every row in requests of a thousand, some alone, and all in one stream."""
    model = load_model(Path("models"))
    features, classes = model.signature.features, model.signature.classes
    table = load_table(Path("data/processed/holdout.parquet"))
    expected = model.answer(table)
    rows = request_rows(table, features)
    found: dict[str, Any] = {"rows": len(rows)}
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
        pieces = [asked(client, rows[start : start + MOST_ROWS]) for start in range(0, len(rows), MOST_ROWS)]
        found["json"] = difference(expected, *joined(pieces))
        some = np.linspace(0, len(rows) - 1, ALONE).astype(int)
        alone = [asked(client, [rows[place]]) for place in some]
        found["alone"] = difference(Prediction(expected.values[some], expected.probabilities[some]), *joined(alone))
        found["arrow"] = difference(expected, *streamed(client, rows, list(features), classes))
    print(json.dumps(found))


def asked(client: httpx.Client, rows: list[dict[str, Any]]) -> tuple[list[str], list[list[float]]]:
    """Return predictions and probabilities of rows that are asked in JSON."""
    answer = client.post("/v1/predict", json={"rows": rows}).raise_for_status().json()
    return answer["predictions"], answer["probabilities"]


def streamed(
    client: httpx.Client, rows: list[dict[str, Any]], names: list[str], classes: tuple[str, ...]
) -> tuple[list[str], Any]:
    """Return predictions and probabilities of rows that are asked in one stream of Arrow."""
    asked_table = pa.table({name: [row[name] for row in rows] for name in names})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, asked_table.schema) as writer:
        writer.write_table(asked_table, max_chunksize=10_000)
    body = sink.getvalue().to_pybytes()
    answer = client.post("/v1/predict", content=body, headers={"content-type": ARROW}).raise_for_status()
    table = pa.ipc.open_stream(answer.content).read_all()
    chances = np.column_stack([table[f"probability_{name}"].to_numpy() for name in classes])
    return table["prediction"].to_pylist(), chances


def joined(pieces: list[tuple[list[str], list[list[float]]]]) -> tuple[list[str], Any]:
    """Return the answers to several requests as one."""
    return [value for piece in pieces for value in piece[0]], np.concatenate([piece[1] for piece in pieces])


def difference(expected: Prediction, values: list[str], chances: Any) -> dict[str, Any]:
    """Return how far apart probabilities are at most, and how many labels differ beside the threshold and anywhere."""
    differs = np.array(values, dtype=object) != expected.values
    undecided = np.abs(np.diff(np.sort(expected.probabilities, axis=1)[:, -2:], axis=1)[:, 0]) <= 2e-5
    largest = float(np.abs(chances - expected.probabilities).max())
    return {"largest": largest, "labels": int((differs & ~undecided).sum()), "asked": len(values)}


if __name__ == "__main__":
    main(int(sys.argv[1]))
