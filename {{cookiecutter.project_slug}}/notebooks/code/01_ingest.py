# The code of notebooks/01_ingest.ipynb, written by `lab project`: edit the notebook, not this file.

# %%
from {{cookiecutter.__package}}.lab import Stage

stage = Stage("ingest")
params = stage.params
stage

# %%
from {{cookiecutter.__package}}.core.prose import table as prose
from {{cookiecutter.__package}}.core.sources import load_source

raw = load_source(params, stage.root)
prose.source(raw, params)

# %%
raw.sample(4, random_state=params.seed)

# %%
from {{cookiecutter.__package}}.core.data import sampled
from {{cookiecutter.__package}}.core.guesses import resolved
from {{cookiecutter.__package}}.core.shaping import shaped

schema = resolved(raw, params)
table = sampled(shaped(raw, schema), params.data.rows)
prose.features(table, schema)

# %% [nbval-check-output]
stage.verdict("one row an id", table[schema.id].is_unique)

# %%
from {{cookiecutter.__package}}.core.figures import data as figures

figures.target(table, schema)

# %%
figures.telling(table, schema)

# %%
from {{cookiecutter.__package}}.core.figures import flights

display(*flights.pictures(table, params, schema))

# %%
from {{cookiecutter.__package}}.core.data import save_json, save_table

save_table(table, stage.output("table"))
save_json(schema, stage.output("schema"))

# %%
prose.learned(table, schema)
