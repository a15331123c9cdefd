"""The page at `/`: whole, small, closed, and harmless whatever names a table brought."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import runtime
from {{cookiecutter.__package}}.live.edge.auth import keys
from {{cookiecutter.__package}}.live.playground import examples, page
from {{cookiecutter.__package}}.live.variants import lineup
from {{cookiecutter.__package}}.live.variants.variant import variant_of

Get = Callable[..., httpx.Response]
MOST_BYTES = 60_000


class Read(HTMLParser):
    """A page as a browser's parser takes it apart: its elements, and the texts of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, str] = {}
        self.inside = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.elements.append((tag, dict(attrs)))
        self.inside = f"{tag} {dict(attrs).get('type', '')}".strip() if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self.inside = ""

    def handle_data(self, data: str) -> None:
        """Note the text of a script or a style."""
        if self.inside:
            self.texts[self.inside] = self.texts.get(self.inside, "") + data


def rules(response: httpx.Response) -> dict[str, list[str]]:
    """Return the Content-Security-Policy of an answer."""
    lines = [line.split() for line in response.headers["content-security-policy"].split(";")]
    return {name: values for name, *values in lines}


def source(text: str) -> str:
    """Return the hash that a policy names an inline text by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def embedded(text: str) -> Any:
    """Return the data in a page."""
    return json.loads(Read(text).texts["script application/json"])


def test_the_page_is_html_that_is_asked_for_anew(get: Get):
    """With its length, and without being guessed at or kept."""
    response = get()
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert (response.headers["x-content-type-options"], response.headers["cache-control"]) == ("nosniff", "no-cache")
    assert response.text.startswith('<!doctype html>\n<html lang="en">')


def test_its_policy_names_exactly_what_is_in_it(get: Get):
    """One script and one style by their hashes; nothing is loaded, and only the service itself is asked."""
    response = get()
    found, read = rules(response), Read(response.text)
    assert found["default-src"] == ["'none'"]
    assert found["script-src"] == [source(read.texts["script module"])]
    assert source(read.texts["style"]) in found["style-src"]
    assert found["connect-src"] == ["'self'"]
    assert found["frame-ancestors"] == found["form-action"] == ["'none'"]
    assert found["require-trusted-types-for"] == ["'script'"]
    assert not {"'unsafe-inline'", "'unsafe-eval'", "*"} & {value for values in found.values() for value in values}


def test_its_policy_names_the_styles_of_the_card(get: Get):
    """The card's frame inherits it: the style, and each different style attribute once."""
    assert rules(get())["style-src"][1:] == [
        source("h1 { color: red; }"),
        "'unsafe-hashes'",
        source("text-align:right"),
    ]


def test_nothing_is_loaded_from_elsewhere(get: Get):
    """No address but a picture in the page, no handler in an attribute, no style in one, no text that becomes code."""
    text = get().text
    read = Read(text)
    addresses = {
        value for _, attributes in read.elements for name, value in attributes.items() if name in ("src", "href")
    }
    assert {(address or "").partition(":")[0] for address in addresses} == {"data"}
    names = {name for _, attributes in read.elements for name in attributes}
    assert not {name for name in names if name.startswith("on")} | (names & {"style", "srcdoc", "action"})
    script = read.texts["script module"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|Function\(|import\b", script)
    assert not re.search(r"localStorage|sessionStorage|document\.cookie|https?://(?!www\.w3\.org/2000/svg)", script)
    assert not re.search(r"url\(|@import", read.texts["style"])


def test_the_page_is_small(get: Get):
    """A phone has it at once."""
    assert len(get().content) < MOST_BYTES


def test_the_page_knows_the_model(get: Get, folder: Path):
    """Its features with meaning and range, real rows in their order, what they were answered, and who it is."""
    known, golden = embedded(get().text), data.load_json(folder / "golden.json")
    info = get("/v1/info").json()
    assert {name: known[name] for name in ("model", "task", "target", "classes")} == {
        name: info[name] for name in ("model", "task", "target", "classes")
    }
    assert {feature.pop("name"): feature for feature in known["features"]} == info["features"]
    assert known["examples"] == [list(row.values()) for row in golden["rows"]]
    assert known["usual"] == pytest.approx([sum(each) / 24 for each in zip(*golden["probabilities"], strict=True)])


@pytest.mark.parametrize("content", [b"", b"{}", b'{"rows": [{"other": 1}], "predictions": [1]}', b'{"rows": 3}'])
def test_golden_rows_that_are_not_the_model_s_are_no_examples(folder: Path, served: runtime.Model, content: bytes):
    """The page is there without any."""
    (folder / "golden.json").write_bytes(content)
    known = examples.described(lineup.Lineup(variant_of(served, "champion", "7")), folder)
    assert (known["examples"], known["usual"]) == ([], [])


def test_a_setting_takes_it_away(asking: Callable[..., Get]):
    """Neither the page nor what it would hold is there; the service is."""
    get = asking(playground=False)
    assert [get(path).status_code for path in ("/", "/v1/examples", "/v1/info")] == [404, 404, 200]
    assert get().json()["error"]["code"] == "not_found"


def test_who_needs_a_key_gets_no_row_without_one(asking: Callable[..., Get], tmp_path: Path):
    """The page holds nothing of the model, and asks for the rest with a key."""
    open_page = embedded(asking()().text)
    secret, key = keys.made("page", ["predict"], None)
    keys.save_keys([key], tmp_path / "keys.json")
    get = asking(auth="keys", api_keys=str(tmp_path / "keys.json"))
    assert embedded(get().text) is None
    assert get("/v1/examples").status_code == 401
    assert get("/v1/examples", authorization=f"Bearer {secret}").json() == open_page


def test_what_a_table_brought_stays_data(hostile: SimpleNamespace):
    """Whatever a name or a level says, there is one script, and the data is what it was."""
    content = {"features": [{"name": text, "about": text} for text in hostile.texts], "examples": [list(hostile.texts)]}
    answer = page.Page("named <b>so</b>", content).answer
    read, plain = Read(answer.body.decode()), Read(page.Page("named <b>so</b>", {}).answer.body.decode())
    assert [tag for tag, _ in read.elements] == [tag for tag, _ in plain.elements]
    assert embedded(answer.body.decode()) == content
    assert read.texts["script module"] == plain.texts["script module"]
    data_block = answer.body.decode().partition('id="data">')[2].partition("</script>")[0]
    assert not set(data_block) & set("<>&\u2028\u2029")
    assert "named &lt;b&gt;so&lt;/b&gt;" in answer.body.decode()


def test_every_part_of_the_script_is_in_the_page():
    """A part that nobody lists would be tested by nobody."""
    assert {path.stem for path in (page.HERE / "script").iterdir()} == set(page.SCRIPTS)
