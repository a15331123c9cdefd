"""Prediction logs in folders of their own, filled through the handler that answers requests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from {{cookiecutter.__package}}.core.sections import Predictions
from {{cookiecutter.__package}}.live.api.predict import Predict
from {{cookiecutter.__package}}.live.edge.exchange import Exchange
from {{cookiecutter.__package}}.live.predictions.lines import Note
from {{cookiecutter.__package}}.live.predictions.log import PredictionLog
from {{cookiecutter.__package}}.live.predictions.policy import Columns
from {{cookiecutter.__package}}.live.runtime import Model
from {{cookiecutter.__package}}.live.settings import Settings
from {{cookiecutter.__package}}.live.variants.lineup import Lineup
from {{cookiecutter.__package}}.live.variants.variant import variant_of

Rows = list[dict[str, Any]]


class Service(NamedTuple):
    """A model that answers and notes what it answered."""

    predict: Predict
    log: PredictionLog
    folder: Path
    lost: list[float]

    def ask(self, rows: Rows, request_id: str = "one") -> dict[str, Any]:
        """Send rows, and return the answer."""
        headers = [(b"x-request-id", request_id.encode())]
        scope = {"type": "http", "method": "POST", "path": "/v1/predict", "headers": headers}
        body = json.dumps({"rows": rows}).encode()

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body}

        answer = asyncio.run(self.predict(Exchange(scope, None), receive))
        return json.loads(answer.body)

    def settle(self) -> None:
        """Wait until everything has been handed to the disk."""
        spooling = self.log.spooling
        deadline = time.monotonic() + 30
        while spooling.rows_out < spooling.rows_in and time.monotonic() < deadline:
            time.sleep(0.01)
        assert spooling.rows_out == spooling.rows_in


@pytest.fixture
def serve(served: Model, tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Make a service that notes what it answers; it is ended with the test."""
    made: list[Service] = []

    def make(model: Model = served, policy: Predictions | None = None, **options: Any) -> Service:
        folder, lost = options.pop("folder", tmp_path / "predictions"), []
        log = PredictionLog(folder, policy or Predictions(), model.signature.features, dropped=lost.append, **options)
        predict = Predict(Lineup(variant_of(model, "champion", "7")), Settings(), log=log)
        made.append(Service(predict, log, folder, lost))
        return made[-1]

    yield make
    for service in made:
        service.log.close()


@pytest.fixture
def service(serve: Callable[..., Service]) -> Service:
    """One that notes everything."""
    return serve()


@pytest.fixture(scope="session")
def notes(made: SimpleNamespace) -> Callable[..., list[Note]]:
    """Make notes of one row each, with these ids, as the handler would hand them to the thread that writes."""
    from {{cookiecutter.__package}}.core.schema import columns
    from {{cookiecutter.__package}}.live.predictions.blocks import Source

    source = Source("champion", "7", made.served.signature.sha256, made.served.signature.classes)
    table = {name: [made.rows[0][name]] for name in made.schema.features}
    fed = columns(table, made.schema.features)
    answer = made.served.predict(fed)

    def make(ids: list[str], when: float = 1_763_735_195.0) -> list[Note]:
        return [Note(one, int(when * 1e6), 1.5, source, 1, None, fed, answer) for one in ids]

    return make


@pytest.fixture(scope="session")
def everything(made: SimpleNamespace) -> Columns:
    """What is noted of the made-up table's columns where nothing is left out."""
    return Columns(made.schema.features, Predictions())
