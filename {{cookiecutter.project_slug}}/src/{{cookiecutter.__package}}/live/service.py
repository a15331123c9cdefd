"""The BentoML service. BentoML packages it, starts its processes and asks it whether it is well.

Built-in request logging, metrics and OpenTelemetry are off: each costs more than the prediction itself.
"""

from __future__ import annotations

import gc
from pathlib import Path

import bentoml
import msgspec
from bentoml.exceptions import BentoMLException

from .api import Api, Receive, Scope, Send
from .runtime import Model, ModelFileError, checked_bytes, load_model
from .settings import variant, workers

REQUEST_SECONDS = 10
CONCURRENT_REQUESTS = 512


def model_folder() -> Path:
    """Return the nearest models/ above this file: the Bento's own, or the project's."""
    above = Path(__file__).resolve().parents
    return next((p / "models" for p in above if (p / "models" / "signature.json").exists()), Path("models").resolve())


def warmed_up(model: Model) -> Model:
    """Answer one made-up row, so that the first caller doesn't pay for the first call."""
    model.answer({name: [None] for name in model.signature.features})
    return model


class Gateway:
    """The mounted application; it exists before the model is loaded, and hands on once it is."""

    def __init__(self) -> None:
        self.api: Api | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.api is not None, "the service is initialized before it takes requests"
        await self.api(scope, receive, send)


gateway = Gateway()


@bentoml.service(
    name="{{cookiecutter.project_slug}}",
    workers=workers(),
    traffic={"timeout": REQUEST_SECONDS, "max_concurrency": CONCURRENT_REQUESTS},
    logging={"access": {"enabled": False}},
    metrics={"enabled": False},
    tracing={"excluded_urls": ".*"},
)
@bentoml.asgi_app(gateway, path="/")
class PredictionService:
    """Loads the one model in models/ and answers under /v1.

    The application is mounted at the root, before BentoML's own pages: their index loads a tag manager.
    """

    def __init__(self) -> None:
        folder = model_folder()
        model = warmed_up(load_model(folder))
        version = msgspec.json.decode((folder / "lineage.json").read_bytes())["version"]
        gateway.api = Api(model, version=version, variant=variant())
        # What start-up made stays for good: without this, full collections walk it during requests.
        gc.collect()
        gc.freeze()

    @bentoml.on_deployment
    def check_model() -> None:
        """Refuse to start any worker on a missing or damaged model."""
        try:
            checked_bytes(model_folder())
        except ModelFileError as error:
            raise BentoMLException(str(error)) from None
