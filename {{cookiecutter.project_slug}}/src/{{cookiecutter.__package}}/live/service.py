"""The BentoML service. BentoML packages it, starts its processes and asks it whether it is well.

Requests go through our own edge before BentoML's machinery, which costs more than a prediction itself. Of that, its
request logging, metrics, tracing and timeouts are what `edge` does instead; its client, its schema and its packaging
stay as BentoML's users know them.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import bentoml
from bentoml.exceptions import BentoMLException

from . import counting
from .assembly import Assembled
from .edge import protocol
from .edge.auth.binding import asked_for, listening, require_guarded
from .edge.auth.policy import check_guard
from .edge.exchange import Application
from .edge.middleware import Edge
from .observing.logs import use_json
from .orphans import end_with_parent
from .private import PrivatePort
from .runtime import ModelFileError, fields
from .settings import HOPELESS, SettingError, anchored, load_settings, model_folder, workers
from .variants.lineup import load_lineup

SWITCH_SECONDS = 0.0005
logger = logging.getLogger("bentoml.live")
protocol.install()
edge = Edge()


class EdgedService(bentoml.Service):
    """A service whose requests meet the edge first: BentoML's own middleware is behind its tracing and timeouts."""

    def to_asgi(self, is_main: bool = True) -> Application:
        """Return what BentoML serves, with the edge in front of it."""
        edge.app = super().to_asgi(is_main)
        return edge


@bentoml.service(
    name="{{cookiecutter.project_slug}}",
    service_class=EdgedService,
    workers=workers(),
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
    tracing={"excluded_urls": ".*"},
)
class PredictionService:
    """Loads the models and answers under /v1."""

    def __init__(self) -> None:
        if is_worker():
            end_with_parent()
            use_json()
            counting.join()
        try:
            settings = load_settings(os.environ)
            require_guarded(settings, listening(sys.argv))
            self.lineup = load_lineup(model_folder(), settings)
            self.assembled = Assembled(settings, self.lineup)
        except (ModelFileError, SettingError) as error:
            if is_worker():
                end_all(str(error))
            raise BentoMLException(str(error)) from None
        edge.gate = self.assembled.gate
        self.private = PrivatePort(edge, settings)
        # What start-up made stays for good: without this, full collections walk it during requests.
        gc.collect()
        gc.freeze()
        if is_worker():
            # A log's thread that has work for 5 ms, as Python lets it, would hold every request up for as long.
            sys.setswitchinterval(SWITCH_SECONDS)

    @bentoml.api(route="/v1/predict")
    def predict(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Answer rows, as BentoML's clients ask and see it; over HTTP the edge answers before this is called."""
        champion = self.lineup.champion
        table = {name: [row.get(name) for row in rows] for name in champion.model.signature.features}
        answer = fields(champion.model.answer(table))
        return {**{name: list(map(plain, values)) for name, values in answer.items()}, "model": champion.identity}

    @bentoml.on_startup
    async def open_private_port(self) -> None:
        """Listen where metrics and documents are asked for, if that is another port."""
        try:
            await self.private.open()
        except OSError as error:
            if not is_worker():
                raise
            reason = (error.strerror or str(error)).lower()
            end_all(f"Port {self.private.port} on {self.private.host} (LIVE_PRIVATE_PORT) can't be used: {reason}.")

    @bentoml.on_shutdown
    async def end(self) -> None:
        """Write what waits, once the last request is answered."""
        await self.private.close()
        if self.assembled.gate.rates:
            await self.assembled.gate.rates.close()
        self.assembled.close()

    @bentoml.on_deployment
    def check_model() -> None:
        """Refuse to start any worker on models that don't answer as they did, or on settings that can't be used."""
        try:
            # Workers inherit it, and work in another folder.
            os.environ.update(anchored(os.environ))
            settings = load_settings(os.environ)
            require_guarded(settings, asked_for(sys.argv, os.environ))
            check_guard(settings)
            load_lineup(model_folder(), settings)
            counting.begin()
        except (ModelFileError, SettingError) as error:
            raise BentoMLException(str(error)) from None
        # Here, as only the main process needs what it imports.
        from .supervision import install

        install()


def is_worker() -> bool:
    """Return whether this process is one that BentoML started to answer requests."""
    return Path(sys.argv[0]).parts[-2:] == ("worker", "service.py")


def end_all(reason: str) -> NoReturn:
    """Say why this process can't answer, and end it in the way that tells the main process to end the service."""
    logger.critical(reason)
    os._exit(HOPELESS)


def plain(value: Any) -> Any:
    """Return a number or a list of numbers as Python's own."""
    return value.tolist() if hasattr(value, "tolist") else value
