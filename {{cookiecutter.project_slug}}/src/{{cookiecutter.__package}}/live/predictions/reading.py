"""Reading what was noted: published days, and what still lies in spools."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from .blocks import read_blocks
from .publishing import days
from .spool import spools

if TYPE_CHECKING:
    import pyarrow as pa


def read(folder: Path, first: date | None = None, last: date | None = None) -> pa.Table:
    """Return what was noted from the first day to the last, both included, in the order of the requests' times.

    It may be read while services write it: each row is there once, as far as it has reached the disk.
    """
    from .parquet import combined, load, of_days, table_of

    tables, spooled = [], set()
    # Spools first: one that is published meanwhile is found below, and one that was read is passed by there.
    for path in spools(folder):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            continue
        spooled.add(path.stem)
        tables += [of_days(table_of(block), first, last) for block in read_blocks(content).blocks]
    for day, place in days(folder).items():
        if (first or day) <= day <= (last or day):
            for path in sorted(place.glob("*.parquet")):
                # One may grow too old meanwhile.
                with suppress(FileNotFoundError):
                    tables += [] if path.stem in spooled else [load(path)]
    found = combined([table for table in tables if table.num_rows])
    return found.sort_by([("request_time", "ascending")]) if found.num_rows else found
