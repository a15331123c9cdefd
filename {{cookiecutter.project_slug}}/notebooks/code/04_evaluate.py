# The code of notebooks/04_evaluate.ipynb, written by `lab project`: edit the notebook, not this file.

# %%
from {{cookiecutter.__package}}.lab import Stage

stage = Stage("evaluate")
params = stage.params
stage

# %%
from {{cookiecutter.__package}}.core.data import load_table, model_frame
from {{cookiecutter.__package}}.core.schema import load_schema
from {{cookiecutter.__package}}.live.runtime import load_model

schema = load_schema(stage.input("schema"))
model = load_model(stage.input("model").parent)
train, holdout = load_table(stage.input("train")), load_table(stage.input("holdout"))
truth = holdout[schema.target].to_numpy()
outcome = model.answer(holdout).outcome

# %%
import pandas as pd

from {{cookiecutter.__package}}.core import evaluation as ev
from {{cookiecutter.__package}}.core.metrics import beats, calibration, scores

name, guess = ev.baseline(train, holdout, params.evaluation, schema)
found = scores(truth, outcome, params.task)
simple = scores(truth, guess, params.task)
pd.DataFrame({"model": found, name: simple}).round(4)

# %% [nbval-check-output]
stage.verdict("beats baseline", beats(params.evaluation.primary, params.task, found, simple))

# %%
from {{cookiecutter.__package}}.core.figures import model as figures

performance = figures.performance(truth, outcome, schema)
performance

# %%
promises = figures.reliability(calibration(truth, outcome))
promises

# %%
sliced = ev.slice_scores(holdout, truth, outcome, params.evaluation, params.task)
primary = params.evaluation.primary
slices = figures.slices(sliced, primary, found[primary])
slices

# %%
frame = model_frame(holdout, schema.features)
leans = ev.importance(model.outcome, frame, truth, primary, params.task, params.seed)
importance = figures.importances(leans, primary)
importance

# %%
from {{cookiecutter.__package}}.core.data import save_json
from {{cookiecutter.__package}}.core.lineage import load_lineage

run_id = load_lineage(stage.input("lineage")).run_id
missed = ev.missed_thresholds(found, params.evaluation.thresholds, params.task)
numbers = {"rows": len(holdout), "found": found, "baseline": (name, simple)}
report = ev.report(model.signature, params.evaluation, slices=sliced, missed=missed, **numbers)
save_json(report, stage.output("evaluation"))

# %%
import mlflow

from {{cookiecutter.__package}}.lab import tracking

pictures = {"performance": performance, "calibration": promises, "slices": slices}
with tracking.run(stage, resume=run_id):
    mlflow.log_metrics({f"holdout.{name}": value for name, value in found.items()})
    mlflow.set_tag("passed", not missed)
    tracking.log_dataset(holdout, stage.input("holdout"), schema.target, "evaluation")
    tracking.log_figures({**pictures, "importance": importance})

# %% [nbval-check-output]
ev.require_thresholds(missed)
stage.verdict("thresholds met", not missed)

# %%
from {{cookiecutter.__package}}.core.prose import evaluation as prose

prose.learned(report, leans)
