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
from {{cookiecutter.__package}}.core import evaluation as ev
from {{cookiecutter.__package}}.core.comparison import intervals
from {{cookiecutter.__package}}.core.metrics import beats, calibration, scores

name, guess = ev.baseline(train, holdout, params.evaluation, schema)
found, simple = (scores(truth, answers, params.task) for answers in (outcome, guess))
ranges = intervals(truth, outcome, holdout, params.evaluation, schema, params.seed)
ev.overview(found, ranges, name, simple)

# %% [nbval-check-output]
stage.verdict("beats baseline", beats(params.evaluation.primary, params.task, found, simple))

# %%
from {{cookiecutter.__package}}.core.figures import model as figures

performance = figures.performance(truth, outcome, schema)
performance

# %%
promised = calibration(truth, outcome)
promises = figures.reliability(promised)
promises

# %%
sliced = ev.slice_scores(holdout, truth, outcome, params.evaluation, params.task)
primary = params.evaluation.primary
slices = figures.slices(sliced, primary, found[primary])
slices

# %%
from {{cookiecutter.__package}}.core.explanations import explained
from {{cookiecutter.__package}}.core.figures import explanations as reasons

frame = model_frame(holdout, schema.features)
leans = explained(model.outcome, frame, truth, schema, primary, params.seed)
importance = reasons.importances(leans.importance, primary)
importance

# %%
from {{cookiecutter.__package}}.core.card.facts import noted

seen = {"train": train, "holdout": holdout}
known = {"slices": sliced, "calibration": promised, "explanations": leans}
evidence = noted(model.signature.sha256, schema, seen, evaluation=params.evaluation, **known)
dependence = reasons.dependences(leans.dependence, schema)
dependence

# %%
from {{cookiecutter.__package}}.core.gating.latency import median_latency
from {{cookiecutter.__package}}.core.gating.rivals import rival_of
from {{cookiecutter.__package}}.live.champion import load_champion

compare = params.evaluation.gate.compare
champion = load_champion(stage.input("champion")) if compare else None
rival = rival_of(champion, model.signature, holdout)
latency = median_latency(model.answer, holdout, schema.features)

# %%
from {{cookiecutter.__package}}.core.figures import comparison
from {{cookiecutter.__package}}.core.gating.verdict import judge, require_passed

asked = {"schema": schema, "evaluation": params.evaluation, "seed": params.seed}
verdict = judge(model.signature, outcome, guess, holdout, rival=rival, latency_ms=latency, **asked)
gains = comparison.gains(verdict)
pictures = {"performance": performance, "calibration": promises, "slices": slices, "gains": gains}
gains

# %%
from {{cookiecutter.__package}}.core.data import save_bytes, save_json
from {{cookiecutter.__package}}.core.prose import gate

numbers = {"rows": len(holdout), "found": found, "intervals": ranges, "baseline": (name, simple)}
report = ev.report(model.signature, params.evaluation, slices=sliced, **numbers)
save_json(report, stage.output("evaluation"))
save_json(evidence, stage.output("evidence"))
save_json(verdict, stage.output("gate.json"))
save_bytes(gate.report(verdict).encode(), stage.output("gate.md"))
gate.report(verdict)

# %%
from {{cookiecutter.__package}}.core.lineage import load_lineage
from {{cookiecutter.__package}}.lab import registration, tracking

lineage = load_lineage(stage.input("lineage"))
with tracking.run(stage, resume=lineage.run_id):
    tracking.log_results("holdout", found, passed=verdict.passed)
    tracking.log_dataset(holdout, stage.input("holdout"), schema.target, "evaluation")
    tracking.log_figures({**pictures, "importance": importance, "dependence": dependence})
registration.record_verdict(stage, lineage, verdict)
registration.attach(stage, model.signature, "gate", stage.output("gate.json"), stage.output("gate.md"))

# %% [nbval-check-output]
require_passed(verdict)
stage.verdict("the gate lets it pass", verdict.passed)

# %%
from {{cookiecutter.__package}}.core.prose import evaluation as prose

prose.learned(report, leans.importance, gate.said(verdict))
