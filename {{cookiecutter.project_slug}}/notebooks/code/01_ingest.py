# The code of notebooks/01_ingest.ipynb, written by `lab project`: edit the notebook, not this file.

# %%
from {{cookiecutter.__package}}.lab import Stage

stage = Stage("ingest")
params = stage.params

# %%
from {{cookiecutter.__package}}.core.flights import load_csv

flights = load_csv("flights.csv.zip")
weather = load_csv("weather.csv")
airports = load_csv("airports.csv")
flights.sample(4, random_state=params.seed)

# %%
from {{cookiecutter.__package}}.core.data import sampled
from {{cookiecutter.__package}}.core.flights import flights_with_weather

table = sampled(flights_with_weather(flights, weather, params.data, params.flights), params.data.rows)
table.sample(4, random_state=params.seed)

# %% [nbval-check-output]
from {{cookiecutter.__package}}.core.flights import KNOWN_ONLY_LATER

stage.verdict("one row a flight", table[params.data.id].is_unique)
stage.verdict("nothing known only later", not set(KNOWN_ONLY_LATER) & set(table.columns))

# %%
from {{cookiecutter.__package}}.core.figures import data as figures

label = figures.target_label(params.data)
figures.destinations(table, airports, params.data.target, label)

# %%
figures.week_grid(table, params.data.target, label)

# %%
from {{cookiecutter.__package}}.core.data import save_table

save_table(table, stage.output("flights"))
