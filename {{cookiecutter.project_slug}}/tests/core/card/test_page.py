"""The card's page: one file that stands alone, says what the text says, and can be read by everyone."""

from __future__ import annotations

import base64
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from {{cookiecutter.__package}}.core.card import pictures, text
from {{cookiecutter.__package}}.core.card.page import page
from {{cookiecutter.__package}}.core.card.run import Run

EMPTY = {"meta", "img", "br", "hr", "link", "input", "source"}


class Reader(HTMLParser):
    """Reads a page as a browser does: elements with their attributes, and text by the element around it."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(content)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attributes)))
        assert len(dict(attributes)) == len(attributes)
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def all(self, tag: str) -> list[dict[str, Any]]:
        """Return the attributes of every element with this name."""
        return [attributes for name, attributes in self.elements if name == tag]

    def text(self, *tags: str) -> str:
        """Return the text of these elements, or of all."""
        return " ".join(" ".join(data for tag, data in self.texts if not tags or tag in tags).split())


def paged(run: Run) -> str:
    """Return the page of a run."""
    return page(text.written(run), pictures.drawn(run))


@pytest.fixture(scope="module")
def read(binary_page: str) -> Reader:
    """The page of a model of two classes, read."""
    return Reader(binary_page)


@pytest.fixture(scope="module")
def binary_page(made: Any, run_of: Any) -> str:
    """The page of a model of two classes."""
    return paged(run_of(made))


def test_a_page_needs_nothing_else(read: Reader):
    """No address but those within it, no script, and the browser is told to allow none."""
    for _, attributes in read.elements:
        for name in ("src", "href", "srcset", "action", "data", "poster", "background"):
            assert attributes.get(name, "#").startswith(("#", "data:image/png;base64,"))
        assert not any(name.startswith("on") for name in attributes)
    assert not {"script", "iframe", "object", "embed", "link", "form", "base"} & {name for name, _ in read.elements}
    style = read.text("style")
    assert "url(" not in style
    assert "@import" not in style
    policy = next(one["content"] for one in read.all("meta") if "http-equiv" in one)
    assert policy == "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def test_every_card_has_a_page(run: Run):
    """For each task, and what it shows is well formed: the reader closes what it opens."""
    found = Reader(paged(run))
    assert len(found.all("img")) == 2 + len(run.evidence.explanations.dependence)


def test_the_page_says_what_the_text_says(binary: Run, read: Reader):
    """Word for word and in the same order, but for the contents."""
    said = text.written(binary)
    for line in ("Sorting letters by hand.", "It reads no handwriting.", "The champion is 17 days old.", "+0.0123"):
        assert line in said
        assert line in read.text()
    assert read.text("h1") == said.splitlines()[0].removeprefix("# ")
    heads = [line.lstrip("# ") for line in said.splitlines() if line.startswith("##")]
    assert read.text("h2", "h3") == " ".join(heads)
    cells = sum(line.count(" | ") + 1 for line in said.splitlines() if line.startswith("| ") and "---" not in line)
    assert len(read.all("td")) + len(read.all("th")) == cells


def test_headings_are_in_order(read: Reader):
    """One at the top, and none is skipped on the way down."""
    levels = [int(name[1]) for name, _ in read.elements if name in ("h1", "h2", "h3", "h4", "h5", "h6")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_whoever_listens_hears_all_of_it(read: Reader):
    """A language, a title, words for every picture, and heads for every row and column."""
    assert read.all("html") == [{"lang": "en"}]
    assert read.text("title") == "Model card: made-up, version 1.4.0"
    assert len(read.all("main")) == len(read.all("nav")) == 1
    alts = [image["alt"] for image in read.all("img")]
    assert len(set(alts)) == len(alts)
    assert all(len(words) > 40 for words in alts)
    assert {head["scope"] for head in read.all("th")} == {"col", "row"}
    rows = len(read.all("tr")) - len(read.all("table"))
    assert len([head for head in read.all("th") if head["scope"] == "row"]) == rows
    assert all(texts.strip() for tag, texts in read.texts if tag == "th")


def test_links_and_labels_lead_somewhere(read: Reader):
    """Each name is given once."""
    names = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(set(names)) == len(names)
    assert [link["href"] for link in read.all("a")] == [f"#{one['id']}" for one in read.all("h2")]
    frames = [one for one in read.all("div") if one.get("role") == "region"]
    assert len(frames) == len(read.all("table")) > 5
    assert {one["aria-labelledby"] for one in frames} <= set(names)
    # Who has no mouse scrolls with the keyboard.
    assert {one["tabindex"] for one in frames} == {"0"}


def test_it_can_be_read_on_a_phone_in_the_dark_and_on_paper(binary_page: str, read: Reader):
    """The style has a part for each."""
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in read.all("meta")
    for part in ("prefers-color-scheme: dark", "max-width: 40rem", "@media print"):
        assert part in binary_page


def test_the_same_run_gives_the_same_page(binary: Run, binary_page: str):
    """To the last byte, the pictures too."""
    assert paged(binary) == binary_page


def test_pictures_are_in_the_page(read: Reader):
    """Each is a PNG of its own."""
    contents = [base64.b64decode(image["src"].partition(",")[2]) for image in read.all("img")]
    assert all(content.startswith(b"\x89PNG") for content in contents)
    assert len(set(contents)) == len(contents)


def test_a_place_without_a_picture_stays_empty(binary: Run):
    """And a picture without a place isn't shown."""
    found = Reader(page(text.written(binary), {"elsewhere": pictures.drawn(binary)["calibration"]}))
    assert found.all("img") == []
    assert "picture:" not in found.text()


def test_a_verdict_has_its_colour(binary: Run, altered: Any):
    """Green for what passed, red for what failed, and amber for what is missing."""
    for gate, colour in (({}, "good"), ({"passed": False}, "bad"), (None, "open")):
        found = Reader(page(text.written(altered(binary, gate=gate)), {}))
        assert found.all("blockquote") == [{"class": colour}]


def test_words_from_outside_stay_words(planted_run: Run):
    """In text, in cells, in the words for pictures, and in the title: a browser makes nothing of them."""
    found = Reader(paged(planted_run))
    assert not {"script", "a", "em", "s"} & {name for name, _ in found.elements if name != "a"}
    assert all(link["href"].startswith("#") for link in found.all("a"))
    assert len(found.all("img")) == 2 + len(planted_run.evidence.explanations.dependence)
    assert all(set(image) == {"src", "alt"} for image in found.all("img"))
    name = next(iter(planted_run.signature.features))
    assert "<script>" in name
    assert name in found.text("th")
    assert any(name in image["alt"] for image in found.all("img"))
    for one in planted_run.card.limits:
        assert one in found.text("li"), one
    assert found.text("title") == found.text("h1") == f"Model card: {name}, version a|b"


def test_a_heading_without_latin_letters_has_a_page(binary: Run):
    """The model may be called anything."""
    found = Reader(page("# 名前\n\n## 何\n\nText.\n", {}))
    assert found.text("h1") == "名前"
