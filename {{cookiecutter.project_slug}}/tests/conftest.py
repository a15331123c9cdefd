"""What all tests share: made-up tables of each task, models of them, and the project's own files where there are any.

Nothing here depends on what params.yaml says, so that these tests hold for any table a project learns from.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from {{cookiecutter.__package}}.core import data, export, guesses, model, params, schema, shaping
from {{cookiecutter.__package}}.core.sources import flights
from {{cookiecutter.__package}}.live import runtime

CLASSES = {"binary": ("no", "yes"), "multiclass": ("low", "middle", "high"), "regression": ()}
TASKS = tuple(CLASSES)
# One feature of every kind, and one of every kind that may be missing.
FEATURES = {
    "amount": schema.Feature(kind="number", about="what the target follows", min=0, max=10),
    "reading": schema.Feature(kind="number", about="a number without bounds", nullable=True),
    "colour": schema.Feature(kind="category", about="red, green or blue"),
    "note": schema.Feature(kind="category", about="a word, or none", nullable=True),
    "member": schema.Feature(kind="boolean", about="whether somebody belongs to it"),
    "checked": schema.Feature(kind="boolean", about="yes, no, or nobody looked", nullable=True),
    "since": schema.Feature(kind="date", about="a day"),
    "until": schema.Feature(kind="date", about="a day, or none", nullable=True),
}
OWN_SETTINGS = (
    *("LAB_PROFILE", "LAB_CELL_SECONDS", "DVC_STAGE", "MLFLOW_TRACKING_URI", "LIVE_VARIANT", "LIVE_WORKERS"),
    *("LIVE_PREDICTIONS", "LIVE_PSEUDONYM_KEY"),
    *("GITHUB_ACTIONS", "DVC_CREDENTIALS", "IMAGE_REPOSITORY"),
)
QUIET = ("DVC_NO_ANALYTICS", "MLFLOW_DISABLE_TELEMETRY", "BENTOML_DO_NOT_TRACK", "DO_NOT_TRACK")
GIT_HOOK = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
MakeTable = Callable[..., pd.DataFrame]


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
def make_schema() -> Callable[..., schema.Schema]:
    """Make the schema of a made-up table: its task, and whether its rows have a time."""

    def make(task: schema.Task = "binary", timed: bool = True, **changes: Any) -> schema.Schema:
        known = {"id": "key", "time": "at" if timed else None, "target": "outcome"}
        return schema.Schema(**{"task": task, **known, "classes": CLASSES[task], "features": FEATURES, **changes})

    return make


@pytest.fixture(scope="session")
def make_params() -> Callable[..., params.Params]:
    """Make parameters for a made-up table of a task, with a quick model."""

    def make(task: schema.Task = "binary", timed: bool = True) -> params.Params:
        known = {"source": "made-up.csv", "id": "key", "time": "at" if timed else None, "target": "outcome"}
        return params.Params(
            name="made-up",
            seed=7,
            task=task,
            data=params.Data(**known, classes=CLASSES[task]),
            features=FEATURES,
            model=params.Model("hist_gradient_boosting", {"max_iter": 25, "learning_rate": 0.2}),
            evaluation=params.Evaluation(primary=params.PRIMARY[task], slices=("colour",), smallest_slice=20),
        )

    return make


@pytest.fixture(scope="session")
def make_table(make_schema: Callable[..., schema.Schema]) -> MakeTable:
    """Make a prepared table of a schema, spread over the year 2013; the target follows `amount`."""

    def make(rows: int, wanted: schema.Schema | None = None, seed: int = 1) -> pd.DataFrame:
        wanted, random = wanted or make_schema(), np.random.default_rng(seed)
        table = pd.DataFrame({wanted.id: [f"row {n}" for n in range(rows)]})
        if wanted.time:
            times = pd.date_range("2013-01-01", "2014-01-01", periods=rows + 1, unit="us", tz="UTC")
            table[wanted.time] = times[:-1]
        table = table.assign(**{name: made_up(entry, rows, random) for name, entry in wanted.features.items()})
        signal = table[next(iter(wanted.features))].to_numpy(float) + random.normal(scale=1.5, size=rows)
        count = len(wanted.classes)
        codes = np.clip(signal * count / 10, 0, max(0, count - 1)).astype("int64")
        return table.assign(**{wanted.target: codes if wanted.classes else 3.0 * signal})

    return make


def made_up(feature: schema.Feature, rows: int, random: np.random.Generator) -> pd.Series:
    """Return values that a feature allows, in the type of its kind; a tenth is missing where that is allowed."""
    if feature.kind == "category":
        values = pd.Series(random.choice(["red", "green", "blue"], rows), dtype="str")
    elif feature.kind == "boolean":
        values = pd.Series(random.random(rows) < 0.3, dtype="boolean")
    elif feature.kind == "date":
        days = pd.Series(random.integers(0, 3000, rows)).astype("timedelta64[s]") * 86_400
        values = (pd.Timestamp("2010-01-01") + days).astype("datetime64[us]")
    else:
        least = feature.min if feature.min is not None else -50.0
        values = pd.Series(random.uniform(least, feature.max if feature.max is not None else least + 100.0, rows))
    return values.mask(random.random(rows) < 0.1) if feature.nullable else values


@pytest.fixture(scope="session")
def made_of(
    make_schema: Callable[..., schema.Schema], make_params: Callable[..., params.Params], make_table: MakeTable
) -> Callable[[str], SimpleNamespace]:
    """Return all there is for a task: schema, params, table, frame, target, rows, pipeline, onnx, served."""

    @cache
    def make(task: schema.Task) -> SimpleNamespace:
        known, chosen = make_schema(task), make_params(task)
        table = make_table(2000, known)
        frame, target = data.model_frame(table, known.features), table[known.target].to_numpy()
        unfitted = model.build_pipeline(chosen.model, known.features, task, chosen.seed, frame)
        fitted = model.fit(unfitted, frame, target)
        onnx = export.to_onnx(fitted, known.features, chosen.name)
        served = runtime.Model(onnx, signed(onnx, known, chosen.name))
        rows = data.request_rows(table, known.features)
        made = {"schema": known, "params": chosen, "table": table, "frame": frame, "target": target, "rows": rows}
        return SimpleNamespace(**made, pipeline=fitted, onnx=onnx, served=served)

    return make


def signed(content: bytes, known: schema.Schema, name: str) -> schema.Signature:
    """Return the signature that belongs to the bytes of a model."""
    fields = {"task": known.task, "target": known.target, "features": known.features, "classes": known.classes}
    return schema.Signature(name=name, sha256=schema.sha256(content), **fields)


@pytest.fixture(scope="session")
def sign() -> Callable[[bytes, schema.Schema, str], schema.Signature]:
    """Make the signature that belongs to the bytes of a model."""
    return signed


@pytest.fixture(scope="session", params=TASKS)
def each(request: pytest.FixtureRequest, made_of: Callable[[str], SimpleNamespace]) -> SimpleNamespace:
    """All there is for a task; a test that asks for it runs for each."""
    return made_of(request.param)


@pytest.fixture(scope="session")
def made(made_of: Callable[[str], SimpleNamespace]) -> SimpleNamespace:
    """All there is for two classes, for tests to which the task doesn't matter."""
    return made_of("binary")


@pytest.fixture(scope="session")
def quick_params(made: SimpleNamespace) -> params.Params:
    """The parameters of the made-up table."""
    return made.params


@pytest.fixture(scope="session")
def table(made: SimpleNamespace) -> pd.DataFrame:
    """Two thousand made-up rows. Tests don't change it: `assign` and `drop` make their own."""
    return made.table


@pytest.fixture(scope="session")
def frame(made: SimpleNamespace) -> pd.DataFrame:
    """The features of the made-up table as scikit-learn sees them."""
    return made.frame


@pytest.fixture(scope="session")
def rows(made: SimpleNamespace) -> list[dict[str, Any]]:
    """The made-up table as rows of a request."""
    return made.rows


@pytest.fixture(scope="session")
def pipeline(made: SimpleNamespace) -> Pipeline:
    """A pipeline fitted to the made-up table."""
    return made.pipeline


@pytest.fixture(scope="session")
def onnx(made: SimpleNamespace) -> bytes:
    """The fitted pipeline as ONNX."""
    return made.onnx


@pytest.fixture(scope="session")
def served(made: SimpleNamespace) -> runtime.Model:
    """The made-up model as production runs it."""
    return made.served


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
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file in which MLflow has made its tables, which takes seconds; tests copy it."""
    from mlflow import MlflowClient

    path = tmp_path_factory.mktemp("store") / "mlflow.db"
    MlflowClient(f"sqlite:///{path}", f"sqlite:///{path}").search_registered_models()
    return path


@pytest.fixture(scope="session")
def official(project: Path) -> SimpleNamespace:
    """The model that the pipeline made, with the schema, the parts and the report that belong to it."""
    needed = ("models/model.onnx", "models/signature.json", "data/raw/schema.json", "metrics/gate.json")
    parts = {name: project / f"data/processed/{name}.parquet" for name in ("train", "holdout")}
    if not all(path.exists() for path in (*(project / name for name in needed), *parts.values())):
        pytest.skip("there is no official model yet: run `make pipeline` to have it tested too")
    known, served = schema.load_schema(project / "data/raw/schema.json"), runtime.load_model(project / "models")
    report, gate = (data.load_json(project / f"metrics/{name}.json") for name in ("evaluation", "gate"))
    if served.signature.features != known.features or report["sha256"] != served.signature.sha256:
        pytest.skip(
            "models, data and metrics are not of one run: run `make pipeline` or `dvc pull` to have them tested"
        )
    tables = {name: data.load_table(path) for name, path in parts.items()}
    return SimpleNamespace(schema=known, served=served, report=report, gate=gate, **tables)


@pytest.fixture(scope="session")
def csvs() -> dict[str, pd.DataFrame]:
    """The raw tables of the example."""
    return {"flights": flights.load_csv("flights.csv.zip"), "weather": flights.load_csv("weather.csv")}


@pytest.fixture(scope="session")
def raw_flights(csvs: dict[str, pd.DataFrame], real_params: params.Params) -> pd.DataFrame:
    """Every flight of the example, joined with its weather, as the source has it."""
    return flights.flights_with_weather(csvs["flights"], csvs["weather"], real_params.data, real_params.flights)


@pytest.fixture(scope="session")
def flight_schema(raw_flights: pd.DataFrame, real_params: params.Params) -> schema.Schema:
    """The schema of the example."""
    return guesses.resolved(raw_flights, real_params)


@pytest.fixture(scope="session")
def flight_table(raw_flights: pd.DataFrame, flight_schema: schema.Schema) -> pd.DataFrame:
    """The table of the example, as 01_ingest prepares it."""
    return shaping.shaped(raw_flights, flight_schema)
