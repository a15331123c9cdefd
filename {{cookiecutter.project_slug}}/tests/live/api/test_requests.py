"""Bad requests: whatever is sent, the answer is a 4xx that names the field and never repeats a value."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from {{cookiecutter.__package}}.live.api import requests

Ask = Callable[..., httpx.Response]
ErrorOf = Callable[[httpx.Response], dict[str, Any]]
FEATURES = ("amount", "reading", "colour", "note", "member", "checked", "since", "until")
MARKER = "confidential-7f3a"
SURROGATE = r'"\ud800"'


@pytest.fixture(scope="session")
def row(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A good row without a gap."""
    return next(row for row in rows if None not in row.values())


def with_raw(row: dict[str, Any], name: str, raw: str) -> bytes:
    """Return a request whose only row has this text in the place of a value, be it JSON or not."""
    entries = [f"{json.dumps(key)}: {raw if key == name else json.dumps(value)}" for key, value in row.items()]
    return ('{"rows": [{' + ", ".join(entries) + "}]}").encode()


def paths(error: dict[str, Any]) -> list[str]:
    """Return the paths of the fields at fault."""
    return [field["path"] for field in error["fields"]]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("amount", "null"),
        ("amount", "true"),
        ("amount", f'"{MARKER}"'),
        ("amount", '"7"'),
        ("amount", f'["{MARKER}"]'),
        ("amount", json.dumps({MARKER: 1})),
        ("amount", "NaN"),
        ("amount", "Infinity"),
        ("amount", "-Infinity"),
        ("amount", "1e999"),
        ("amount", "-1e999"),
        ("amount", "10.001"),
        ("amount", "-0.001"),
        ("amount", "1" + "0" * 400),
        ("amount", SURROGATE),
        ("reading", "1e39"),
        ("reading", "-1e39"),
        ("reading", "1e999"),
        ("reading", "NaN"),
        ("reading", "false"),
        ("reading", f'"{MARKER}"'),
        ("reading", "1" + "0" * 400),
        ("colour", "null"),
        ("colour", "7"),
        ("colour", "true"),
        ("colour", "[]"),
        ("colour", json.dumps(MARKER * 20)),
        ("colour", SURROGATE),
        ("note", "7"),
        ("note", SURROGATE),
        ("member", "null"),
        ("member", "1"),
        ("member", "0"),
        ("member", '"true"'),
        ("member", "[true]"),
        ("checked", "1.0"),
        ("checked", f'"{MARKER}"'),
        ("since", "null"),
        ("since", "7"),
        ("since", "true"),
        ("since", '""'),
        ("since", f'"{MARKER}"'),
        ("since", '"2026-02-29"'),
        ("since", '"2026-1-31"'),
        ("since", '"31.01.2026"'),
        ("since", '"2026-01-31T12:00:00"'),
        ("since", '"0000-01-01"'),
        ("since", SURROGATE),
        ("until", "20260131"),
        ("until", f'"{MARKER}"'),
        ("until", "[]"),
    ],
)
def test_a_wrong_value_names_its_field(ask: Ask, error_of: ErrorOf, row: dict[str, Any], name: str, raw: str):
    """The answer is 4xx, names row and feature, and says nothing of what was sent."""
    response = ask(with_raw(row, name, raw))
    error = error_of(response)
    assert (response.status_code, error["code"]) == (422, "invalid_request")
    assert paths(error) == [f"rows[0].{name}"]
    assert MARKER not in response.text


def test_an_integer_of_thousands_of_digits_is_refused(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """A number that Python itself refuses to read is a bad request, not a failure."""
    response = ask(with_raw(row, "amount", "9" * 5000))
    assert response.status_code in (400, 422)
    assert error_of(response)["code"] in ("invalid_json", "invalid_request")


def test_a_missing_feature_is_named(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """Even a nullable one has to be sent: null is a statement, silence is a mistake."""
    for name in ("amount", "note"):
        response = ask({"rows": [row, {key: value for key, value in row.items() if key != name}]})
        assert response.status_code == 422
        assert paths(error_of(response)) == [f"rows[1].{name}"]


def test_an_unknown_feature_is_named_without_its_value(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """A misspelt feature isn't ignored."""
    response = ask({"rows": [{**row, "ammount": MARKER}]})
    assert response.status_code == 422
    assert paths(error_of(response)) == ["rows[0].ammount"]
    assert MARKER not in response.text


def test_every_wrong_field_is_named(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """A caller mends a request once, not field by field."""
    wrong = {**row, "amount": MARKER, "extra": MARKER}
    del wrong["colour"]
    response = ask({"rows": [row, wrong]})
    assert sorted(paths(error_of(response))) == ["rows[1].amount", "rows[1].colour", "rows[1].extra"]
    assert MARKER not in response.text


def test_the_limits_of_a_number_are_told(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """Whoever is refused learns what is allowed."""
    (field,) = error_of(ask({"rows": [{**row, "amount": 11}]}))["fields"]
    assert "at least 0" in field["message"]
    assert "at most 10" in field["message"]
    (field,) = error_of(ask({"rows": [{**row, "reading": MARKER}]}))["fields"]
    assert "null" in field["message"]


def test_a_thousand_bad_rows_do_not_make_a_thousand_sentences(ask: Ask, error_of: ErrorOf):
    """The list of fields is cut."""
    response = ask({"rows": [{}] * 1000})
    assert response.status_code == 422
    assert 1 <= len(error_of(response)["fields"]) <= requests.MOST_PROBLEMS


def test_a_key_of_a_megabyte_is_not_sent_back(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """The answer to a large mistake is small."""
    response = ask({"rows": [{**row, "k" * 10**6: 1}], "t" * 10**6: 1})
    assert response.status_code == 422
    assert error_of(response)["fields"]
    assert len(response.content) < 5000


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "rows"),
        ({"rows": None}, "rows"),
        ({"rows": []}, "rows"),
        ({"rows": MARKER}, "rows"),
        ({"rows": {"0": MARKER}}, "rows"),
        ({"rows": [MARKER]}, "rows[0]"),
        ({"rows": [None]}, "rows[0]"),
        ({"rows": [[MARKER]]}, "rows[0]"),
        ([], ""),
        ("rows", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_what_is_no_list_of_rows_is_named(ask: Ask, error_of: ErrorOf, body: Any, path: str):
    """The path says where the shape is wrong; the whole body has the empty path."""
    response = ask(body)
    assert response.status_code == 422
    assert paths(error_of(response)) == [path]
    assert MARKER not in response.text


@pytest.mark.parametrize(("count", "status"), [(1, 200), (1000, 200), (1001, 422)])
def test_up_to_a_thousand_rows_are_answered(ask: Ask, row: dict[str, Any], count: int, status: int):
    """The thousandth is answered, one more is refused."""
    assert ask({"rows": [row] * count}).status_code == status


def test_too_many_rows_are_named(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """The field is the list, and the limit is told."""
    (field,) = error_of(ask({"rows": [row] * 1001}))["fields"]
    assert field["path"] == "rows"
    assert "1000" in field["message"]


def test_an_extra_key_beside_the_rows_is_named(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """A caller that sends options we don't have is told so."""
    response = ask({"rows": [row], "threshold": MARKER})
    assert response.status_code == 422
    assert paths(error_of(response)) == ["threshold"]
    assert MARKER not in response.text


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(MARKER.encode(), id="words"),
        pytest.param(b'{"rows": [', id="cut off"),
        pytest.param(b'{"rows": [}', id="broken"),
        pytest.param(b"{'rows': []}", id="Python"),
        pytest.param(b'{"rows": [{"amount": -NaN}]}', id="minus NaN"),
        pytest.param(b"\x80\x81", id="no text"),
        pytest.param(b'{"rows": [{"colour": "\xff"}]}', id="invalid UTF-8"),
        pytest.param(b"[" * 100_000, id="opening brackets"),
        pytest.param(b'{"rows": ' * 100_000, id="opening braces"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="nested lists"),
        pytest.param(b'{"rows": [{"amount": ' + b"[" * 100_000 + b"]" * 100_000 + b"}]}", id="nested in a row"),
    ],
)
def test_what_is_no_json_is_400(ask: Ask, error_of: ErrorOf, body: bytes):
    """Empty, broken, in no encoding or nested beyond reason: one answer for all of them."""
    response = ask(body)
    assert response.status_code == 400
    assert error_of(response)["code"] == "invalid_json"
    assert MARKER not in response.text


def test_json_followed_by_something_else_is_refused(ask: Ask, error_of: ErrorOf, row: dict[str, Any]):
    """Half a request isn't guessed from the other half."""
    response = ask(json.dumps({"rows": [row]}).encode() + b"x")
    assert (response.status_code, error_of(response)["code"]) == (400, "invalid_json")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_json_in_another_encoding_is_refused(ask: Ask, error_of: ErrorOf, row: dict[str, Any], encoding: str):
    """JSON on the wire is UTF-8."""
    response = ask(json.dumps({"rows": [row]}).encode(encoding))
    assert response.status_code in (400, 422)
    assert error_of(response)["message"]


@pytest.mark.parametrize("size", [5 * 10**6, 50 * 10**6])
def test_a_body_that_is_too_large_is_413(ask: Ask, error_of: ErrorOf, size: int):
    """It is refused by its size, before anyone reads it."""
    response = ask(b'{"rows": "' + b"x" * size + b'"}')
    assert response.status_code == 413
    assert error_of(response)["code"] == "body_too_large"


@pytest.mark.parametrize("place", ["row", "body"])
def test_a_key_that_is_half_a_character_is_refused(ask: Ask, error_of: ErrorOf, row: dict[str, Any], place: str):
    """A lone surrogate can't be written as UTF-8, so it can't be repeated in the answer as it was sent."""
    inside = with_raw(row, "amount", f"1, {SURROGATE}: 1")
    beside = json.dumps({"rows": [row]}).replace("{", "{" + SURROGATE + ": 1, ", 1).encode()
    response = ask(inside if place == "row" else beside)
    assert response.status_code in (400, 422)
    assert error_of(response)["message"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("member", "must be true or false"),
        ("checked", "must be true or false, or null"),
        ("since", "must be a date such as 2026-01-31"),
        ("until", "must be a date such as 2026-01-31, or null"),
        ("colour", "must be text of at most 256 characters"),
        ("amount", "must be a finite number at least 0, at most 10"),
    ],
)
def test_whoever_is_refused_learns_what_is_allowed(
    ask: Ask, error_of: ErrorOf, row: dict[str, Any], name: str, sentence: str
):
    """Each kind says in words what it takes."""
    (field,) = error_of(ask({"rows": [{**row, name: [MARKER]}]}))["fields"]
    assert field == {"path": f"rows[0].{name}", "message": sentence}


@pytest.mark.parametrize("day", ["0001-01-01", "1969-12-31", "2024-02-29", "2026-01-31", "9999-12-31"])
def test_any_day_is_a_date(ask: Ask, row: dict[str, Any], day: str):
    """From the first day of the calendar to the last, before 1970 too."""
    assert ask({"rows": [{**row, "since": day, "until": day}]}).status_code == 200


def test_true_and_false_are_answered_as_the_table_s_were(ask: Ask, made: SimpleNamespace):
    """What JSON says is what training saw."""
    row = next(row for row in made.rows if None not in row.values())
    for value in (True, False):
        (chances,) = ask({"rows": [{**row, "member": value}]}).json()["probabilities"]
        table = pd.DataFrame([{**row, "member": value}])
        np.testing.assert_array_equal(np.float32(chances), made.served.answer(table).probabilities[0])


@pytest.mark.parametrize("text", ["", "é ✈ \u200b", "a\u0000b", "𝄞", "x" * 256, "'; DROP TABLE flights; --"])
def test_any_text_is_a_category(ask: Ask, row: dict[str, Any], text: str):
    """An unseen category is answered, whatever its letters."""
    response = ask({"rows": [{**row, "colour": text, "note": text}]})
    assert response.status_code == 200, response.text


def test_null_is_allowed_where_the_feature_says_so(ask: Ask, row: dict[str, Any]):
    """A missing reading is a reading."""
    assert ask({"rows": [{**row, "reading": None, "note": None, "checked": None, "until": None}]}).status_code == 200


# The same examples in every run, however slow the machine: a pull request fails by its own fault alone.
DEPENDABLE = settings(max_examples=200, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
ANY_TEXT = st.text(st.characters() | st.sampled_from("\ud800\udfff"), max_size=8)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.dates().map(str) | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(ANY_TEXT, inner, max_size=3),
    max_leaves=8,
)


def assert_answered(response: httpx.Response, error_of: ErrorOf) -> None:
    """Fail unless this is a good answer or a client's error in the right shape."""
    if response.status_code == 200:
        assert response.json()["predictions"]
    else:
        assert 400 <= response.status_code < 500, response.text
        assert error_of(response)["message"]


@DEPENDABLE
@given(
    document=ANY_JSON | st.fixed_dictionaries({"rows": ANY_JSON}) | st.fixed_dictionaries({"rows": st.lists(ANY_JSON)})
)
def test_no_document_is_a_failure_of_the_service(ask: Ask, error_of: ErrorOf, document: Any):
    """Any JSON gets a good answer, or a 4xx in the shape of an error."""
    assert_answered(ask(document), error_of)


@DEPENDABLE
@given(changes=st.dictionaries(st.sampled_from(list(FEATURES)) | ANY_TEXT, ANY_JSON, max_size=3))
def test_no_row_is_a_failure_of_the_service(ask: Ask, error_of: ErrorOf, row: dict[str, Any], changes: dict[str, Any]):
    """Nor is any row that is nearly right."""
    assert_answered(ask({"rows": [{**row, **changes}]}), error_of)


@DEPENDABLE
@given(body=st.binary(max_size=200))
def test_no_bytes_are_a_failure_of_the_service(ask: Ask, error_of: ErrorOf, body: bytes):
    """Nor are any bytes at all."""
    assert_answered(ask(body), error_of)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("[{", '[{"amount": 1, '),
        lambda text: text.replace("}]", ', "amount": 1}]'),
        lambda text: text.replace("[{", '[{"amount": "x:y", '),
        lambda text: text.replace("}]", r', "\u0061mount": 1}]'),
        lambda text: text.replace('{"rows"', '{"rows": [], "rows"'),
        lambda text: text[:-1] + "," + text[1:],
    ],
)
def test_a_key_that_is_there_twice_is_refused(ask: Ask, error_of: ErrorOf, row: dict[str, Any], change: Any):
    """Whoever looks at requests on their way might have seen the other one."""
    error = error_of(ask(change(json.dumps({"rows": [row]})).encode()))
    assert {problem["path"] for problem in error["fields"]} <= {"amount", "rows"}
    assert {problem["message"] for problem in error["fields"]} == {"is there more than once"}


def test_texts_may_look_like_keys(ask: Ask, row: dict[str, Any]):
    """A colon in a text is no key."""
    assert ask({"rows": [{**row, "colour": '"amount": "x::'}, row]}).status_code == 200
