"""Bentos of made-up models that a page has to bear with: sixty features, names that want to be HTML, plain numbers.

`python tests/playground_bentos.py NAME FOLDER` builds one; any project's Python can run it, in the project's folder.
"""

from __future__ import annotations

import importlib
import sys
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from hostile_names import HOSTILE, LEVELS, LONG

ROWS, GOLDEN = 600, 24


def hostile(schema: Any) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Sixty features of every kind, three classes; names, meanings and levels are what an attacker would choose."""
    named = {
        HOSTILE: schema.Feature(kind="number", about="</script><script>alert(4)</script>", min=0, max=10),
        "</script>": schema.Feature(kind="category", about=LEVELS[0]),
        LONG: schema.Feature(kind="boolean", about="w" * 300, nullable=True),
        "__DATA__": schema.Feature(kind="date", about="__SCRIPT__", nullable=True),
        "rows[0].constructor": schema.Feature(kind="category", nullable=True),
    }
    more = {f"number {place}": schema.Feature(kind="number", nullable=place % 2 == 0) for place in range(55)}
    return "multiclass", (HOSTILE, "</script>", "middle"), named | more


def number(schema: Any) -> tuple[str, tuple[str, ...], dict[str, Any]]:
    """Three features and a number."""
    kinds = {"size": "number", "colour": "category", "since": "date"}
    return "regression", (), {name: schema.Feature(kind=kind, about=f"its {name}") for name, kind in kinds.items()}


MODELS = {"hostile": hostile, "number": number}


def made_up(feature: Any, random: np.random.Generator) -> pd.Series:
    """Return values of a feature's kind, a tenth of them missing where that is allowed."""
    values = {
        "number": lambda: pd.Series(random.uniform(0, 10, ROWS)),
        "category": lambda: pd.Series(random.choice(LEVELS, ROWS), dtype="str"),
        "boolean": lambda: pd.Series(random.random(ROWS) < 0.3, dtype="boolean"),
        "date": lambda: pd.Series(
            pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 900, ROWS), unit="D")
        ),
    }[feature.kind]()
    return values.mask(random.random(ROWS) < 0.1) if feature.nullable else values


def parts(package: str, half: str, *names: str) -> list[ModuleType]:
    """Return modules of one half of a project's package."""
    return [importlib.import_module(f"{package}.{half}.{name}") for name in names]


def build(package: str, name: str, folder: Path) -> None:
    """Fit a model to made-up rows, and build its Bento."""
    data, export, model, params, schema = parts(package, "core", "data", "export", "model", "params", "schema")
    golden, packaging, runtime = parts(package, "live", "golden", "packaging", "runtime")
    task, classes, features = MODELS[name](schema)
    random = np.random.default_rng(1)
    table = pd.DataFrame({known: made_up(feature, random) for known, feature in features.items()})
    signal = table.iloc[:, 0].to_numpy(float)
    target = np.clip(signal * len(classes) / 10, 0, len(classes) - 1).astype("int64") if classes else 3.0 * signal - 12
    options = params.Model("hist_gradient_boosting", {"max_iter": 20})
    frame = data.model_frame(table, features)
    fitted = model.fit(model.build_pipeline(options, features, task, 1, frame), frame, target)
    onnx = export.to_onnx(fitted, features, name)
    known = {"task": task, "target": HOSTILE if classes else "weight", "features": features, "classes": classes}
    signature = schema.Signature(name=name, sha256=schema.sha256(onnx), **known)
    rows = golden.golden_rows(runtime.Model(onnx, signature), data.request_rows(table, features)[:GOLDEN])
    with tempfile.TemporaryDirectory() as scratch:
        models = Path(scratch)
        data.save_bytes(onnx, models / "model.onnx")
        lineage = {"name": name, "version": "7", "run_id": "", "git_commit": "", "git_dirty": False, "inputs": {}}
        for file, content in {"signature": signature, "lineage": lineage, "golden": rows}.items():
            data.save_json(content, models / f"{file}.json")
        packaging.build_bento(sorted(models.iterdir()), Path("requirements/serve.txt"), folder, version="7")


if __name__ == "__main__":
    build(next(path.parent.name for path in Path("src").glob("*/live")), sys.argv[1], Path(sys.argv[2]))
