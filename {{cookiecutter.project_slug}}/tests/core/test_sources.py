"""What is read from files and databases, and in which types it arrives."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import params, sources
from {{cookiecutter.__package}}.core.sources import sql

BASE = {"name": "n", "seed": 1, "task": "binary", "model": {"estimator": "hist_gradient_boosting"}}


def loaded(root: Path, source: str = "t.csv", **data: Any) -> pd.DataFrame:
    """Read the table that params.yaml would name."""
    values = {**BASE, "data": {"source": source, "target": "won", **data}}
    return sources.load_source(params.converted(values, "params.yaml"), root)


def read(tmp_path: Path, text: str, **data: Any) -> pd.DataFrame:
    """Read this text as a CSV file."""
    (tmp_path / "t.csv").write_text(text, encoding=data.get("csv", {}).get("encoding", "utf-8"))
    return loaded(tmp_path, **data)


TYPES = {
    "whole numbers": (["1", "-2", "3"], "int64", [1, -2, 3]),
    "fractions": (["1", "2.5", "1e3"], "float64", [1, 2.5, 1000]),
    "numbers with a gap": (["1", "", "3"], "float64", [1, None, 3]),
    "numbers with leading zeros": (["007", "012", "100"], "str", ["007", "012", "100"]),
    "zero is a number": (["0", "0.5", "-0.25"], "float64", [0, 0.5, -0.25]),
    "long numbers with a gap": (["12345678901234567", "", "1"], "str", ["12345678901234567", None, "1"]),
    "long numbers": (["12345678901234567", "2", "1"], "int64", [12345678901234567, 2, 1]),
    "truth": (["true", "False", ""], "boolean", [True, False, None]),
    "yes and no": (["yes", "no", "yes"], "str", ["yes", "no", "yes"]),
    "a word among numbers": (["1", "2", "x"], "str", ["1", "2", "x"]),
    "dates": (["2024-01-31", "", "2024-02-01"], "str", ["2024-01-31", None, "2024-02-01"]),
    "what is usually a gap": (["NA", "null", "3"], "float64", [None, None, 3]),
}


@pytest.mark.parametrize(("words", "kind", "values"), TYPES.values(), ids=TYPES)
def test_text_becomes_what_all_of_it_is(tmp_path: Path, words: list[str], kind: str, values: list[Any]):
    """Numbers become numbers; what only looks like one, as a postcode does, stays text."""
    found = read(tmp_path, "won,x\n" + "".join(f"a,{word}\n" for word in words)).x
    assert str(found.dtype) == kind
    assert [None if pd.isna(value) else value for value in found.tolist()] == values


def test_the_text_is_read_as_params_say(tmp_path: Path):
    """Separator, decimal mark and encoding are params.yaml's."""
    options = {"separator": ";", "decimal": ",", "encoding": "latin-1"}
    found = read(tmp_path, "won;größe\nja;1,5\nnö;2\n", csv=options)
    assert found.to_dict("list") == {"won": ["ja", "nö"], "größe": [1.5, 2.0]}


def test_a_mark_at_the_beginning_is_no_name(tmp_path: Path):
    """Excel writes one into its UTF-8."""
    (tmp_path / "t.csv").write_text("won,x\na,1\n", encoding="utf-8-sig")
    assert list(loaded(tmp_path).columns) == ["won", "x"]


def test_tabs_are_what_separates_a_tsv(tmp_path: Path):
    """Its name says so."""
    (tmp_path / "t.tsv").write_text("won\tx\na\t1\n", encoding="utf-8")
    assert loaded(tmp_path, "t.tsv").x.tolist() == [1]


def test_quoted_fields_may_hold_anything(tmp_path: Path):
    """Separators, quotes and line breaks."""
    found = read(tmp_path, 'won,x\na,"1, 2"\nb,"say ""yes""\nor no"\n')
    assert found.x.tolist() == ["1, 2", 'say "yes"\nor no']


@pytest.mark.parametrize("suffix", [".gz", ".bz2", ".xz", ".zip"])
def test_a_compressed_csv_is_a_csv(tmp_path: Path, suffix: str):
    """As pandas reads it."""
    pd.DataFrame({"won": ["a"], "x": [1]}).to_csv(tmp_path / f"t.csv{suffix}", index=False)
    assert loaded(tmp_path, f"t.csv{suffix}").x.tolist() == [1]


def test_many_files_are_one_table_in_the_order_of_their_names(tmp_path: Path):
    """Below folders too; the order of columns may differ, and the type is that of all files together."""
    for name, text in {"b/1": "x,won\nnone,c\n", "a/2": "won,x\nb,2\n", "a/1": "won,x\na,1\n"}.items():
        path = tmp_path / "parts" / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    found = loaded(tmp_path, "parts/**/*.csv")
    assert found.to_dict("list") == {"won": ["a", "b", "c"], "x": ["1", "2", "none"]}
    assert found.index.tolist() == [0, 1, 2]


def test_a_path_may_be_absolute(tmp_path: Path):
    """And a name with the signs of a glob is a name, if there is such a file."""
    (tmp_path / "t[1].csv").write_text("won,x\na,1\n", encoding="utf-8")
    assert loaded(tmp_path / "elsewhere", str(tmp_path / "t[1].csv")).x.tolist() == [1]


def test_parquet_keeps_its_types_and_a_named_index(tmp_path: Path):
    """Text that looks like numbers was meant to be text."""
    table = pd.DataFrame({"won": ["a", "b"], "code": ["1", "2"], "at": pd.to_datetime(["2024-01-01", "2024-01-02"])})
    table.index = pd.Index([5, 6], name="key")
    table.to_parquet(tmp_path / "t.parquet")
    found = loaded(tmp_path, "t.parquet")
    assert found.code.tolist() == ["1", "2"]
    assert found.key.tolist() == [5, 6]
    assert found["at"].dtype.kind == "M"


@pytest.fixture
def databases(tmp_path: Path) -> Path:
    """An SQLite and a DuckDB database with the same table, whose rows are in no order."""
    table = pd.DataFrame({"key": [3, 1, 2], "x": [0.5, None, 2.5], "won": ["a", "b", "10 % or a:b"]})
    connection = sqlite3.connect(tmp_path / "t.db")
    table.to_sql("t", connection, index=False)
    connection.close()
    with duckdb.connect(str(tmp_path / "t.duckdb")) as database:
        database.register("frame", table)
        database.execute("CREATE TABLE t AS SELECT * FROM frame")
    return tmp_path


@pytest.mark.parametrize("source", ["sqlite:///t.db", "duckdb:///t.duckdb"])
@pytest.mark.parametrize("key", ["key", None])
def test_a_query_is_answered_in_one_order(databases: Path, source: str, key: str | None):
    """A database promises none, and the same rows must become the same table."""
    turned = [loaded(databases, source, id=key, query=f"SELECT * FROM t ORDER BY x {way}") for way in ("ASC", "DESC")]
    pd.testing.assert_frame_equal(*turned)
    assert turned[0].key.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(turned[0].x, [np.nan, 2.5, 0.5])


@pytest.mark.parametrize("source", ["sqlite:///t.db", "duckdb:///t.duckdb"])
def test_a_per_cent_sign_and_a_colon_are_only_that(databases: Path, source: str):
    """They would be parameters if nobody said otherwise."""
    found = loaded(databases, source, query="SELECT * FROM t WHERE won LIKE '10 % or a:b'")
    assert found.key.tolist() == [2]


def test_a_query_cannot_write(databases: Path):
    """The database is as before, whatever the query says."""
    before = (databases / "t.db").read_bytes()
    with pytest.raises(ValueError, match=r"data\.query failed"):
        loaded(databases, "sqlite:///t.db", query="DROP TABLE t")
    assert (databases / "t.db").read_bytes() == before


def test_the_environment_fills_in_what_is_secret():
    """Within a URL its signs are quoted; alone it is the URL."""
    found = sql.parsed("postgresql://reader:${PASSWORD}@host/shop", {"PASSWORD": "p@ss/wörd"})
    assert (found.password, found.host, found.database) == ("p@ss/wörd", "host", "shop")
    assert sql.parsed("${URL}", {"URL": "postgresql://reader:a%40b@host/shop"}).password == "a@b"


def test_a_file_named_by_the_environment_is_asked(databases: Path, monkeypatch: pytest.MonkeyPatch):
    """The whole URL may be a variable."""
    monkeypatch.setenv("DATABASE", f"sqlite:///{databases / 't.db'}")
    assert len(loaded(databases, "${DATABASE}", query="SELECT * FROM t")) == 3
