"""Arrow streams: the answers that JSON gets, to the last digit, and the refusals that JSON gets."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import msgspec
import numpy as np
import pyarrow as pa
import pytest

from {{cookiecutter.__package}}.live.runtime import Model

from . import streams
from .streams import TYPES, array, streamed, table_of

Ask = Callable[..., httpx.Response]
ARROW = "application/vnd.apache.arrow.stream"
JSON = "application/json"
MARKER = "confidential-7f3a"


def opened(content: bytes) -> pa.Table:
    """Return an answer as a table."""
    return pa.ipc.open_stream(content).read_all()


def chances_of(table: pa.Table, classes: tuple[str, ...]) -> Any:
    """Return the probabilities of an answer, shape (rows, classes)."""
    return np.column_stack([table[f"probability_{name}"].to_numpy() for name in classes])


def test_arrow_is_answered_as_the_model_answers(ask_each: Ask, each: SimpleNamespace):
    """The very numbers of the notebook, in the order they were asked, for each task."""
    answer = ask_each(streamed(table_of(each.rows)), content_type=ARROW)
    assert (answer.status_code, answer.headers["content-type"]) == (200, ARROW)
    table, expected = opened(answer.content), each.served.answer(each.table)
    assert table["prediction"].to_pylist() == expected.values.tolist()
    if expected.probabilities is not None:
        np.testing.assert_array_equal(chances_of(table, each.schema.classes), expected.probabilities)


def test_the_same_rows_get_the_same_answer_in_json(ask_each: Ask, each: SimpleNamespace):
    """What is sent and what is answered are chosen apart: all four ways give one answer."""
    rows = each.rows[:200]
    asked = {JSON: json.dumps({"rows": rows}).encode(), ARROW: streamed(table_of(rows), rows=7)}
    in_json = [ask_each(body, content_type=kind, accept=JSON).json() for kind, body in asked.items()]
    in_arrow = [opened(ask_each(body, content_type=kind, accept=ARROW).content) for kind, body in asked.items()]
    assert [{**answer, "request_id": ""} for answer in in_json] == [{**in_json[0], "request_id": ""}] * 2
    assert in_arrow[0].equals(in_arrow[1])
    told = in_arrow[0]["prediction"].type.to_pandas_dtype()
    assert in_arrow[0]["prediction"].to_pylist() == np.array(in_json[0]["predictions"], dtype=told).tolist()


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        ("*/*", ARROW),
        ("", ARROW),
        (f"{ARROW}, application/json;q=0.5", ARROW),
        (JSON, JSON),
    ],
)
def test_the_caller_chooses_the_answer(ask: Ask, rows: list[dict[str, Any]], accept: str, answered: str):
    """An answer is of the type that was asked in, unless Accept names the other alone."""
    answer = ask(streamed(table_of(rows[:3])), content_type=ARROW, accept=accept)
    assert (answer.status_code, answer.headers["content-type"]) == (200, answered)


def test_an_answer_names_the_model_and_the_request(ask: Ask, served: Model, rows: list[dict[str, Any]]):
    """In the schema's metadata, as JSON's answer has it in its body."""
    answer = ask(streamed(table_of(rows[:3])), content_type=ARROW, x_request_id="mine-1")
    signature = served.signature
    assert {key.decode(): text.decode() for key, text in opened(answer.content).schema.metadata.items()} == {
        "model_name": signature.name,
        "model_version": "7",
        "model_sha256": signature.sha256,
        "variant": "champion",
        "request_id": "mine-1",
    }


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for name, kinds in TYPES.items() for kind in kinds], ids=str)
def test_every_sensible_type_holds_a_feature(
    ask: Ask, served: Model, rows: list[dict[str, Any]], name: str, kind: pa.DataType
):
    """A column's type changes nothing but what it can't hold."""
    column = array([row[name] for row in rows[:50]], kind)
    table = table_of(rows[:50]).set_column(list(TYPES).index(name), name, column)
    answer = opened(ask(streamed(table, rows=20), content_type=ARROW).content)
    meant = [{**row, name: as_meant(value)} for row, value in zip(rows, column.to_pylist(), strict=False)]
    expected = served.answer({feature: [row[feature] for row in meant] for feature in TYPES})
    assert answer["prediction"].to_pylist() == expected.values.tolist()
    np.testing.assert_array_equal(chances_of(answer, served.signature.classes), expected.probabilities)


def as_meant(value: Any) -> Any:
    """Return a value of a column as JSON has it."""
    return value.strftime("%Y-%m-%d") if isinstance(value, dt.date) else value


@pytest.mark.parametrize(
    ("name", "values", "kind", "said"),
    [
        ("amount", [1, None, 3, None], pa.float64(), "2 rows don't, the first is rows[1]"),
        ("amount", [1, 2, 10.001, 4], pa.float64(), "1 row doesn't, the first is rows[2]"),
        ("amount", [1, 2, 3, -1], pa.int8(), "1 row doesn't, the first is rows[3]"),
        ("amount", [1, 2, 3, 2**64 - 1], pa.uint64(), "1 row doesn't, the first is rows[3]"),
        ("reading", [1, None, float("nan"), 4], pa.float64(), "1 row doesn't, the first is rows[2]"),
        ("reading", [1, float("inf"), -float("inf"), 4], pa.float32(), "2 rows don't, the first is rows[1]"),
        ("reading", [1, 1e39, -1e39, 4], pa.float64(), "2 rows don't, the first is rows[1]"),
        ("colour", ["red", None, "red", "red"], pa.string(), "1 row doesn't, the first is rows[1]"),
        ("colour", ["red", None, "red", "red"], pa.dictionary(pa.int8(), pa.string()), "1 row doesn't"),
        ("colour", ["red", "é" * 257, "é" * 256, "x" * 256], pa.string(), "1 row doesn't, the first is rows[1]"),
        ("colour", ["red", "é" * 257, "é" * 256, "x" * 256], pa.string_view(), "1 row doesn't, the first is rows[1]"),
        ("colour", ["red", "x" * 257, "red", "red"], pa.dictionary(pa.int8(), pa.string()), "1 row doesn't"),
        ("note", [MARKER * 999, None, "", "x"], pa.large_string(), "1 row doesn't, the first is rows[0]"),
        ("note", [MARKER * 999, None, "", "x"], pa.string_view(), "must be text of at most 256 characters"),
        ("member", [True, None, False, None], pa.bool_(), "2 rows don't, the first is rows[1]"),
        ("since", [dt.date(2020, 1, 1), None, None, None], pa.date32(), "3 rows don't, the first is rows[1]"),
        ("since", [0, 0, 2**30, -(2**30)], pa.date32(), "2 rows don't, the first is rows[2]"),
        ("until", [None, 0, 86_400, 86_401], pa.timestamp("s"), "1 row doesn't, the first is rows[3]"),
    ],
)
def test_wrong_values_are_counted_and_placed(
    ask: Ask, rows: list[dict[str, Any]], name: str, values: list[Any], kind: pa.DataType, said: str
):
    """A column with wrong values is named, with what they must be, how many are wrong, and the first."""
    column = pa.array(values, pa.int32()).view(kind) if kind == pa.date32() and 0 in values else pa.array(values, kind)
    table = table_of(rows[:4]).set_column(list(TYPES).index(name), name, column)
    (problem,) = problems(ask(streamed(table, rows=3), content_type=ARROW))
    assert problem["path"] == name
    assert problem["message"].startswith("must be ")
    assert said in problem["message"]


def problems(answer: Any, status: int = 422) -> list[dict[str, str]]:
    """Return the fields of an error, which repeats nothing that was sent."""
    assert answer.status_code == status, answer.content
    assert MARKER not in answer.text
    assert set(answer.json()) == {"error", "request_id"}
    return answer.json()["error"]["fields"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("amount", pa.null()),
        ("amount", pa.bool_()),
        ("amount", pa.string()),
        ("amount", pa.decimal128(10, 2)),
        ("reading", pa.list_(pa.float64())),
        ("colour", pa.binary()),
        ("colour", pa.int8()),
        ("colour", pa.dictionary(pa.int8(), pa.int8())),
        ("note", pa.list_(pa.string())),
        ("note", pa.run_end_encoded(pa.int32(), pa.string())),
        ("member", pa.int8()),
        ("since", pa.string()),
        ("since", pa.time32("s")),
        ("until", pa.timestamp("us", "Europe/London")),
        ("until", pa.struct([(MARKER, pa.int8())])),
    ],
    ids=str,
)
def test_columns_of_other_types_are_refused(ask: Ask, rows: list[dict[str, Any]], name: str, kind: pa.DataType):
    """By their name, before a row of them is read."""
    made = pa.nulls(4, kind) if kind.id != pa.run_end_encoded(pa.int32(), pa.string()).id else run_ends(kind)
    table = table_of(rows[:4]).set_column(list(TYPES).index(name), name, made)
    (problem,) = problems(ask(streamed(table), content_type=ARROW))
    assert problem["path"] == name
    assert problem["message"].startswith("must be a column of ")


def run_ends(kind: pa.DataType) -> pa.Array:
    """Return four texts, encoded by the ends of their runs."""
    return pa.RunEndEncodedArray.from_arrays(pa.array([4], pa.int32()), pa.array(["x"]), kind)


def test_columns_are_found_by_their_names(ask: Ask, rows: list[dict[str, Any]]):
    """Their order doesn't matter; each has to be there, once, and no other."""
    table = table_of(rows[:4])
    turned = table.select(table.column_names[::-1]).replace_schema_metadata({MARKER: MARKER})
    kinds = {"content_type": ARROW, "accept": JSON}
    assert ask(streamed(turned), **kinds).json()["predictions"] == ask(streamed(table), **kinds).json()["predictions"]
    wrong = table.drop(["amount", "note"]).append_column("since", table["since"])
    wrong = wrong.append_column("x\ud800y".encode("utf-8", "replace").decode(), table["since"])
    wrong = wrong.append_column("k" * 9999, table["since"])
    assert [
        (problem["path"], problem["message"]) for problem in problems(ask(streamed(wrong), content_type=ARROW))
    ] == [
        ("x?y", "is not a known feature"),
        ("k" * 256, "is not a known feature"),
        ("amount", "is missing"),
        ("note", "is missing"),
        ("since", "is there more than once"),
    ]


@pytest.mark.parametrize("compression", ["lz4", "zstd"])
def test_compressed_buffers_are_refused(ask: Ask, rows: list[dict[str, Any]], compression: str):
    """What they would become isn't known before they have."""
    answer = ask(streamed(table_of(rows[:200]), compression=compression), content_type=ARROW)
    assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_encoding")


def test_the_number_of_rows_is_limited(ask: Ask, rows: list[dict[str, Any]]):
    """From one to a hundred thousand, in at most a thousand batches."""
    many = pa.concat_tables([table_of(rows)] * 51).combine_chunks()
    answer = ask(streamed(many.slice(0, 100_000)), content_type=ARROW)
    assert (answer.status_code, opened(answer.content).num_rows) == (200, 100_000)
    assert ask(streamed(many.slice(0, 1000), rows=1), content_type=ARROW).status_code == 200
    for table, batch in ((many.slice(0, 0), None), (many.slice(0, 100_001), None), (many.slice(0, 1001), 1)):
        (problem,) = problems(ask(streamed(table, rows=batch), content_type=ARROW))
        assert problem["path"] == "rows"


def test_dictionaries_may_grow_and_change(ask: Ask, served: Model, rows: list[dict[str, Any]]):
    """Batches name what their dictionary holds at the time."""
    rows = rows[:90]
    pieces = [table_of(rows[start : start + 30]) for start in (0, 30, 60)]
    colours = [["red"], ["red", "green"], ["blue", "green", "red"]]
    sink = pa.BufferOutputStream()
    kind = pa.dictionary(pa.int8(), pa.string())
    place = list(TYPES).index("colour")
    schema = pieces[0].schema.set(place, pa.field("colour", kind))
    options = pa.ipc.IpcWriteOptions(emit_dictionary_deltas=True)
    meant = []
    with pa.ipc.new_stream(sink, schema, options=options) as writer:
        for piece, known in zip(pieces, colours, strict=True):
            codes = [n % len(known) for n in range(30)]
            meant += [known[code] for code in codes]
            column = pa.DictionaryArray.from_arrays(pa.array(codes, pa.int8()), pa.array(known))
            writer.write_table(piece.set_column(place, "colour", column))
    answer = opened(ask(sink.getvalue().to_pybytes(), content_type=ARROW).content)
    table = {name: [row[name] for row in rows] for name in TYPES} | {"colour": meant}
    np.testing.assert_array_equal(chances_of(answer, served.signature.classes), served.answer(table).probabilities)


def one_long_text(rows: list[dict[str, Any]], kind: pa.DataType) -> bytes:
    """Return rows that all name one text of a megabyte: small as it is sent, large as it would be read."""
    text = pa.array(["x" * 2**20], pa.string())
    many = pa.concat_tables([table_of(rows)] * 10)
    if kind == pa.string_view():
        view = text.cast(kind)
        views = pa.py_buffer(view.buffers()[1].to_pybytes()[:16] * many.num_rows)
        column = pa.Array.from_buffers(kind, many.num_rows, [None, views, view.buffers()[2]])
    else:
        column = pa.DictionaryArray.from_arrays(pa.array([0] * many.num_rows, pa.int8()), text)
    return streamed(many.set_column(list(TYPES).index("note"), "note", column).combine_chunks(), rows=1000)


@pytest.mark.parametrize("kind", [pa.string_view(), pa.dictionary(pa.int8(), pa.string())], ids=str)
def test_a_text_that_is_named_often_is_not_read_often(ask: Ask, rows: list[dict[str, Any]], kind: pa.DataType):
    """Twenty thousand times a megabyte would take minutes."""
    answer = ask(one_long_text(rows, kind), content_type=ARROW)
    assert problems(answer)[0]["path"] == "note"
    assert answer.elapsed < dt.timedelta(seconds=2)


def test_what_is_no_stream_is_refused(ask: Ask, rows: list[dict[str, Any]]):
    """Whatever it is instead, its bytes aren't repeated."""
    good = streamed(table_of(rows[:3]))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, table_of(rows[:3]).schema) as writer:
        writer.write_table(table_of(rows[:3]))
    file = sink.getvalue().to_pybytes()
    for body in (b"", b"{}", MARKER.encode() * 99, good[:-100], good[:50], good + good, good + b"\0", file, good[8:]):
        assert problems(ask(body, content_type=ARROW), 400) == []
        assert ask(body, content_type=ARROW).json()["error"]["code"] == "invalid_arrow"
    assert "Arrow file" in ask(file, content_type=ARROW).json()["error"]["message"]


def test_other_content_types_are_refused(ask: Ask):
    """With what is taken instead."""
    for kind in ("application/vnd.apache.arrow.file", "text/csv", "application/x-www-form-urlencoded"):
        answer = ask(b"{}", content_type=kind)
        assert (answer.status_code, answer.json()["error"]["code"]) == (415, "unsupported_media_type")
        assert "application/vnd.apache.arrow.stream" in answer.json()["error"]["message"]


def test_damaged_streams_do_no_harm(tmp_path: Path, made: SimpleNamespace):
    """A few thousand of them, read in a process of its own, so that its end would be seen."""
    (tmp_path / "schema.json").write_bytes(msgspec.json.encode(made.schema))
    (tmp_path / "rows.json").write_text(json.dumps(made.rows[:12]), encoding="utf-8")
    command = [sys.executable, "-W", "error", streams.__file__, str(tmp_path), "3000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    counts = json.loads(done.stdout)
    assert sum(counts.values()) == 3000
    assert set(counts) <= {"200", "400", "415", "422"}
    assert counts["400"] > 1000


def test_arrow_loads_nothing_that_production_lacks(tmp_path: Path, made: SimpleNamespace):
    """Nor what it has and doesn't need: each takes memory in every process, and time in the first request."""
    kinds = {name: kinds[-1] for name, kinds in TYPES.items() if kinds[-1] != pa.null()}
    (tmp_path / "good.arrow").write_bytes(streamed(table_of(made.rows[:9], **kinds | {"note": TYPES["note"][2]})))
    (tmp_path / "model.onnx").write_bytes(made.onnx)
    (tmp_path / "signature.json").write_bytes(msgspec.json.encode(made.served.signature))
    command = [sys.executable, streams.__file__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert {"pyarrow", "numpy", "onnxruntime"} <= loaded
    assert not {"pandas", "sklearn", "scipy", "pyarrow.compute"} & loaded
