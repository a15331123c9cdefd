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
evaluated, gate = load_json(stage.input("evaluation")), load_json(stage.input("gate"))
same = {model.signature.sha256} == {evaluated["sha256"], gate["sha256"]}
stage.verdict("these bytes were evaluated", same)
stage.verdict("and passed", gate["passed"])

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
from {{cookiecutter.__package}}.core.card import page, pictures, text
from {{cookiecutter.__package}}.core.card.run import Run
from {{cookiecutter.__package}}.core.evidence import load_evidence
from {{cookiecutter.__package}}.core.lineage import load_lineage

lineage = load_lineage(stage.input("lineage"))
evidence = load_evidence(stage.input("evidence"))
run = Run(params.card, params.data, model.signature, lineage, evaluated, gate, evidence)
card = text.written(run)
card

# %%
from {{cookiecutter.__package}}.core.data import save_bytes
from {{cookiecutter.__package}}.lab import registration

save_bytes(card.encode(), stage.output("card.md"))
save_bytes(page.page(card, pictures.drawn(run)).encode(), stage.output("card.html"))
written = [stage.output(name) for name in ("card.md", "card.html")]
registration.attach(stage, model.signature, "card", *written)
registration.attach(stage, model.signature, "golden", stage.output("golden"))

# %%
from {{cookiecutter.__package}}.live.packaging import build_bento
from {{cookiecutter.__package}}.live.predictions.policy import checked

save_json(checked(params.predictions, model.signature.features), stage.output("predictions"))
files = [stage.input(name) for name in ("model", "signature", "lineage")]
files += [stage.output(name) for name in ("golden", "predictions")] + written
tag = build_bento(files, stage.input("serve"), stage.output("bento"), version=lineage.version)

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
