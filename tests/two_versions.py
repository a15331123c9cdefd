"""Registers a project's model and one that differs from it by its bytes alone, and makes both champion, in this order.

`two_versions.py PROJECT FOLDER`, run by the Python of the project, with MLFLOW_TRACKING_URI of a database to make.

Into FOLDER/1.0.1 goes a Bento of the second. Prints the hashes of both.
"""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from pathlib import Path

import msgspec
import onnx
from mlflow import MlflowClient

PROJECT, FOLDER = Path(sys.argv[1]), Path(sys.argv[2])
PACKAGE = next(path.parent.name for path in (PROJECT / "src").glob("*/core"))


def module(name: str):
    """Return a module of the project's package."""
    return importlib.import_module(f"{PACKAGE}.{name}")


def files(version: str) -> Path:
    """Return a folder with the files of a model: the project's own, or one with a remark in it."""
    made = FOLDER / f"models-{version}" / "artifacts"
    made.mkdir(parents=True)
    for path in (PROJECT / "models").glob("*.*"):
        if path.is_file() and path.name != ".gitignore":
            shutil.copy2(path, made)
    if version != "1.0.0":
        model = onnx.load(made / "model.onnx")
        model.doc_string = version
        (made / "model.onnx").write_bytes(model.SerializeToString())
        signature = json.loads((made / "signature.json").read_text())
        signature["sha256"] = module("core.schema").sha256((made / "model.onnx").read_bytes())
        (made / "signature.json").write_text(json.dumps(signature))
        lineage = json.loads((made / "lineage.json").read_text())
        (made / "lineage.json").write_text(json.dumps(lineage | {"version": version}))
    return made


def register(client: MlflowClient, name: str, version: str, made: Path) -> None:
    """Register a model with a gate that it passed."""
    entries, catalogue = module("core.registry.entries"), module("core.registry.catalogue")
    signature = module("live.runtime").load_signature(made / "signature.json")
    experiment = client.create_experiment(version, artifact_location=(FOLDER / "kept").as_uri())
    run = client.create_run(experiment)
    client.log_dict(run.info.run_id, json.loads((made / "golden.json").read_text()), entries.GOLDEN_FILE)
    logged = client.create_logged_model(experiment, "model", run.info.run_id)
    client.log_model_artifacts(logged.model_id, str(made.parent))
    verdict = entries.Verdict(sha256=signature.sha256, passed=True, compared=False)
    tags = {
        entries.SHA256: signature.sha256,
        entries.VERSION: version,
        entries.SIGNATURE: entries.hash_of(signature),
        entries.GATE: msgspec.json.encode(verdict).decode(),
    }
    catalogue.make(client, name)
    client.create_model_version(
        name, f"models:/{logged.model_id}", run.info.run_id, tags=tags, model_id=logged.model_id, await_creation_for=0
    )


def main() -> None:
    """Register both, promote both, build the second."""
    store, transition, promotion = (module(f"live.registry.{n}") for n in ("store", "transition", "promotion"))
    name = json.loads((PROJECT / "models" / "signature.json").read_text())["name"]
    registry = store.open_registry(FOLDER, name)
    hashes = {}
    for version in ("1.0.0", "1.0.1"):
        made = files(version)
        register(registry.client, name, version, made)
        promotion.promote(registry, version, transition.Author("test"), lambda text: None)
        hashes[version] = module("live.runtime").load_signature(made / "signature.json").sha256
    models = sorted(path for path in (FOLDER / "models-1.0.1" / "artifacts").iterdir())
    module("live.packaging").build_bento(
        models, PROJECT / "requirements" / "serve.txt", FOLDER / "1.0.1", version="1.0.1"
    )
    print(json.dumps({"name": name, "hashes": hashes}))


if __name__ == "__main__":
    main()
