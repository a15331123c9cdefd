"""Use a client that was generated from the served document: `python client_use.py FOLDER PORT GOLDEN`."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from client import Client
from client.api.predictions import predict
from client.api.service import info, readyz
from client.models import ErrorResponse, PredictRequest
from client.types import File

golden = json.loads(Path(sys.argv[3]).read_text(encoding="utf-8"))
with Client(base_url=f"http://127.0.0.1:{sys.argv[2]}") as service:
    answer = predict.sync(client=service, body=PredictRequest.from_dict({"rows": golden["rows"]}))
    assert answer.predictions == golden["predictions"]
    assert answer.probabilities == golden["probabilities"]
    known = info.sync(client=service)
    assert known.model == answer.model
    assert list(known.features.additional_properties) == list(golden["rows"][0])
    refused = predict.sync_detailed(client=service, body=PredictRequest(rows=[]), x_request_id="mine-1")
    assert refused.status_code == 422
    assert isinstance(refused.parsed, ErrorResponse)
    assert (refused.parsed.request_id, refused.parsed.error.fields[0].path) == ("mine-1", "rows")
    absent = predict.sync_detailed(client=service, body=PredictRequest(rows=[]), x_model_version="0.0.0")
    assert absent.status_code in (409, 422)
    stream = predict.sync_detailed(client=service, body=File(payload=io.BytesIO(b"no stream")))
    assert (stream.status_code, stream.parsed.error.code) == (400, "invalid_arrow")
    assert readyz.sync_detailed(client=service).status_code == 200
print("answered")
