"""From spools to Parquet by day: what finished processes left, and what becomes of it in time."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from click.testing import CliRunner

from {{cookiecutter.__package}}.live import cli
from {{cookiecutter.__package}}.live.predictions import publisher, publishing
from {{cookiecutter.__package}}.live.predictions.lines import lines
from {{cookiecutter.__package}}.live.predictions.publishing import publish
from {{cookiecutter.__package}}.live.predictions.reading import read
from {{cookiecutter.__package}}.live.predictions.spool import Spool, spools

TODAY = date(2026, 11, 21)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where predictions are noted."""
    return tmp_path / "predictions"


@pytest.fixture
def spooled(folder: Path, notes: Callable[..., Any], everything: Any) -> Callable[..., Spool]:
    """Write a spool with a line for each list of ids, and close it unless it is to stay open."""

    def write(*batches: list[str], when: float = NOON, close: bool = True) -> Spool:
        spool = Spool(folder)
        for batch in batches:
            for line, records in lines(notes(batch, when), everything):
                spool.write(line, records)
        if close:
            spool.close()
        return spool

    return write


def ids(folder: Path, *days: date) -> list[str]:
    """Return the ids of the requests that were noted, in alphabetical order."""
    table = read(folder, *days)
    return sorted(table["request_id"].to_pylist()) if table.num_rows else []


def test_a_spool_becomes_a_file_of_its_day(folder: Path, spooled: Callable[..., Spool]):
    """It is gone afterwards, and publishing again changes nothing."""
    name = spooled(["a", "b"], ["c"]).path.stem
    assert publish(folder) == publishing.Published(rows=3)
    path = folder / "request_day=2026-11-21" / f"{name}.parquet"
    before = path.read_bytes()
    assert (spools(folder), ids(folder)) == ([], ["a", "b", "c"])
    assert publish(folder) == publishing.Published()
    assert path.read_bytes() == before


def test_tools_read_the_folder_as_it_is(folder: Path, spooled: Callable[..., Spool]):
    """pandas and DuckDB, beside a spool that is being written."""
    spooled(["a", "b"])
    publish(folder)
    spool = spooled(["c"], close=False)
    assert sorted(pd.read_parquet(folder)["request_id"]) == ["a", "b"]
    rows = duckdb.sql(f"select request_id, amount, request_day from read_parquet('{folder}/*/*.parquet') order by 1")
    assert [(row[0], str(row[2])) for row in rows.fetchall()] == [("a", "2026-11-21"), ("b", "2026-11-21")]
    assert ids(folder) == ["a", "b", "c"]
    spool.close()


def test_a_spool_over_midnight_becomes_a_file_for_each_day(
    folder: Path, spooled: Callable[..., Spool], notes: Callable[..., Any], everything: Any
):
    """By the time of each request, in UTC; days are read alone, too."""
    spool = spooled(["late"], when=NOON + 12 * 3600 - 0.000_001, close=False)
    both = notes(["last"], NOON + 12 * 3600 - 1) + notes(["first"], NOON + 12 * 3600)
    ((line, records),) = lines(both, everything)
    spool.write(line, records)
    spool.close()
    for _ in ("spooled", "published"):
        assert ids(folder, TODAY, TODAY) == ["last", "late"]
        assert ids(folder, date(2026, 11, 22), date(2026, 11, 22)) == ["first"]
        assert ids(folder, date(2026, 11, 23), date(2026, 11, 30)) == []
        publish(folder)
    assert [path.parent.name for path in sorted(folder.glob("*/*.parquet"))] == [
        "request_day=2026-11-21",
        "request_day=2026-11-22",
    ]


def test_a_spool_that_is_being_written_is_left_alone(folder: Path, spooled: Callable[..., Spool]):
    """Its lines are read all the same, and it is published once it is closed."""
    spool = spooled(["a"], close=False)
    assert publish(folder).rows == 0
    assert ids(folder) == ["a"]
    spool.close()
    assert publish(folder).rows == 1
    assert ids(folder) == ["a"]


@pytest.mark.parametrize("cut", [1, 7, 300])
def test_a_torn_last_line_is_cut_off_and_counted(folder: Path, spooled: Callable[..., Spool], cut: int):
    """What was written before it is all there."""
    spool = spooled(["a", "b"], ["c"])
    os.truncate(spool.path, spool.path.stat().st_size - cut)
    assert ids(folder) == ["a", "b"]
    done = publish(folder)
    assert (done.rows, done.torn, done.damaged) == (2, 1, 0)
    assert done.sentences == ["The last line of 1 spools was cut off where their process was killed."]
    assert (spools(folder), ids(folder)) == ([], ["a", "b"])


def test_a_spool_without_a_whole_line_leaves_nothing_behind(folder: Path, spooled: Callable[..., Spool]):
    """Neither does one that was never written to."""
    os.truncate(spooled(["a"]).path, 20)
    spooled()
    assert publish(folder) == publishing.Published(torn=1)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == [publishing.LOCK]
    assert read(folder).num_rows == 0


def test_a_damaged_line_is_said_and_its_spool_is_kept(folder: Path, spooled: Callable[..., Spool]):
    """For somebody to look at: what a broken disk did is not ours to delete."""
    spool = spooled(["a"], ["b"], ["c"])
    content = spool.path.read_bytes().split(b"\n")
    content[1] = content[1][:50] + b"\0" * 20
    spool.path.write_bytes(b"\n".join(content))
    assert publish(folder).damaged == 1
    assert ids(folder) == ["a", "c"]
    assert spool.path.with_suffix(".damaged").read_bytes() == b"\n".join(content)
    assert publish(folder) == publishing.Published()


def test_a_line_that_could_not_be_written_whole_leaves_nothing(folder: Path, spooled: Callable[..., Spool]):
    """When the disk is full in the middle of it: the lines before and after are whole."""
    program = (
        "import resource, sys; from pathlib import Path\n"
        f"from {Spool.__module__} import Spool\n"
        "spool = Spool(Path(sys.argv[1])); spool.write(b'a' * 900 + b'\\n', 1)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))\n"
        "try: spool.write(b'b' * 900 + b'\\n', 1)\n"
        "except OSError as error: print(error.strerror)\n"
        "spool.write(b'c' * 90 + b'\\n', 1); spool.close(); print(spool.size, spool.records)\n"
    )
    done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=True)
    assert done.stdout == "File too large\n992 2\n"
    assert spools(folder)[0].read_bytes() == b"a" * 900 + b"\n" + b"c" * 90 + b"\n"


def test_publishers_do_not_get_in_each_other_s_way(folder: Path, spooled: Callable[..., Spool]):
    """Three processes at once, while somebody reads again and again: everything is there once, at any moment."""
    wanted = sorted(f"{spool}-{n}" for spool in range(8) for n in range(20))
    for spool in range(8):
        spooled([f"{spool}-{n}" for n in range(20)])
    seen: list[list[str]] = []
    over = threading.Event()

    def look() -> None:
        while not over.is_set():
            seen.append(ids(folder))

    reader = threading.Thread(target=look)
    reader.start()
    command = [sys.executable, "-m", publisher.MODULE, str(folder), "--retain-days", "100000"]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(3)]
    said = [process.communicate(timeout=120)[1] for process in running]
    over.set()
    reader.join()
    assert [process.returncode for process in running] == [0, 0, 0], said
    assert [found for found in [*seen, ids(folder)] if found != wanted] == []
    assert len(seen) > 1
    assert spools(folder) == []


def test_days_that_are_too_old_are_deleted_and_nothing_else(folder: Path, spooled: Callable[..., Spool]):
    """Not the day that is just old enough, nor what somebody else put there."""
    for days in (0, 1, 89, 90, 91, 400):
        spooled([f"{days:03}"], when=NOON - days * 86_400)
    publish(folder)
    elsewhere = folder.parent / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.parquet").write_text("theirs", encoding="utf-8")
    (folder / "request_day=2001-01-01").symlink_to(elsewhere)
    others = ("request_day=2001-13-01/x.parquet", "request_day=2025-10-17/notes.txt", "2001-01-01/x.parquet")
    for name in ("README", "request_day=2025-10-17.txt", *others):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("theirs", encoding="utf-8")
    done = publish(folder, 90, today=TODAY)
    assert done.deleted == ("2025-10-17", "2026-08-22")
    assert done.sentences == [
        "Predictions of 2025-10-17, 2026-08-22 were deleted: they were older than is kept.",
    ]
    kept = sorted(path.parent.name for path in folder.glob("request_day=2026*/*.parquet"))
    assert kept == [f"request_day={day}" for day in ("2026-08-23", "2026-08-24", "2026-11-20", "2026-11-21")]
    for name in ("README", "request_day=2025-10-17.txt", *others):
        assert (folder / name).read_text(encoding="utf-8") == "theirs"
    assert (elsewhere / "kept.parquet").read_text(encoding="utf-8") == "theirs"
    assert not (folder / "request_day=2026-08-22").exists()
    assert publish(folder, None, today=TODAY).deleted == ()


def test_what_is_too_old_when_it_is_published_does_not_stay(folder: Path, spooled: Callable[..., Spool]):
    """A spool of a process that died long ago."""
    spooled(["old"], when=NOON - 400 * 86_400)
    assert publish(folder, 90, today=TODAY).deleted == ("2025-10-17",)
    assert ids(folder) == []


def test_two_models_with_different_features_are_read_together(
    folder: Path, spooled: Callable[..., Spool], notes: Callable[..., Any], everything: Any
):
    """What one of them doesn't have is null in its rows."""
    spooled(["new"])
    (line, _) = next(lines(notes(["old"]), everything))
    spool = Spool(folder)
    spool.write(line.replace(b'"colour":', b'"paint":'), 1)
    spool.close()
    publish(folder)
    table = read(folder)
    assert table.num_rows == 2
    found = {row["request_id"]: (row["colour"], row["paint"]) for row in table.to_pylist()}
    assert found["new"][1] is found["old"][0] is None
    assert found["new"][0] == found["old"][1] is not None


def test_the_command_publishes_what_a_service_left(folder: Path, spooled: Callable[..., Spool]):
    """And says how much; without such a folder, it says how one comes about."""
    spooled(["a", "b"])
    done = CliRunner().invoke(cli.main, ["predictions", "publish", str(folder)])
    assert (done.exit_code, done.output) == (0, f"2 rows were published in {folder}.\n")
    assert ids(folder) == ["a", "b"]
    done = CliRunner().invoke(cli.main, ["predictions", "publish"], env={"LIVE_PREDICTIONS": str(folder / "none")})
    assert done.exit_code == 1
    assert (
        done.output == f"Error: There is no folder {folder}/none: a service makes it when LIVE_PREDICTIONS names it.\n"
    )


def test_the_child_sees_no_secret(monkeypatch: pytest.MonkeyPatch):
    """Of the service's settings, it needs none."""
    monkeypatch.setenv("LIVE_PSEUDONYM_KEY", "planted")
    assert "planted" not in publisher.environment().values()
    assert Path(publisher.environment()["PYTHONPATH"].split(os.pathsep)[0], *publisher.MODULE.split(".")[:1]).is_dir()
