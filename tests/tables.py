"""Tables of other people, each written as a file in a form of its own, and what params.yaml says of it.

`python tests/tables.py NAME FOLDER` writes one; any project's Python can run it.
"""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine

MADE_UP_ROWS = 200_000


class Table(NamedTuple):
    """How a table is written into a folder, what `lab adopt` is told, and the sections of params.yaml for it.

    `write` returns the path or SQL URL that `lab adopt` is given. `sections` take the place of those of params.yaml
    and suppose that the table lies in data/external/.
    """

    write: Callable[[Path], str]
    adopt: list[str]
    sections: dict[str, Any]


def breast_cancer() -> pd.DataFrame:
    """569 tumours, malignant or benign; the names of the columns have spaces."""
    found = load_breast_cancer(as_frame=True)
    return found.data.assign(diagnosis=found.target.map(dict(enumerate(found.target_names))))


def wine() -> pd.DataFrame:
    """178 wines of three growers; a column is called od280/od315_of_diluted_wines."""
    found = load_wine(as_frame=True)
    return found.data.assign(grower=found.target.map(dict(enumerate(found.target_names))))


def diabetes() -> pd.DataFrame:
    """442 patients, and a number for how their disease went on."""
    found = load_diabetes(as_frame=True, scaled=False)
    return found.data.assign(progression=found.target).reset_index(names="patient")


def made_up(rows: int = MADE_UP_ROWS, seed: int = 1) -> pd.DataFrame:
    """Orders of two years, some of which come back: every kind of column, gaps, and names that few programs expect."""
    random = np.random.default_rng(seed)
    start = np.datetime64("2023-01-01T00:00:00", "s")
    minutes = np.sort(random.integers(0, 2 * 365 * 24 * 60, rows))
    levels = pd.Series([f"sku-{n:05d}" for n in range(5000)], dtype="str")
    price = np.round(random.lognormal(3, 0.8, rows), 2)
    gift = random.random(rows) < 0.2
    risk = -1.6 + 0.9 * (np.log(price) - 3) + 1.6 * gift + random.normal(scale=0.8, size=rows)
    table = {
        "order id": [f"{n:08d}" for n in random.permutation(rows)],
        "placed_at": pd.Series(start + minutes.astype("timedelta64[m]")),
        "prix (€)": price,
        "数量": random.integers(1, 9, rows),
        "🎁 gift?": gift,
        "newsletter": pd.Series(np.where(random.random(rows) < 0.5, "true", "false"), dtype="str"),
        "self": pd.Series(random.choice(["web", "shop", "phone"], rows, p=[0.6, 0.3, 0.1]), dtype="str"),
        "index": random.normal(size=rows).round(4),
        "f0": random.normal(loc=50, scale=9, size=rows).round(1),
        "Größe[cm].max": random.integers(40, 210, rows).astype(float),
        "pro'duct": levels.iloc[(random.pareto(1.2, rows) * 20).astype(int) % 5000].reset_index(drop=True),
        "first seen": pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 1000, rows), unit="D")),
        "postcode": pd.Series([f"{n:05d}" for n in random.integers(1000, 1400, rows)], dtype="str"),
        "note": pd.Series([f"written by hand, number {n}" for n in range(rows)], dtype="str"),
        "shop": pd.Series(["north"] * rows, dtype="str"),
        "returned": pd.Series(np.where(risk > 0, "yes", "no"), dtype="str"),
    }
    gaps = ("prix (€)", "🎁 gift?", "newsletter", "self", "f0", "pro'duct", "first seen")
    frame = pd.DataFrame(table)
    return pd.DataFrame({n: with_gaps(frame[n], random) if n in gaps else frame[n] for n in frame.columns})


def with_gaps(column: pd.Series, random: np.random.Generator) -> pd.Series:
    """Return the column with one value in twenty missing."""
    nullable = column.astype("boolean") if column.dtype == bool else column
    return nullable.mask(random.random(len(column)) < 0.05)


def write_breast_cancer(folder: Path) -> str:
    """Write a CSV."""
    path = folder / "breast_cancer.csv"
    breast_cancer().to_csv(path, index=False)
    return str(path)


def write_wine(folder: Path) -> str:
    """Write a Parquet file."""
    path = folder / "wine.parquet"
    wine().to_parquet(path)
    return str(path)


def write_diabetes(folder: Path) -> str:
    """Write an SQLite database."""
    path = folder / "diabetes.db"
    with sqlite3.connect(path) as connection:
        diabetes().to_sql("patients", connection, index=False, if_exists="replace")
    connection.close()
    return f"sqlite:///{path}"


def write_made_up(folder: Path, rows: int = MADE_UP_ROWS, suffix: str = "parquet") -> str:
    """Write a Parquet or CSV file for each month, whose order is the order of their names, in a folder of their own."""
    table, months = made_up(rows), folder / "orders"
    months.mkdir(exist_ok=True)
    for month, part in table.groupby(table.placed_at.dt.strftime("%Y-%m")):
        path = months / f"{month}.{suffix}"
        part.to_parquet(path, index=False) if suffix == "parquet" else part.to_csv(path, index=False)
    return str(months / f"*.{suffix}")


SHARES = {"holdout": 0.25, "live": 0.15}
PLAIN = {"estimator": "hist_gradient_boosting", "options": {"max_iter": 60, "min_samples_leaf": 5}}
DATABASE = "sqlite:///data/external/diabetes.db"
QUERY = "SELECT * FROM patients"
TABLES = {
    "breast_cancer": Table(
        write=write_breast_cancer,
        adopt=["--target", "diagnosis"],
        sections={
            "task": "binary",
            "data": {
                "source": "data/external/breast_cancer.csv",
                "target": "diagnosis",
                "classes": ["benign", "malignant"],
            },
            "features": "auto",
            "split": SHARES,
            "model": PLAIN,
            "evaluation": {"smallest_slice": 20, "thresholds": {"roc_auc": {"min": 0.9}}},
        },
    ),
    "wine": Table(
        write=write_wine,
        adopt=["--target", "grower"],
        sections={
            "task": "multiclass",
            "data": {"source": "data/external/wine.parquet", "target": "grower"},
            "features": "auto",
            "split": SHARES,
            "model": PLAIN,
            "evaluation": {"smallest_slice": 20},
        },
    ),
    "diabetes": Table(
        write=write_diabetes,
        adopt=["--target", "progression", "--query", QUERY],
        sections={
            "task": "regression",
            "data": {"source": DATABASE, "query": QUERY, "id": "patient", "target": "progression"},
            "features": "auto",
            "split": SHARES,
            "model": PLAIN,
            "evaluation": {"smallest_slice": 20},
        },
    ),
    "made_up": Table(
        write=write_made_up,
        adopt=["--target", "returned"],
        sections={
            "task": "binary",
            "data": {
                "source": "data/external/orders/*.parquet",
                "id": "order id",
                "time": "placed_at",
                "target": "returned",
                "classes": ["no", "yes"],
            },
            "features": "auto",
            "split": {"holdout": 0.2, "live": 0.2},
            "model": PLAIN,
            "evaluation": {"slices": ["self"], "smallest_slice": 200},
        },
    ),
}


def main() -> None:
    """Write the table NAME into FOLDER, and print what `lab adopt` is given and what params.yaml may say of it."""
    name, folder = sys.argv[1:]
    table = TABLES[name]
    path = table.write(Path(folder))
    print(json.dumps({"adopt": [path, *table.adopt], "sections": table.sections}))


if __name__ == "__main__":
    main()
