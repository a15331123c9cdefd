"""What is wrong with a table is one sentence that names the place and the way out, whatever is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import guesses, params, shaping, sources
from {{cookiecutter.__package}}.core.data import DataError

ROWS = 40
BASE = {"name": "n", "seed": 1, "task": "binary", "model": {"estimator": "hist_gradient_boosting"}}
WITHOUT_PASSWORD = "postgresql://reader:${DB_PASSWORD}@127.0.0.1:1/shop"


def good(**changes: Any) -> pd.DataFrame:
    """Return a table that is fine, but for the changes."""
    days = pd.date_range("2024-01-01", periods=ROWS).strftime("%Y-%m-%d")
    columns = {
        "key": [f"k{n}" for n in range(ROWS)],
        "day": pd.Series(days),
        "size": np.arange(ROWS) % 7 + 0.5,
        "colour": ["red", "green"] * (ROWS // 2),
        "won": ["no", "yes"] * (ROWS // 2),
    }
    return pd.DataFrame(columns | changes)


def spoiled(column: str, row: int, value: Any) -> pd.DataFrame:
    """Return the good table with one value changed; rows count from 1."""
    table = good()
    return table.assign(**{column: table[column].astype(object).where(table.index != row - 1, value)})


def csv(table: pd.DataFrame, **options: Any) -> bytes:
    """Return a table as the bytes of a CSV file."""
    encoding = options.pop("encoding", "utf-8")
    return table.to_csv(index=False, **options).encode(encoding)


def learn(root: Path, data: dict[str, Any] | None = None, **sections: Any) -> pd.DataFrame:
    """Do what 01_ingest does, with these sections in params.yaml."""
    values = {**BASE, **sections, "data": {"source": "t.csv", "target": "won", **(data or {})}}
    chosen = params.converted(values, "params.yaml")
    raw = sources.load_source(chosen, root)
    return shaping.shaped(raw, guesses.resolved(raw, chosen))


def refusal(root: Path, data: dict[str, Any] | None = None, **sections: Any) -> str:
    """Return the sentence that 01_ingest ends with."""
    with pytest.raises((DataError, params.ParamsError)) as refused:
        learn(root, data, **sections)
    said = str(refused.value)
    assert said.endswith(".")
    assert "\n" not in said
    return said


def test_the_good_table_is_good(tmp_path: Path):
    """Everything below is refused for the one thing that is wrong with it."""
    (tmp_path / "t.csv").write_bytes(csv(good()))
    table = learn(tmp_path, {"id": "key", "time": "day"})
    assert len(table) == ROWS
    assert list(table.columns) == ["key", "day", "size", "colour", "won"]


WRONG_FILES: dict[str, tuple[bytes, str]] = {
    "0 bytes": (b"", "t.csv is empty (0 bytes): fetch or export it again."),
    "empty lines": (b"\n\n\n", "t.csv holds nothing but empty lines: fetch or export it again."),
    "header only": (b"size,won\n", "t.csv has a header and no rows: there is nothing to learn from."),
    "one row": (
        b"size,won\n1,yes\n",
        "There is a target in 1 row, and it takes 20 to learn and to test: add more.",
    ),
    "few rows": (
        csv(good().head(19)),
        "There is a target in 19 rows, and it takes 20 to learn and to test: add more.",
    ),
    "semicolons": (
        csv(good(), sep=";"),
        "t.csv has a single column, 'key;day;size;colour;won': write data.csv.separator: ';' in params.yaml.",
    ),
    "tabs": (
        csv(good(), sep="\t"),
        "t.csv has a single column, 'key\\tday\\tsize\\tcolour\\twon': write data.csv.separator: \"\\t\" in "
        "params.yaml.",
    ),
    "decimal commas": (
        csv(good(), decimal=","),
        "Column 'size' has numbers with a decimal comma, '0,5' in row 1: write data.csv.decimal: ',' in params.yaml, "
        "or list the features.",
    ),
    "another encoding": (
        csv(spoiled("colour", 3, "grün"), encoding="latin-1"),
        "t.csv is not in utf-8: write the encoding it is in, such as data.csv.encoding: latin-1.",
    ),
    "a line with more fields": (
        csv(good()) + b"a,b,c,d,e,f\n",
        "t.csv can't be read as CSV (Expected 5 fields in line 42, saw 6): mend it, or look at data.csv.separator.",
    ),
    "two columns of one name": (
        csv(good()).replace(b"colour", b"size", 1),
        "t.csv has more than one column 'size': rename or drop all but one.",
    ),
    "an index that was written too": (
        good().to_csv().encode(),
        "t.csv: column 1 has no name: name it, or write the table without its index.",
    ),
    "a column called Unnamed: 0": (
        csv(good().rename(columns={"key": "Unnamed: 0"})),
        "t.csv: column 1 has no name: name it, or write the table without its index.",
    ),
    "a name that answers need": (
        csv(good().rename(columns={"size": "prediction"})),
        "Column 'prediction' has a name that the service's answers need: rename it in the table.",
    ),
    "a name for rows without an id": (
        csv(good().rename(columns={"size": "row_number"})),
        "The table has a column 'row_number', as rows without an id are called: write data.id: row_number, or rename "
        "it.",
    ),
    "no such target": (
        csv(good().rename(columns={"won": "wonn"})),
        "data.target: the table has no column 'won'; the nearest one is 'wonn'.",
    ),
    "one class": (
        csv(good(won="no")),
        "Column 'won', the target, is 'no' in every row: there is nothing to tell apart.",
    ),
    "three classes": (
        csv(spoiled("won", 5, "maybe")),
        "Column 'won', the target, has 3 classes, 'maybe', 'no', 'yes': write task: multiclass, or name another.",
    ),
    "no target at all": (
        csv(good(won=None)),
        "Column 'won', the target, has no value in any row: name another data.target.",
    ),
    "half without a target": (
        csv(good(won=["yes", "no", *[None] * (ROWS - 2)])),
        "Column 'won', the target, is missing in 38 of 40 rows, more than half: name another data.target, or "
        "fetch the table again.",
    ),
    "text among numbers": (
        csv(spoiled("size", 17, "unknown")),
        "Column 'size' holds numbers, but 'unknown' in row 17: clear what is no number, or list the features and take "
        "kind: category for it.",
    ),
    "an infinity": (csv(spoiled("size", 9, "inf")), "Column 'size' holds 'inf' in row 9: leave it empty instead."),
    "nothing to learn from": (
        csv(good()[["key", "won"]]),
        "No column beside id, time and target can be a feature: 'key' left out: 40 levels in 40 rows.",
    ),
}


@pytest.mark.parametrize(("content", "sentence"), WRONG_FILES.values(), ids=WRONG_FILES)
def test_a_csv_that_is_wrong(tmp_path: Path, content: bytes, sentence: str):
    """The file is there, and this is what is wrong with it."""
    (tmp_path / "t.csv").write_bytes(content)
    assert refusal(tmp_path) == sentence


CATEGORY = {"kind": "category"}
MANY = [f"level {n}" for n in range(5000)]
NUMBERED = {"id": "key", "time": "day"}
WRONG_PARAMS: dict[str, tuple[pd.DataFrame, dict[str, Any], dict[str, Any], str]] = {
    "no such id": (
        good(),
        {"id": "keys"},
        {},
        "data.id: the table has no column 'keys'; the nearest one is 'key'.",
    ),
    "no such feature": (
        good(),
        {},
        {"features": {"sizes": {"kind": "number"}}},
        "features: the table has no column 'sizes'; the nearest one is 'size'.",
    ),
    "one column for two": (
        good(),
        {"id": "day", "time": "day"},
        {},
        "data.id and data.time both name 'day': give each a column of its own.",
    ),
    "a target that is a feature": (
        good(),
        {},
        {"features": {"won": CATEGORY}},
        "params.yaml: features lists 'won', which is the data.target column: take it out, or rename the column in the "
        "table.",
    ),
    "an id twice": (
        spoiled("key", 9, "k1"),
        {"id": "key"},
        {},
        "Column 'key', the id, repeats in 1 row, first 'k1' in row 9: make them differ, or leave data.id out, and "
        "rows are numbered.",
    ),
    "a row without an id": (
        spoiled("key", 9, None),
        {"id": "key"},
        {},
        "Column 'key', the id, is missing in 1 row, first in row 9: fill it, or leave data.id out, and rows are "
        "numbered.",
    ),
    "a time that is none": (
        spoiled("day", 7, "soon"),
        {"time": "day"},
        {},
        "Column 'day' holds 'soon' in row 7, which is no time: write it as 2013-01-31 or 2013-01-31T12:30:00Z in the "
        "table.",
    ),
    "a day that no calendar has": (
        spoiled("day", 7, "2024-02-30"),
        {"time": "day"},
        {},
        "Column 'day' holds '2024-02-30' in row 7, which is no time: write it as 2013-01-31 or 2013-01-31T12:30:00Z in "
        "the table.",
    ),
    "a row without a time": (
        spoiled("day", 7, None),
        {"time": "day"},
        {},
        "Column 'day', the time, is missing in 1 row, first in row 7: fill it, drop these rows, or leave data.time "
        "out.",
    ),
    "days that can be read in two ways": (
        good(day="03/04/2024"),
        {"time": "day"},
        {},
        "Column 'day' could be read day first or month first, such as '03/04/2024': write its days as 2013-01-31 in "
        "the table.",
    ),
    "a feature without values": (
        good(size=None),
        {},
        {"features": {"size": {"kind": "number"}}},
        "Column 'size' has no value in any row: take it out of the features.",
    ),
    "words for a number": (
        spoiled("size", 12, "plenty"),
        {},
        {"features": {"size": {"kind": "number"}}},
        "Column 'size' holds 'plenty' in row 12, which is no number: clear it in the table, or take kind: category for "
        "the column.",
    ),
    "words for a boolean": (
        good(),
        {},
        {"features": {"colour": {"kind": "boolean"}}},
        "Column 'colour' holds 'red' in row 1, which is neither true nor false (nor yes or no, 1 or 0): take kind: "
        "category for it.",
    ),
    "words for a date": (
        good(),
        {},
        {"features": {"colour": {"kind": "date"}}},
        "Column 'colour' holds 'red' in row 1, which is no time: write it as 2013-01-31 or 2013-01-31T12:30:00Z in the "
        "table.",
    ),
    "5,000 levels": (
        pd.DataFrame({"place": MANY * 3, "won": ["no", "yes", "no"] * 5000}),
        {},
        {"features": {"place": CATEGORY}},
        "Column 'place' has 5,000 levels, more than 1,000: give the feature top: 200, which keeps the commonest, or "
        "take it out.",
    ),
    "a class that is none": (
        spoiled("won", 12, "often"),
        {"classes": ["no", "yes"]},
        {},
        "Column 'won', the target, holds 'often' in row 12, which is none of the classes 'no', 'yes', nor a number "
        "from 0 to 1 for one of them: correct data.classes.",
    ),
    "a class without a row": (
        good(),
        {"classes": ["no", "yes", "maybe"]},
        {"task": "multiclass"},
        "Column 'won', the target, has no row of class 'maybe': correct data.classes.",
    ),
    "two classes for many": (
        good(),
        {},
        {"task": "multiclass"},
        "Column 'won', the target, has 2 classes, 'no', 'yes': write task: binary, or name another.",
    ),
    "a number for each row": (
        pd.DataFrame({"size": np.arange(300) % 7, "won": np.arange(300) / 2}),
        {},
        {"task": "multiclass"},
        "Column 'won', the target, has 300 classes, more than 200: name another or write task: regression.",
    ),
    "words for a regression": (
        good(),
        {},
        {"task": "regression"},
        "Column 'won', the target, holds 'no' in row 1, and a regression needs numbers: write task: binary or "
        "multiclass.",
    ),
    "a word in a regression": (
        good(won=[*range(ROWS - 1), "n/k"]),
        {},
        {"task": "regression"},
        "Column 'won' holds 'n/k' in row 40, which is no number: clear it in the table, or take kind: category for the "
        "column.",
    ),
    "one number in each row": (
        good(won=3.5),
        {},
        {"task": "regression"},
        "Column 'won', the target, is 3.5 in every row: name another.",
    ),
}


@pytest.mark.parametrize(("table", "data", "sections", "sentence"), WRONG_PARAMS.values(), ids=WRONG_PARAMS)
def test_a_table_that_does_not_fit_params(
    tmp_path: Path, table: pd.DataFrame, data: dict[str, Any], sections: dict[str, Any], sentence: str
):
    """What params.yaml says of the table and what the table holds are two things."""
    (tmp_path / "t.csv").write_bytes(csv(table))
    assert refusal(tmp_path, data, **sections) == sentence


WRONG_SOURCES: dict[str, tuple[dict[str, Any], str]] = {
    "no such file": (
        {"source": "data/none.csv"},
        "data.source: data/none.csv does not exist; paths begin at the folder of params.yaml.",
    ),
    "no such files": (
        {"source": "data/*.csv"},
        "data.source: data/*.csv matches no file; paths begin at the folder of params.yaml.",
    ),
    "a folder": ({"source": "data"}, "data.source: data is a folder: name its files, such as data/*.csv."),
    "no table": (
        {"source": "t.xlsx"},
        "t.xlsx is neither CSV (.csv, .tsv, .txt, also compressed) nor Parquet: export it as one.",
    ),
    "both kinds": (
        {"source": "mixed/*"},
        "data.source: mixed/* matches both CSV and Parquet files: narrow it to one kind.",
    ),
    "columns that differ": (
        {"source": "parts/*.csv"},
        "parts/b.csv and parts/a.csv differ in columns 'size', 'sizes': give all files the same ones.",
    ),
    "cut off": (
        {"source": "cut.parquet"},
        "cut.parquet is no complete Parquet file (Parquet magic bytes not found in footer): fetch or write it again.",
    ),
    "no Parquet": (
        {"source": "no.parquet"},
        "no.parquet is no complete Parquet file (Parquet magic bytes not found in footer): fetch or write it again.",
    ),
    "an encoding nobody knows": (
        {"csv": {"encoding": "utf-9"}},
        "data.csv.encoding: 'utf-9' is no encoding: utf-8, latin-1 or cp1252 are.",
    ),
    "no query": (
        {"source": "sqlite:///t.db"},
        "data.source is an SQL URL, but data.query is missing: write the SELECT that makes the table.",
    ),
    "a query that fails": (
        {"source": "sqlite:///t.db", "query": "SELECT * FROM absent"},
        "data.query failed in sqlite: no such table: absent.",
    ),
    "a query that writes": (
        {"source": "sqlite:///t.db", "query": "DELETE FROM t"},
        "data.query failed in sqlite: attempt to write a readonly database.",
    ),
    "a query without rows": (
        {"source": "sqlite:///t.db", "query": "SELECT * FROM t WHERE size > 99"},
        "data.query returns no rows: try it in the database.",
    ),
    "a query with a name twice": (
        {"source": "sqlite:///t.db", "query": "SELECT size, size, won FROM t"},
        "data.query has more than one column 'size': rename or drop all but one.",
    ),
    "a DuckDB query that fails": (
        {"source": "duckdb:///t.duckdb", "query": "SELECT * FROM absent"},
        "data.query failed in duckdb: Catalog Error: Table with name absent does not exist!.",
    ),
    "no such database": (
        {"source": "sqlite:///none.db", "query": "SELECT 1"},
        "data.source: none.db does not exist; paths begin at the folder of params.yaml, as in "
        "sqlite:///data/external/table.db.",
    ),
    "a driver that is not installed": (
        {"source": "postgresql://reader:geheim@127.0.0.1/shop", "query": "SELECT 1"},
        "data.source: postgresql:// needs the package psycopg: add it to pyproject.toml, then `make lock setup`.",
    ),
    "a database nobody knows": (
        {"source": "sequel://reader:geheim@127.0.0.1/shop", "query": "SELECT 1"},
        "data.source: sequel:// is no database that SQLAlchemy knows: sqlite, duckdb, postgresql, mysql, mssql and "
        "oracle are some.",
    ),
    "no URL": (
        {"source": "postgresql://reader:geheim@host:port/shop", "query": "SELECT 1"},
        "data.source is no SQL URL: write it as driver://user:${DB_PASSWORD}@host/database.",
    ),
    "a variable that is not set": (
        {"source": WITHOUT_PASSWORD, "query": "SELECT 1"},
        "data.source names DB_PASSWORD, which the environment lacks: set it in .env, which `make` reads.",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with files of many kinds, some of them broken."""
    for name in ("data", "mixed", "parts"):
        (tmp_path / name).mkdir()
    (tmp_path / "t.csv").write_bytes(csv(good()))
    (tmp_path / "t.xlsx").write_bytes(b"PK\x03\x04")
    (tmp_path / "no.parquet").write_bytes(csv(good()))
    good().to_parquet(tmp_path / "mixed" / "a.parquet")
    (tmp_path / "mixed" / "b.csv").write_bytes(csv(good()))
    (tmp_path / "cut.parquet").write_bytes((tmp_path / "mixed" / "a.parquet").read_bytes()[:-100])
    (tmp_path / "parts" / "a.csv").write_bytes(csv(good()))
    (tmp_path / "parts" / "b.csv").write_bytes(csv(good().rename(columns={"size": "sizes"})))
    connection = sqlite3.connect(tmp_path / "t.db")
    good().to_sql("t", connection, index=False)
    connection.close()
    table = good()
    with duckdb.connect(str(tmp_path / "t.duckdb")) as database:
        database.register("frame", table)
        database.execute("CREATE TABLE t AS SELECT * FROM frame")
    return tmp_path


@pytest.mark.parametrize(("data", "sentence"), WRONG_SOURCES.values(), ids=WRONG_SOURCES)
def test_a_source_that_is_wrong(folder: Path, data: dict[str, Any], sentence: str):
    """No password is ever in the sentence."""
    assert refusal(folder, data) == sentence


@pytest.mark.parametrize(
    ("data", "sections", "place"),
    [({"target": "parts"}, {}, "data.target"), ({}, {"features": {"parts": {"kind": "category"}}}, "features")],
)
def test_values_with_parts_are_refused(tmp_path: Path, data: dict[str, Any], sections: dict[str, Any], place: str):
    """A Parquet file may hold lists; auto leaves them out, and a person hears of it."""
    good(parts=[[n, n] for n in range(ROWS)]).to_parquet(tmp_path / "t.parquet")
    assert "parts" not in learn(tmp_path, {"source": "t.parquet"}).columns
    assert refusal(tmp_path, {"source": "t.parquet", **data}, **sections) == (
        f"{place}: column 'parts' holds values of type ndarray: make numbers or text of them, or leave the column out."
    )


@pytest.mark.parametrize(
    "source", ["postgresql://reader:{}@h/d", "mssql://h/d?password={}", "sqlite:///t.db?password={}", "p:{}@h://d"]
)
@pytest.mark.parametrize("secret", ["geheim", "${DB_PASSWORD}"])
def test_no_refusal_holds_a_password(folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, secret: str):
    """Neither one that was written down, nor one from the environment, even where the database repeats it."""
    monkeypatch.setenv("DB_PASSWORD", "geheim")
    assert "geheim" not in refusal(folder, {"source": source.format(secret), "query": "SELECT geheim FROM t"})


@pytest.fixture
def write(tmp_path: Path) -> Callable[[pd.DataFrame], Path]:
    """Write a table as t.csv and return its folder."""

    def put(table: pd.DataFrame) -> Path:
        (tmp_path / "t.csv").write_bytes(csv(table))
        return tmp_path

    return put


ODD = [
    "self",
    "index",
    "f0",
    "a b",
    "a.b",
    "a[0]",
    "'",
    "🎁",
    "größe",
    "数量",
    "class",
    "@x",
    "columns",
    "{}",
    "-",
]


@pytest.mark.parametrize("name", ['the "size"', "a\\b"])
def test_a_name_that_no_request_can_carry_is_refused(write: Callable[[pd.DataFrame], Path], name: str):
    """Found by auto, or written down by a person."""
    folder = write(good().rename(columns={"size": name}))
    assert refusal(folder).startswith(f"Column {name!r} ")
    assert repr(name) in refusal(folder, features={name: {"kind": "number"}})


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_a_name(write: Callable[[pd.DataFrame], Path], name: str):
    """As a feature, an id, a time and a target."""
    for column, role in (("size", None), ("key", "id"), ("day", "time"), ("won", "target")):
        table = learn(write(good().rename(columns={column: name})), {role: name} if role else None)
        assert name in table.columns


def test_two_odd_names_in_one_table(write: Callable[[pd.DataFrame], Path]):
    """All of them at once."""
    table = learn(write(good(**{name: np.arange(ROWS) % 5 for name in ODD if name != "self"})))
    assert set(ODD) - {"self"} <= set(table.columns)
