"""What the environment may change about the service; every setting has a default that works offline."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

# BentoML reports its use over the network unless told not to; so does every process it starts.
QUIET = {"BENTOML_DO_NOT_TRACK": "True", "DO_NOT_TRACK": "1"}
GRACEFUL_SECONDS = 10
READY_SECONDS = 60
# A worker that ends with this status has said why, and the next one could not start either.
HOPELESS = 78
# Settings that name a file or a folder.
PATHS = ("LIVE_API_KEYS", "LIVE_PREDICTIONS", "LIVE_CHALLENGER")
YES, NO = ("1", "on", "true", "yes"), ("0", "off", "false", "no")


class SettingError(ValueError):
    """A setting of the environment can't be used; the message names it and what it takes."""


class Settings(NamedTuple):
    """How one service runs. .env.example says what each is for; the environment calls them LIVE_…

    Sizes are in bytes, times in seconds. An empty text is a setting that was left out.
    """

    workers: int = 1
    # How many requests may wait in a worker; one more is answered with 503 at once.
    queue: int = 128
    largest_body: int = 4 * 2**20
    largest_arrow_body: int = 64 * 2**20
    # Whether what reads Arrow is loaded at start, and not with the first request that needs it.
    arrow_at_start: bool = False
    playground: bool = True
    private_port: int | None = None
    private_host: str = "127.0.0.1"
    # Authentication: "", "none" (waived for every address), or keys and jwt, separated by commas.
    auth: str = ""
    api_keys: str = ""
    jwt_issuer: str = ""
    jwt_audience: str = ""
    jwt_jwks_url: str = ""
    jwt_algorithms: str = "RS256,ES256"
    # In the notation of the library limits, such as "100/second;5000/minute".
    rate_limit: str = ""
    rate_storage: str = "memory://"
    # The folder where predictions are noted; nowhere if it is empty. The key is for what is pseudonymised.
    predictions: str = ""
    pseudonym_key: str = ""
    # A second model beside the champion: its folder, and its share of the requests, or "shadow".
    challenger: str = ""
    challenger_share: str = "shadow"
    variant: str = "champion"


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Return the settings that the environment names.

    Raises:
        SettingError: one of them isn't what it has to be.
    """
    found = {}
    for name, default in Settings._field_defaults.items():
        text = environ.get(f"LIVE_{name.upper()}", "").strip()
        if text:
            found[name] = parsed(f"LIVE_{name.upper()}", text, default)
    return Settings(**found)


def parsed(name: str, text: str, default: object) -> bool | int | str:
    """Return a setting's value as what its default is; a port is a number that may be left out.

    Raises:
        SettingError: it isn't.
    """
    if isinstance(default, bool):
        if text.lower() not in YES + NO:
            raise SettingError(f"{name} is {text!r}: it takes on or off.")
        return text.lower() in YES
    if isinstance(default, int) or default is None:
        if not text.isdecimal() or int(text) < 1:
            raise SettingError(f"{name} is {text!r}: it takes a whole number, 1 or more.")
        return int(text)
    return text


def service_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment a server is started with: the caller's, with telemetry off."""
    return {**environ, **anchored(environ), **QUIET}


def anchored(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that name a path, as seen from here: BentoML's workers work in a folder of their own."""
    named = {name: environ.get(name, "").strip() for name in PATHS}
    return {name: str(Path(path).absolute()) for name, path in named.items() if path}


def model_folder() -> Path:
    """Return the nearest models/ above this file: the Bento's own, or the project's."""
    above = Path(__file__).resolve().parents
    return next((p / "models" for p in above if (p / "models" / "signature.json").exists()), Path("models").resolve())


def workers() -> int:
    """Return how many processes answer requests: LIVE_WORKERS, or one.

    Raises:
        SettingError: LIVE_WORKERS is no whole number from 1 on.
    """
    return load_settings({"LIVE_WORKERS": os.environ.get("LIVE_WORKERS", "")}).workers
