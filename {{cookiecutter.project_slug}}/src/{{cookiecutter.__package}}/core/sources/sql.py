"""Tables in databases: the answer to a query, asked without leave to write where that can be had."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

import pandas as pd
import sqlalchemy
from sqlalchemy.engine import URL, make_url

from ..data import DataError
from .files import checked

VARIABLE = re.compile(r"\$\{(\w+)\}")


def load_query(source: str, query: str | None, root: Path, order: str | None) -> pd.DataFrame:
    """Return the answer of the database at the URL `source`, ordered by the column `order` or by all of them.

    A database promises no order, and the same data has to become the same table. `${NAME}` in the URL is what the
    environment says, so that no password is in params.yaml.

    Raises:
        DataError: there is no query, no such database or driver, or the query fails. No message holds a password.
    """
    if not query:
        raise DataError("data.source is an SQL URL, but data.query is missing: write the SELECT that makes the table.")
    url = parsed(source, os.environ)
    table = ask_file(url, query, root) if url.get_backend_name() in ("sqlite", "duckdb") else ask_server(url, query)
    if table.empty:
        raise DataError("data.query returns no rows: try it in the database.")
    return ordered(checked(table, "data.query"), order)


def parsed(source: str, environ: Mapping[str, str]) -> URL:
    """Return the URL with its variables filled in; within a URL their values are quoted, alone they are the URL."""
    absent = [name for name in VARIABLE.findall(source) if name not in environ]
    if absent:
        name = absent[0]
        raise DataError(f"data.source names {name}, which the environment lacks: set it in .env, which `make` reads.")
    whole = VARIABLE.fullmatch(source)
    filled = environ[whole[1]] if whole else VARIABLE.sub(lambda found: quote(environ[found[1]], safe=""), source)
    try:
        return make_url(filled)
    except (sqlalchemy.exc.ArgumentError, ValueError):
        raise DataError("data.source is no SQL URL: write it as driver://user:${DB_PASSWORD}@host/database.") from None


def ask_file(url: URL, query: str, root: Path) -> pd.DataFrame:
    """Return what an SQLite or DuckDB file answers, opened for reading alone."""
    path = root / (url.database or "")
    if not path.is_file():
        raise DataError(f"data.source: {url.database or 'a database in memory'} does not exist; {FROM_ROOT}.")
    if url.get_backend_name() == "duckdb":
        import duckdb

        return asked(lambda: duckdb.connect(str(path), read_only=True).execute(query).df(), url)
    engine = sqlalchemy.create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    )
    return asked(lambda: rows_of(engine, query), url)


FROM_ROOT = "paths begin at the folder of params.yaml, as in sqlite:///data/external/table.db"


def ask_server(url: URL, query: str) -> pd.DataFrame:
    """Return what a database server answers, through the driver that SQLAlchemy knows for it."""
    try:
        engine = sqlalchemy.create_engine(url)
    except sqlalchemy.exc.NoSuchModuleError:
        raise DataError(f"data.source: {url.drivername}:// is no database that SQLAlchemy knows: {KNOWN}.") from None
    except ModuleNotFoundError as error:
        raise DataError(
            f"data.source: {url.drivername}:// needs the package {error.name}: add it to pyproject.toml, "
            "then `make lock setup`."
        ) from None
    return asked(lambda: rows_of(engine, query), url)


KNOWN = "sqlite, duckdb, postgresql, mysql, mssql and oracle are some"


def rows_of(engine: sqlalchemy.Engine, query: str) -> pd.DataFrame:
    """Return a query's answer; a per cent sign or a colon in it is only that."""
    try:
        with engine.connect() as connection:
            return pd.read_sql_query(query, connection.execution_options(no_parameters=True))
    finally:
        engine.dispose()


def asked(ask, url: URL) -> pd.DataFrame:
    """Return what `ask` returns, or raise DataError with the database's own first line, without credentials."""
    try:
        return ask()
    except Exception as error:
        cause = error.__cause__ or error
        reason = str(getattr(cause, "orig", None) or cause).strip().splitlines()[0]
        for secret in (url.password, quote(str(url.password or ""), safe=""), *map(str, url.query.values())):
            reason = reason.replace(str(secret), "***") if secret else reason
        raise DataError(f"data.query failed in {url.get_backend_name()}: {reason.rstrip('.')}.") from None


def ordered(table: pd.DataFrame, order: str | None) -> pd.DataFrame:
    """Return the rows in the order of one column, or of all where it is none of them."""
    chosen = [order] if order in table.columns else list(table.columns)
    plain = {name: table[name].astype(str) if table[name].dtype == object else table[name] for name in chosen}
    return table.loc[pd.DataFrame(plain).sort_values(chosen, kind="stable").index].reset_index(drop=True)
