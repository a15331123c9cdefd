"""What all tests share: the project's own parameters, a made-up table that fits them, and a model of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn.pipeline import Pipeline

from {{cookiecutter.__package}}.core import data, export, flights, model, params, schema
from {{cookiecutter.__package}}.live import runtime

# Whatever features a project has, tests can rely on one of each kind.
EXTRA = {
    "amount": schema.Feature(kind="number", about="what the target follows", min=0, max=10),
    "reading": schema.Feature(kind="number", about="a number without bounds", nullable=True),
    "colour": schema.Feature(kind="category", about="red, green or blue"),
    "note": schema.Feature(kind="category", about="a word, or none", nullable=True),
}
OWN_SETTINGS = ("LAB_PROFILE", "LAB_CELL_SECONDS", "DVC_STAGE", "MLFLOW_TRACKING_URI", "LIVE_VARIANT", "LIVE_WORKERS")
QUIET = ("DVC_NO_ANALYTICS", "MLFLOW_DISABLE_TELEMETRY", "BENTOML_DO_NOT_TRACK", "DO_NOT_TRACK")
GIT_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")


def pytest_configure() -> None:
    """Forget the caller's own settings and let nothing report its use, before anything else is imported."""
    os.environ.update(dict.fromkeys(OWN_SETTINGS, "") | dict.fromkeys(QUIET, "True"))
    for name in GIT_HOOK:
        os.environ.pop(name, None)


@pytest.fixture(autouse=True)
def own_environment() -> Iterator[None]:
    """Leave the environment behind as it was found, whatever the test and the code under test set."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def project() -> Path:
    """The project's root."""
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_params(project: Path) -> params.Params:
    """params.yaml as it is."""
    return params.load_params(project / "params.yaml")


@pytest.fixture(scope="session")
def quick_params(project: Path) -> params.Params:
    """params.yaml with the quick model of params.smoke.yaml, and four more features."""
    loaded = params.load_params(project / "params.yaml", project / "params.smoke.yaml")
    return msgspec.structs.replace(loaded, features={**loaded.features, **EXTRA})


@pytest.fixture(scope="session")
def make_table(quick_params: params.Params) -> Callable[..., pd.DataFrame]:
    """Make a table that params.yaml allows, spread over all its periods; the target follows `amount`."""

    def make(rows: int, seed: int = 1) -> pd.DataFrame:
        random = np.random.default_rng(seed)
        split, special = quick_params.split, quick_params.data
        first, last = (pd.Timestamp(day, tz="UTC") for day in (split.train[0], split.live[1]))
        times = pd.date_range(first, last, periods=rows + 1, unit="us")[:-1]
        table = pd.DataFrame({special.id: [f"row {n}" for n in range(rows)], special.time: times})
        features = {name: made_up(feature, rows, random) for name, feature in quick_params.features.items()}
        table = table.assign(**features)
        signal = table.amount + random.normal(scale=2, size=rows)
        classes = max(2, len(special.classes))
        codes = np.clip(signal * classes / 10, 0, classes - 1).astype("int64")
        return table.assign(**{special.target: codes if special.classes else 3.0 * signal})

    return make


def made_up(feature: schema.Feature, rows: int, random: np.random.Generator) -> NDArray[Any] | pd.Series:
    """Return values that a feature allows; a tenth is missing where that is allowed."""
    if feature.kind == "category":
        values = pd.Series(random.choice(["red", "green", "blue"], rows), dtype="str")
    else:
        least = feature.min if feature.min is not None else -50.0
        values = pd.Series(random.uniform(least, feature.max if feature.max is not None else least + 100.0, rows))
    return values.mask(random.random(rows) < 0.1) if feature.nullable else values


@pytest.fixture(scope="session")
def table(make_table: Callable[..., pd.DataFrame]) -> pd.DataFrame:
    """Two thousand made-up rows. Tests don't change it: `assign` and `drop` make their own."""
    return make_table(2000)


@pytest.fixture(scope="session")
def frame(table: pd.DataFrame, quick_params: params.Params) -> pd.DataFrame:
    """The features of the made-up table as scikit-learn sees them."""
    return data.model_frame(table, quick_params.features)


@pytest.fixture(scope="session")
def rows(table: pd.DataFrame, quick_params: params.Params) -> list[dict[str, Any]]:
    """The made-up table as rows of a request."""
    return data.request_rows(table, quick_params.features)


@pytest.fixture(scope="session")
def pipeline(frame: pd.DataFrame, table: pd.DataFrame, quick_params: params.Params) -> Pipeline:
    """The project's pipeline, fitted to the made-up table."""
    chosen = quick_params.model, quick_params.features, quick_params.task, quick_params.seed
    return model.fit(model.build_pipeline(*chosen), frame, table[quick_params.data.target].to_numpy())


@pytest.fixture(scope="session")
def onnx(pipeline: Pipeline, quick_params: params.Params) -> bytes:
    """The fitted pipeline as ONNX."""
    return export.to_onnx(pipeline, quick_params.features, quick_params.name)


@pytest.fixture(scope="session")
def sign() -> Callable[[bytes, params.Params], schema.Signature]:
    """Make the signature that belongs to the bytes of a model."""

    def make(content: bytes, chosen: params.Params) -> schema.Signature:
        return schema.Signature(
            name=chosen.name,
            task=chosen.task,
            target=chosen.data.target,
            features=chosen.features,
            classes=chosen.data.classes,
            sha256=schema.sha256(content),
        )

    return make


@pytest.fixture(scope="session")
def served(
    onnx: bytes, sign: Callable[[bytes, params.Params], schema.Signature], quick_params: params.Params
) -> runtime.Model:
    """The made-up model as production runs it."""
    return runtime.Model(onnx, sign(onnx, quick_params))


@pytest.fixture
def model_folder(tmp_path: Path, onnx: bytes, served: runtime.Model) -> Path:
    """A folder such as models/ with the made-up model in it."""
    folder = tmp_path / "models"
    folder.mkdir()
    data.save_bytes(onnx, folder / "model.onnx")
    data.save_json(served.signature, folder / "signature.json")
    data.save_json({"version": "7"}, folder / "lineage.json")
    return folder


@pytest.fixture(scope="session")
def csvs() -> dict[str, pd.DataFrame]:
    """The raw tables of the example."""
    return {"flights": flights.load_csv("flights.csv.zip"), "weather": flights.load_csv("weather.csv")}


@pytest.fixture(scope="session")
def flight_table(csvs: dict[str, pd.DataFrame], real_params: params.Params) -> pd.DataFrame:
    """Every flight of the example, joined with its weather."""
    return flights.flights_with_weather(csvs["flights"], csvs["weather"], real_params.data, real_params.flights)
