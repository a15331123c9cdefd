# The code of notebooks/03_train.ipynb, written by `lab project`: edit the notebook, not this file.

# %%
from {{cookiecutter.__package}}.lab import Stage

stage = Stage("train")
params = stage.params
stage

# %%
from {{cookiecutter.__package}}.core.data import load_table, model_frame
from {{cookiecutter.__package}}.core.schema import load_schema

schema = load_schema(stage.input("schema"))
train = load_table(stage.input("train"))
frame = model_frame(train, schema.features)
target = train[schema.target].to_numpy()
frame.describe().T.round(1)

# %%
from {{cookiecutter.__package}}.core.model import build_pipeline, fit

unfitted = build_pipeline(params.model, schema.features, params.task, params.seed, frame)
pipeline = fit(unfitted, frame, target)
pipeline

# %%
from {{cookiecutter.__package}}.core.export import to_onnx
from {{cookiecutter.__package}}.core.schema import Signature, sha256
from {{cookiecutter.__package}}.live.runtime import Model

onnx = to_onnx(pipeline, schema.features, params.name)
known = {"task": schema.task, "target": schema.target, "features": schema.features, "classes": schema.classes}
signature = Signature(name=params.name, sha256=sha256(onnx), **known)
model = Model(onnx, signature)

# %%
import numpy as np
import pandas as pd

from {{cookiecutter.__package}}.core.export import answers, hard_rows, parity, require_parity

some = frame.iloc[:: max(1, len(frame) // 20_000)]
asked = pd.concat([hard_rows(frame, schema.features), some], ignore_index=True)
alone = [model.answer(asked.iloc[[row]]).raw for row in range(min(200, len(asked)))]
result = parity(answers(pipeline, asked), model.answer(asked).raw, np.concatenate(alone))
result

# %% [nbval-check-output]
require_parity(result)
stage.verdict("the file answers as the pipeline does", result.ok)

# %%
from {{cookiecutter.__package}}.core.figures import model as figures

first = asked.head(60)
pairs = {"pipeline": answers(pipeline, first)[:, -1], "ONNX": model.answer(first).raw[:, -1]}
agreement = figures.answers(pairs)
agreement

# %%
import mlflow

from {{cookiecutter.__package}}.core.data import save_bytes, save_json
from {{cookiecutter.__package}}.core.metrics import scores
from {{cookiecutter.__package}}.lab import registration, tracking

save_bytes(onnx, stage.output("model"))
save_json(signature, stage.output("signature"))
seen = scores(target, model.answer(frame).outcome, params.task)
pd.Series(seen, name="on the rows it learned from").to_frame().round(4)

# %%
with tracking.run(stage) as run:
    mlflow.log_params(tracking.flat(params))
    mlflow.log_metrics({f"train.{name}": value for name, value in seen.items()})
    mlflow.log_metric("parity.largest", result.largest)
    tracking.log_dataset(train, stage.input("train"), schema.target, "training")
    tracking.log_figures({"agreement": agreement})
    registered = registration.log_model(stage, frame.head(3), model.answer(frame.head(3)).values)
save_json(registration.lineage(stage, run, registered), stage.output("lineage"))

# %%
from {{cookiecutter.__package}}.core.prose import training as prose

prose.learned(frame, onnx, result)
