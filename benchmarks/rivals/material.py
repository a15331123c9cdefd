"""What is measured with, written by the project's own code: `python material.py FOLDER`, in the project's folder.

03_train keeps the ONNX file and not the pipeline it comes from, so that the pipeline is fitted once more, by the
same functions on the same rows; its file is the served one, byte for byte, or this fails.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

import joblib
import msgspec
import pandas as pd

BODIES = {1: 64, 100: 8, 1000: 4}
ARROW_ROWS = 10_000


def main() -> None:
    """Write pipeline.joblib, the MLflow model, bodies of every size, and the answers they get."""
    folder = Path(sys.argv[1])
    package = next(Path("src").glob("*/core")).parent.name
    core = {name: importlib.import_module(f"{package}.core.{name}") for name in ("data", "export", "model", "schema")}
    runtime = importlib.import_module(f"{package}.live.runtime")
    served = runtime.load_model(Path("models"))
    pipeline = refitted(core, served.signature)
    joblib.dump(pipeline, folder / "pipeline.joblib")
    holdout = core["data"].load_table(Path("data/processed/holdout.parquet"))
    frame = core["data"].model_frame(holdout, served.signature.features)
    save_mlflow(pipeline, frame, folder / "mlflow")
    save_bodies(holdout, served, core["data"].request_rows, folder)
    print("The pipeline was fitted again by the project's own code; its ONNX file is the served one, byte for byte.")


def refitted(core: dict[str, Any], signature: Any) -> Any:
    """Return the pipeline that the served file was exported from."""
    params = importlib.import_module(f"{core['data'].__package__}.params").load_params(Path("params.yaml"))
    train = core["data"].load_table(Path("data/processed/train.parquet"))
    schema = core["schema"].load_schema(Path("data/raw/schema.json"))
    frame = core["data"].model_frame(train, schema.features)
    unfitted = core["model"].build_pipeline(params.model, schema.features, params.task, params.seed, frame)
    pipeline = core["model"].fit(unfitted, frame, train[schema.target].to_numpy())
    if core["schema"].sha256(core["export"].to_onnx(pipeline, schema.features, params.name)) != signature.sha256:
        sys.exit("Fitting again gave another model: run `make pipeline` in the project first.")
    return pipeline


def save_mlflow(pipeline: Any, frame: pd.DataFrame, folder: Path) -> None:
    """Write the pipeline as MLflow's users do, with a signature."""
    import mlflow
    from mlflow.models import infer_signature

    mlflow.sklearn.save_model(
        pipeline,
        folder,
        signature=infer_signature(frame.head(100), pipeline.predict_proba(frame.head(100))),
        serialization_format="cloudpickle",
        pyfunc_predict_fn="predict_proba",
    )


def save_bodies(holdout: pd.DataFrame, served: Any, request_rows: Any, folder: Path) -> None:
    """Write requests with different real rows, in our form and in MLflow's, and the probabilities each has to get."""
    shuffled = holdout.sample(len(holdout), random_state=0).reset_index(drop=True)
    features = list(served.signature.features)
    for rows, bodies in BODIES.items():
        for place in range(bodies):
            part = shuffled.iloc[place * rows : (place + 1) * rows]
            records = request_rows(part, served.signature.features)
            split = {"columns": features, "data": [list(record.values()) for record in records]}
            name = f"{rows}-{place:02d}"
            (folder / f"{name}.json").write_bytes(msgspec.json.encode({"rows": records}))
            (folder / f"{name}.mlflow.json").write_bytes(msgspec.json.encode({"dataframe_split": split}))
            expected = served.answer(part).probabilities.tolist()
            (folder / f"{name}.expected").write_bytes(msgspec.json.encode(expected))
    save_arrow(shuffled.head(ARROW_ROWS)[features], folder)


def save_arrow(part: pd.DataFrame, folder: Path) -> None:
    """Write many rows as an Arrow IPC stream."""
    import pyarrow as pa

    table = pa.Table.from_pandas(part, preserve_index=False)
    with pa.ipc.new_stream(folder / f"{ARROW_ROWS}-00.arrow", table.schema.remove_metadata()) as stream:
        stream.write_table(table.replace_schema_metadata())


if __name__ == "__main__":
    main()
