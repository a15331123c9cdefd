# The code of notebooks/05_package.ipynb, written by `lab project`: edit the notebook, not this file.

# %%
from {{cookiecutter.__package}}.lab import Stage

stage = Stage("package")
params = stage.params
stage

# %% [nbval-check-output]
from {{cookiecutter.__package}}.core.data import load_json
from {{cookiecutter.__package}}.live.runtime import load_model

model = load_model(stage.input("model").parent)
evaluated = load_json(stage.input("evaluation"))
stage.verdict("these bytes were evaluated", model.signature.sha256 == evaluated["sha256"])
stage.verdict("and passed", not evaluated["missed"])

# %%
import numpy as np
import pandas as pd

from {{cookiecutter.__package}}.core.data import load_table, request_rows, save_json
from {{cookiecutter.__package}}.live.golden import golden_rows

holdout = load_table(stage.input("holdout"))
chosen = holdout.sample(min(24, len(holdout)), random_state=params.seed)
golden = golden_rows(model, request_rows(chosen, model.signature.features))
save_json(golden, stage.output("golden"))

# %%
pd.DataFrame(golden["rows"]).assign(prediction=golden["predictions"]).head(8)

# %%
from {{cookiecutter.__package}}.live.packaging import build_bento

version = load_json(stage.input("lineage"))["version"]
files = [stage.input(name) for name in ("model", "signature", "lineage")] + [stage.output("golden")]
tag = build_bento(files, stage.input("serve"), stage.output("bento"), version=version)

# %%
bento = stage.output("bento")
held = {path.relative_to(bento).as_posix(): path for path in bento.rglob("*.*") if path.is_file()}
sizes = {name: path.stat().st_size for name, path in held.items()}
pd.Series(sizes, name=f"bytes in {tag}").sort_values(ascending=False).head(8).to_frame()

# %%
from {{cookiecutter.__package}}.live.client import post
from {{cookiecutter.__package}}.live.server import running

with running(bento) as url:
    answer = post(f"{url}/v1/predict", {"rows": golden["rows"]})
answer["model"]

# %% [nbval-check-output]
from {{cookiecutter.__package}}.live.golden import same_answers

stage.verdict("the service says what the notebook says", same_answers(golden, answer))

# %%
from {{cookiecutter.__package}}.core.figures import model as figures

kind = "probabilities" if model.signature.classes else "predictions"
sources = {"notebook": golden[kind], "service": answer[kind]}
last = {name: np.reshape(values, (len(chosen), -1))[:, -1] for name, values in sources.items()}
figures.answers(last)
