# The code of notebooks/02_prepare.ipynb, written by `lab project`: edit the notebook, not this file.

# %%
from {{cookiecutter.__package}}.lab import Stage

stage = Stage("prepare")
params = stage.params
stage

# %% [nbval-check-output]
from {{cookiecutter.__package}}.core.data import load_table, validated
from {{cookiecutter.__package}}.core.schema import load_schema

schema = load_schema(stage.input("schema"))
table = validated(load_table(stage.input("table")), schema)
stage.verdict("every column keeps its schema", list(table.columns) == schema.columns)

# %%
from {{cookiecutter.__package}}.core import splitting
from {{cookiecutter.__package}}.core.prose import parts as prose

parts = splitting.split(table, params.split, schema, params.seed)
prose.how(params.split, schema)

# %%
splitting.described(parts, schema)

# %% [nbval-check-output]
stage.verdict("no part knows another", splitting.apart(parts, schema))

# %%
from {{cookiecutter.__package}}.core.figures import data as figures

figures.parts(parts, schema)

# %%
from {{cookiecutter.__package}}.core.profiles import drifts, profile

reference = profile(parts["train"], schema.features)
psi = drifts(reference, parts, schema)
figures.drift_grid(psi)

# %%
from {{cookiecutter.__package}}.core.data import save_json, save_table

for name, part in parts.items():
    save_table(part, stage.output(name))
save_json(reference, stage.output("profile"))

# %%
prose.learned(psi)
