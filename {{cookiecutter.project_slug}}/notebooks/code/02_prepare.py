# The code of notebooks/02_prepare.ipynb, written by `lab project`: edit the notebook, not this file.

# %%
from {{cookiecutter.__package}}.lab import Stage

stage = Stage("prepare")
params = stage.params

# %% [nbval-check-output]
from {{cookiecutter.__package}}.core.data import load_table, validated

table = validated(load_table(stage.input("flights")), params.data, params.features, params.task)
print(f"schema: {table.shape[1]} columns ok")

# %%
import pandas as pd

from {{cookiecutter.__package}}.core.data import split_by_time

time, target = params.data.time, params.data.target
parts = split_by_time(table, params.split, time)
described = [[len(p), p[time].min().date(), p[time].max().date(), p[target].mean()] for p in parts.values()]
pd.DataFrame(described, index=list(parts), columns=["rows", "first", "last", f"mean {target}"])

# %% [nbval-check-output]
edges = [edge for part in parts.values() for edge in (part[time].min(), part[time].max())]
stage.verdict("train before holdout before live", edges == sorted(edges))

# %%
from {{cookiecutter.__package}}.core.figures import data as figures

figures.year(table, time, target, params.split, figures.target_label(params.data))

# %%
from {{cookiecutter.__package}}.core.profiles import drift, profile

reference = profile(parts["train"], params.features)
months = table.groupby(table[time].dt.strftime("%m %b"))
psi = pd.concat({name.split()[1]: drift(reference, rows) for name, rows in months}, axis=1)
figures.drift_grid(psi)

# %%
from {{cookiecutter.__package}}.core.data import save_json, save_table

for name, part in parts.items():
    save_table(part, stage.output(name))
save_json(reference, stage.output("profile"))
