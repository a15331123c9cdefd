"""A first look at somebody's table: which files it is in, how its text is written, and what it seems to hold."""

from __future__ import annotations

import codecs
import glob
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from ...core.data import DataError
from ...core.guesses import Guess, guesses
from ...core.roles import Role, likely_id, likely_task, likely_time
from ...core.schema import Task
from ...core.sections import Csv
from ...core.shaping import with_target
from ...core.sources import is_sql
from ...core.sources.files import PARQUET, TEXT, EncodingError, is_parquet, load_paths, read_text

SEPARATORS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8", "cp1252", "latin-1")
LOOK_AT = 200
COMMA_NUMBER = r"\s*[+-]?\d+(?:,\d+)?\s*"


class Look(NamedTuple):
    """A raw table, the files it came from (none for a database), and how their text is written."""

    raw: pd.DataFrame
    paths: tuple[Path, ...]
    csv: Csv


class Findings(NamedTuple):
    """What the columns of a table are, each with a reason."""

    target: str
    task: Task
    task_why: str
    id: Role
    time: Role
    features: dict[str, Guess]
    rows: int


def look_at_files(names: tuple[str, ...], here: Path) -> Look:
    """Read the files that were named: paths, globs, or folders of CSV or Parquet files.

    Raises:
        DataError: there is none, or they can't be read.
    """
    paths = tuple(dict.fromkeys(path for name in names for path in files_of(name, here)))
    if is_parquet(paths[0]):
        return Look(load_paths(paths, here, Csv()), paths, Csv())
    for encoding in encodings_of(paths[0]):
        try:
            csv = sniffed(paths[0], encoding)
            return Look(load_paths(paths, here, csv), paths, csv)
        except EncodingError as error:
            refused = error
    raise refused


def files_of(name: str, here: Path) -> list[Path]:
    """Return the files that one name means, in order."""
    path = here / name
    if is_sql(name):
        raise DataError("An SQL URL stands alone: `lab adopt URL --query 'SELECT …'`.")
    if path.is_dir():
        found = sorted(file for file in path.iterdir() if file.is_file() and set(file.suffixes) & {*PARQUET, *TEXT})
    else:
        found = [path] if path.is_file() else sorted(map(Path, glob.glob(str(path), recursive=True)))  # noqa: PTH207
    if not [file for file in found if file.is_file()]:
        raise DataError(f"{name}: there is no such file, nor a folder or glob of CSV or Parquet files.")
    return [file.resolve() for file in found if file.is_file()]


def encodings_of(path: Path) -> tuple[str, ...]:
    """Return the encodings to try; UTF-16 begins with a mark that nothing else begins with."""
    with path.open("rb") as file:
        return ("utf-16",) if file.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) else ENCODINGS


def sniffed(path: Path, encoding: str) -> Csv:
    """Return how a CSV file separates its fields and writes its fractions, judged by its first rows."""
    best, fields = SEPARATORS[0], None
    for separator in SEPARATORS:
        try:
            found = read_text(path, path.name, separator, encoding, rows=LOOK_AT)
        except EncodingError:
            raise
        except DataError:
            # Lines of different lengths: this isn't what separates them.
            continue
        if fields is None or found.shape[1] > fields.shape[1]:
            best, fields = separator, found
    decimal = "," if fields is not None and best != "," and has_decimal_commas(fields.iloc[1:]) else "."
    return Csv(separator=best, decimal=decimal, encoding=encoding)


def has_decimal_commas(fields: pd.DataFrame) -> bool:
    """Return whether a column holds numbers, and some of them have a comma."""
    columns = [fields[name].dropna() for name in fields.columns]
    return any(len(c) and c.str.fullmatch(COMMA_NUMBER).all() and c.str.contains(",").any() for c in columns)


def findings(raw: pd.DataFrame, target: str) -> Findings:
    """Return what the columns of a table are, now that its target is known.

    Raises:
        DataError: too few rows have a target.
    """
    rows = with_target(raw, target)
    task, why = likely_task(rows[target])
    rest = rows.drop(columns=target)
    named = likely_id(rest)
    rest = rest.drop(columns=[named.column] if named.column else [])
    time = likely_time(rest)
    rest = rest.drop(columns=[time.column] if time.column else [])
    return Findings(target, task, why, named, time, guesses(rest), len(rows))
