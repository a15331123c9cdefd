"""What is asked and answered is what is read back; what finds no room is counted, and nobody waits for it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from {{cookiecutter.__package}}.core.schema import Feature
from {{cookiecutter.__package}}.core.sections import Predictions
from {{cookiecutter.__package}}.live.predictions import log as logs
from {{cookiecutter.__package}}.live.predictions import policy, spooling
from {{cookiecutter.__package}}.live.predictions.reading import read
from {{cookiecutter.__package}}.live.predictions.spool import spools
from {{cookiecutter.__package}}.live.runtime import ModelFileError
from {{cookiecutter.__package}}.live.settings import SettingError, Settings

Rows = list[dict[str, Any]]
SECRET = "Zacharias Geheim"


def asked(rows: Rows, features: dict[str, Feature]) -> dict[str, list[Any]]:
    """Return what is asked as the log should have it: numbers as the model gets them."""

    def one(value: Any, feature: Feature) -> Any:
        if value is None:
            return None
        if feature.kind == "number":
            return float(np.float32(value))
        return date.fromisoformat(value) if feature.kind == "date" else value

    return {name: [one(row[name], feature) for row in rows] for name, feature in features.items()}


def answers(table: pa.Table, answer: dict[str, Any]) -> bool:
    """Return whether a table has the predictions of an answer, to the last digit."""
    chances = answer.get("probabilities")
    same = table["prediction"].to_pylist() == to_float32(answer["predictions"])
    return same and (chances is None or table["probabilities"].to_pylist() == [to_float32(row) for row in chances])


def to_float32(values: list[Any]) -> list[Any]:
    """Return numbers as float32 has them, and texts as they are."""
    return [float(np.float32(value)) if isinstance(value, float) else value for value in values]


def test_what_was_asked_and_answered_is_what_is_read(serve: Callable[..., Any], each: SimpleNamespace):
    """Every kind of feature and task, what is missing included, first from the spool and then as Parquet."""
    service = serve(each.served)
    wanted = {"a": each.rows[:1], "b": each.rows[1:60], "c": each.rows[60:61]}
    began = datetime.now(UTC) - timedelta(milliseconds=1)
    given = {name: service.ask(rows, name) for name, rows in wanted.items()}
    service.settle()
    spooled = read(service.folder)
    service.log.close()
    assert spools(service.folder) == []
    published = read(service.folder)
    for found in (spooled, published):
        assert found.num_rows == 61
        for name, rows in wanted.items():
            part = found.filter(pa.compute.equal(found["request_id"], name))
            assert part["request_row"].to_pylist() == list(range(len(rows)))
            assert set(part["request_rows"].to_pylist()) == {len(rows)}
            for feature, values in asked(rows, each.schema.features).items():
                assert part[feature].to_pylist() == values, feature
            assert answers(part, given[name])
        known = {key: set(found[key].to_pylist()) for key in ("variant", "model_version", "model_sha256")}
        signature = each.served.signature
        assert known == {"variant": {"champion"}, "model_version": {"7"}, "model_sha256": {signature.sha256}}
        assert all(began <= moment <= datetime.now(UTC) for moment in found["request_time"].to_pylist())
        assert all(0 < latency < 60_000 for latency in found["latency_ms"].to_pylist())
    assert any(None in values for values in asked(each.rows[:61], each.schema.features).values())
    assert service.lost == []


def test_a_type_is_the_feature_s_own(service: Any, made: SimpleNamespace):
    """Whatever is in the rows, even nothing."""
    rows = [{**made.rows[0], "reading": None, "note": None, "checked": None, "until": None}]
    service.ask(rows)
    service.log.close()
    kinds = {"number": "float", "category": "string", "boolean": "bool", "date": "date32[day]"}
    found = read(service.folder).schema
    for name, feature in made.schema.features.items():
        assert str(found.field(name).type) == kinds[feature.kind]
    assert str(found.field("request_time").type) == "timestamp[us, tz=UTC]"


@pytest.mark.parametrize("value", ["", "Zürich ✈ 東京 👩‍🚀", 'a"b\\c\n\t\u2028', "n" * 256, "null", "\x7f"])
def test_a_text_stays_as_it_is(service: Any, made: SimpleNamespace, value: str):
    """Letters of all alphabets, signs that JSON escapes, and the empty text."""
    service.ask([{**made.rows[0], "colour": value, "note": value}])
    service.log.close()
    found = read(service.folder)
    # To the model, an empty text is a missing one.
    assert (found["colour"].to_pylist(), found["note"].to_pylist()) == ([value], [value or None])


@pytest.mark.parametrize("value", [0.0, 0.1, -3.4028234663852886e38, 1e-45, 16777217, 1 / 3])
def test_a_number_stays_as_the_model_got_it(service: Any, made: SimpleNamespace, value: float):
    """To the last bit of a float32."""
    service.ask([{**made.rows[0], "reading": value}])
    service.log.close()
    assert read(service.folder)["reading"].to_pylist() == [float(np.float32(value))]


def test_of_a_large_request_some_rows_are_drawn(serve: Callable[..., Any], made: SimpleNamespace):
    """Each says which row it was, and of how many; the same ones whoever draws."""
    places = []
    for folder in ("one", "two"):
        service = serve(policy=Predictions(most_rows=50), folder=Path(serve().folder.parent, folder))
        answer = service.ask(made.rows[:1000], "large")
        service.ask(made.rows[:50], "small")
        service.log.close()
        found = read(service.folder)
        large = found.filter(pa.compute.equal(found["request_id"], "large"))
        chosen = large["request_row"].to_pylist()
        assert len(set(chosen)) == 50 == found.num_rows - 50
        assert set(large["request_rows"].to_pylist()) == {1000}
        assert answers(large, {name: [answer[name][n] for n in chosen] for name in ("predictions", "probabilities")})
        for feature, values in asked([made.rows[n] for n in chosen], made.schema.features).items():
            assert large[feature].to_pylist() == values
        places.append(chosen)
    assert places[0] == places[1]


def test_a_sample_is_as_large_as_it_should_be_and_the_same_everywhere():
    """The id of a request decides, not the process that answers it."""
    ids = [f"request-{n}" for n in range(20_000)]
    chosen = [one for one in ids if policy.sampled(one, 0.25)]
    assert len(chosen) == pytest.approx(5000, abs=4 * (20_000 * 0.25 * 0.75) ** 0.5)
    assert set(chosen) < {one for one in ids if policy.sampled(one, 0.5)}
    counted = "sum(sampled('request-' + str(n), 0.25) for n in range(20_000))"
    program = f"from {policy.__name__} import sampled; print({counted})"
    environ = {**os.environ, "PYTHONHASHSEED": "5"}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    assert int(done.stdout) == len(chosen)


def test_only_the_sample_is_noted(serve: Callable[..., Any], made: SimpleNamespace):
    """All rows of a request, or none."""
    service = serve(policy=Predictions(sample=0.3))
    ids = [f"request-{n}" for n in range(100)]
    for one in ids:
        service.ask(made.rows[:2], one)
    service.log.close()
    assert read(service.folder)["request_id"].to_pylist() == [
        one for one in ids if policy.sampled(one, 0.3) for _ in range(2)
    ]


def content(folder: Path) -> bytes:
    """Return all that is in the files of a folder, their names and the texts that Parquet compresses."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = [repr(read(folder).to_pydict()), *map(str, files)]
    return b"".join([*(path.read_bytes() for path in files), *(text.encode() for text in texts)])


def test_what_is_dropped_or_pseudonymised_reaches_no_file(serve: Callable[..., Any], made: SimpleNamespace):
    """Neither the spool nor Parquet; a pseudonym is the same for the same value, column and key, and no other."""
    chosen = Predictions(drop=("colour",), pseudonymise=("note", "amount"))
    rows = [
        {**made.rows[0], "colour": SECRET, "note": note, "amount": 4.25} for note in (SECRET, "other", None, SECRET)
    ]
    seen = []
    for name in ("first key of sixteen", "another key of sixteen"):
        service = serve(policy=chosen, key=name, folder=Path(serve().folder.parent, name[:5]))
        service.ask(rows)
        service.settle()
        assert len(spools(service.folder)) == 1
        assert SECRET.encode() not in content(service.folder)
        service.log.close()
        assert SECRET.encode() not in content(service.folder)
        found = read(service.folder)
        assert "colour" not in found.column_names
        one, other, missing, again = found["note"].to_pylist()
        assert one == again != other
        assert missing is None
        assert len({*found["amount"].to_pylist(), one, other}) == 3
        seen.append({one, other, *found["amount"].to_pylist()})
    assert seen[0].isdisjoint(seen[1])


def test_the_search_for_secrets_finds_them(service: Any, made: SimpleNamespace):
    """The test above is only as good as what it finds where nothing is dropped."""
    service.ask([{**made.rows[0], "colour": SECRET}])
    service.settle()
    assert SECRET.encode() in content(service.folder)
    service.log.close()
    assert SECRET.encode() in content(service.folder)


@pytest.mark.parametrize("key", ["", "too short"])
def test_without_a_key_nothing_is_pseudonymised_and_nothing_starts(serve: Callable[..., Any], tmp_path: Path, key: str):
    """One sentence says what to set, without the key."""
    with pytest.raises(SettingError, match=r"^LIVE_PSEUDONYM_KEY is needed, with 16 characters or more: .*\.$") as said:
        serve(policy=Predictions(pseudonymise=("note",)), key=key)
    assert not key or key not in str(said.value)
    assert not (tmp_path / "predictions").exists()


@pytest.mark.parametrize("text", [None, "{", '{"drop": ["no such feature"]}'])
def test_nothing_is_noted_where_nobody_knows_what_may_be(made: SimpleNamespace, tmp_path: Path, text: str | None):
    """The file beside the model is missing, damaged, or another model's."""
    if text is not None:
        (tmp_path / policy.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(ModelFileError, match="nobody knows what may be noted: run `make pipeline`, or leave LIVE_PRED"):
        logs.log_of(Settings(predictions=str(tmp_path)), tmp_path, made.schema.features, print)
    assert logs.log_of(Settings(), tmp_path, made.schema.features, print) is None


def test_a_disk_that_hangs_holds_no_request_up(
    service: Any, made: SimpleNamespace, notes: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
):
    """The queue is bounded, what doesn't fit is counted, and the service still ends."""
    service.ask(made.rows[:1])
    service.settle()
    (note,) = notes(["stuck"])
    out, into = os.pipe()
    # A pipe that nobody reads takes a little, and then a write to it hangs as a disk does.
    os.dup2(into, service.log.spooling.spool.file)
    slowest = 0.0
    for _ in range(30_000):
        started = time.perf_counter()
        service.log.spooling.put(note)
        slowest = max(slowest, time.perf_counter() - started)
    assert slowest < 0.5
    assert len(service.log.spooling.items) <= spooling.MOST_NOTES
    assert len(service.lost) == service.log.spooling.dropped > 0
    monkeypatch.setattr(spooling, "CLOSING_SECONDS", 0.2)
    started = time.monotonic()
    service.log.close()
    assert time.monotonic() - started < 2
    assert sum(service.lost) == service.log.spooling.dropped > 10_000
    os.close(out)
    os.close(into)


def test_large_requests_are_counted_by_their_rows(service: Any, notes: Callable[..., Any]):
    """What waits is bounded by memory, not by the number of requests alone."""
    queue = service.log.spooling
    queue.closing.set()
    queue.thread.join()
    (note,) = notes(["large"])
    large = note._replace(prediction=note.prediction._replace(values=np.zeros(20_000)))
    assert [queue.put(large) for _ in range(4)] == [True, True, False, False]
    queue.items.clear()
    queue.rows_out = queue.rows_in
    huge = note._replace(prediction=note.prediction._replace(values=np.zeros(2 * spooling.MOST_ROWS)))
    assert [queue.put(huge) for _ in range(2)] == [True, False]
    assert service.lost == [1, 1, 1]
    queue.items.clear()


def test_a_folder_that_can_not_be_written_is_said_once_and_counted(
    serve: Callable[..., Any], made: SimpleNamespace, tmp_path: Path, caplog: pytest.LogCaptureFixture
):
    """Every request is answered meanwhile, and noted again when the folder is there."""
    (tmp_path / "taken").write_text("a file", encoding="utf-8")
    service = serve(folder=tmp_path / "taken" / "predictions")
    with caplog.at_level(logging.ERROR):
        for n in range(5):
            assert service.ask(made.rows[:3], f"lost-{n}")["predictions"]
            service.settle()
    assert sum(service.lost) == 5
    (record,) = [record for record in caplog.records if "can't be noted" in record.message]
    assert str(service.folder) in record.message
    (tmp_path / "taken").unlink()
    service.ask(made.rows[:3], "noted")
    service.log.close()
    assert set(read(service.folder)["request_id"].to_pylist()) == {"noted"}
    assert sum(service.lost) == 5


def test_a_spool_that_somebody_deletes_is_replaced_and_counted(
    service: Any, made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
):
    """Within a second, as its lines are written to nowhere."""
    monkeypatch.setattr(spooling, "SYNC_SECONDS", 0.01)
    service.ask(made.rows[:2], "gone")
    service.settle()
    spools(service.folder)[0].unlink()
    deadline = time.monotonic() + 10
    while not service.lost and time.monotonic() < deadline:
        time.sleep(0.01)
    service.ask(made.rows[:2], "there")
    service.log.close()
    assert read(service.folder)["request_id"].to_pylist() == ["there", "there"]
    assert sum(service.lost) == 1


def test_a_new_day_gets_a_new_spool_and_the_old_one_is_published(serve: Callable[..., Any], made: SimpleNamespace):
    """Without a request having to come."""
    clock = SimpleNamespace(day=date(2026, 11, 21))
    service = serve(clock=lambda: clock.day)
    service.ask(made.rows[:1], "before")
    service.settle()
    assert len(spools(service.folder)) == 1
    clock.day = date(2026, 11, 22)
    deadline = time.monotonic() + 60
    while spools(service.folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert spools(service.folder) == []
    service.ask(made.rows[:1], "after")
    service.log.close()
    assert read(service.folder)["request_id"].to_pylist() == ["before", "after"]
    assert len(list(service.folder.rglob("*.parquet"))) == 2


@pytest.mark.parametrize(("setting", "value"), [("SPOOL_BYTES", 1), ("SPOOL_SECONDS", 0.05)])
def test_a_spool_that_is_large_or_old_is_published(
    serve: Callable[..., Any], made: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, setting: str, value: float
):
    """While the service runs."""
    monkeypatch.setattr(spooling, setting, value)
    service = serve()
    service.ask(made.rows[:1])
    deadline = time.monotonic() + 60
    while not list(service.folder.rglob("*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(list(service.folder.rglob("*.parquet"))) == 1
    assert read(service.folder).num_rows == 1


def test_a_service_that_notes_does_not_load_what_publishes():
    """pyarrow takes as much memory as two models."""
    program = f"import sys, {logs.__name__}; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
