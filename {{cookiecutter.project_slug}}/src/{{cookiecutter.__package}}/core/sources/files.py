"""Tables in files: CSV and Parquet, one or many."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow
import pyarrow.parquet

from ..data import DataError
from ..sections import Csv
from .texts import typed

PARQUET = (".parquet", ".pq")
TEXT = (".csv", ".tsv", ".txt")
COMPRESSED = (".gz", ".bz2", ".xz", ".zip", ".zst")
SEPARATORS = {";": "';'", "\t": '"\\t"', "|": "'|'"}


class EncodingError(DataError):
    """The text of a file isn't in the encoding that it is read in."""


def load_files(source: str, root: Path, csv: Csv) -> pd.DataFrame:
    """Read the file, or all files of the glob, into one table, in the order of their names.

    Text that is all numbers, or all true and false, becomes so; numbers with leading zeros stay text.

    Raises:
        DataError: there is no file, one can't be read, or their columns differ.
    """
    return load_paths(found_files(source, root), root, csv)


def load_paths(paths: Sequence[Path], root: Path, csv: Csv) -> pd.DataFrame:
    """Read these files into one table."""
    parts = [load_part(path, root, csv) for path in paths]
    for path, part in zip(paths, parts, strict=True):
        if sorted(part.columns) != sorted(parts[0].columns):
            both = f"{shown(path, root)} and {shown(paths[0], root)}"
            raise DataError(f"{both} differ in columns {odd(part, parts[0])}: give all files the same ones.")
    table = pd.concat([part[parts[0].columns] for part in parts], ignore_index=True) if len(parts) > 1 else parts[0]
    if table.empty:
        raise DataError(f"{shown(paths[0], root)} has a header and no rows: there is nothing to learn from.")
    return table if is_parquet(paths[0]) else typed(table, csv.decimal)


def found_files(source: str, root: Path) -> list[Path]:
    """Return the files that a path or glob means, sorted by name.

    Raises:
        DataError: there is none, it is a folder, or CSV and Parquet are mixed.
    """
    path = root / source
    if path.is_dir():
        raise DataError(f"data.source: {source} is a folder: name its files, such as {source.rstrip('/')}/*.csv.")
    names = [str(path)] if path.is_file() else sorted(glob.glob(str(path), recursive=True))  # noqa: PTH207 - absolute too
    paths = [found for found in map(Path, names) if found.is_file()]
    if not paths:
        what = "matches no file" if glob.has_magic(source) else "does not exist"
        raise DataError(f"data.source: {source} {what}; paths begin at the folder of params.yaml.")
    if len({is_parquet(path) for path in paths}) > 1:
        raise DataError(f"data.source: {source} matches both CSV and Parquet files: narrow it to one kind.")
    return paths


def is_parquet(path: Path) -> bool:
    """Return whether a file's name says Parquet."""
    return path.suffix.lower() in PARQUET


def shown(path: Path, root: Path) -> str:
    """Return a path as a person wrote it: from the root, if it is below."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)


def odd(table: pd.DataFrame, other: pd.DataFrame) -> str:
    """Return the first columns that only one of two tables has."""
    return ", ".join(repr(name) for name in sorted(set(table.columns) ^ set(other.columns))[:5])


def load_part(path: Path, root: Path, csv: Csv) -> pd.DataFrame:
    """Read one file; what is in a CSV stays text."""
    name = shown(path, root)
    if path.stat().st_size == 0:
        raise DataError(f"{name} is empty (0 bytes): fetch or export it again.")
    if is_parquet(path):
        return load_parquet(path, name)
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() not in COMPRESSED]
    if not suffixes or suffixes[-1] not in TEXT:
        raise DataError(f"{name} is neither CSV (.csv, .tsv, .txt, also compressed) nor Parquet: export it as one.")
    separator = "\t" if suffixes[-1] == ".tsv" and csv.separator == "," else csv.separator
    return with_header(read_text(path, name, separator, csv.encoding), name, separator)


def load_parquet(path: Path, name: str) -> pd.DataFrame:
    """Read one Parquet file; a named index becomes columns, another is dropped."""
    try:
        table = pyarrow.parquet.ParquetFile(path).read().to_pandas(date_as_object=False)
    except (pyarrow.ArrowException, OSError) as error:
        reason = str(error).splitlines()[0].split(". ")[0].rstrip(".")
        raise DataError(f"{name} is no complete Parquet file ({reason}): fetch or write it again.") from None
    named = [level for level in table.index.names if level is not None]
    return checked(table.reset_index(named).reset_index(drop=True), name)


def read_text(path: Path, name: str, separator: str, encoding: str, rows: int | None = None) -> pd.DataFrame:
    """Read the fields of a CSV file as text, its header as the first row."""
    spoken = "utf-8-sig" if encoding.lower().replace("_", "-") in ("utf-8", "utf8") else encoding
    options = {"sep": separator, "encoding": spoken, "nrows": rows, "skipinitialspace": separator != "\t"}
    try:
        fields = pd.read_csv(path, header=None, dtype=str, **options)
        # A gap may be written as null or NA, and a column may be called so.
        names = pd.read_csv(path, header=None, dtype=str, keep_default_na=False, **(options | {"nrows": 1}))
        return pd.concat([names, fields.iloc[1:]], ignore_index=True)
    except UnicodeError:
        raise EncodingError(
            f"{name} is not in {encoding}: write the encoding it is in, such as data.csv.encoding: latin-1."
        ) from None
    except LookupError:
        raise DataError(f"data.csv.encoding: {encoding!r} is no encoding: utf-8, latin-1 or cp1252 are.") from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{name} holds nothing but empty lines: fetch or export it again.") from None
    except (pd.errors.ParserError, OSError, EOFError, ValueError) as error:
        reason = str(error).strip().split("C error: ")[-1].splitlines()[0].rstrip(".")
        raise DataError(f"{name} can't be read as CSV ({reason}): mend it, or look at data.csv.separator.") from None


def with_header(fields: pd.DataFrame, name: str, separator: str) -> pd.DataFrame:
    """Return the rows below the header, under its names."""
    table = fields.iloc[1:].reset_index(drop=True)
    table.columns = fields.iloc[0].fillna("").tolist()
    other = next((mark for mark in (*SEPARATORS, ",") if len(table.columns) == 1 and mark in table.columns[0]), None)
    if other and other != separator:
        raise DataError(
            f"{name} has a single column, {table.columns[0][:40]!r}: write data.csv.separator: "
            f"{SEPARATORS.get(other, repr(other))} in params.yaml."
        )
    return checked(table, name)


def checked(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return a table in which each column has one name of its own.

    Raises:
        DataError: a column has no name, or two have the same.
    """
    table.columns = [str(column) for column in table.columns]
    unnamed = [place for place, column in enumerate(table.columns, start=1) if not column.strip()]
    if unnamed or (unnamed := [i for i, c in enumerate(table.columns, start=1) if c.startswith("Unnamed: ")]):
        raise DataError(f"{name}: column {unnamed[0]} has no name: name it, or write the table without its index.")
    if not table.columns.is_unique:
        twice = table.columns[table.columns.duplicated()][0]
        raise DataError(f"{name} has more than one column {twice!r}: rename or drop all but one.")
    return table
