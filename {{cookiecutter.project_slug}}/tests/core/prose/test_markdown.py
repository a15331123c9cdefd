"""Markdown from plain values: whatever a value holds, a reader sees that value and nothing else."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from {{cookiecutter.__package}}.core.prose import markdown

from ..conftest import PLANTED

PARSER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
SIGNS = st.text(st.sampled_from("ab \t\n\\`*_{}[]()<>#+-.!|~&$=:;\"'/0123456789\u2028\u202eé"), max_size=25)


def as_seen(text: str) -> str:
    """Return what a person sees of a value: one line, its gaps single."""
    return " ".join(re.sub(r"[\u2028\x00-\x1f]", " ", text).replace("\u202e", "\N{REPLACEMENT CHARACTER}").split())


def pieces(source: str) -> list[tuple[str, str]]:
    """Return the kinds and contents of what a parser makes of one paragraph, cell or point."""
    inline = [token for token in PARSER.parse(source) if token.type == "inline"]
    return [(child.type, child.content) for token in inline for child in token.children or ()]


def read(source: str) -> str:
    """Return the text a parser finds, after proving that it found nothing but text."""
    found = pieces(source)
    assert {kind for kind, _ in found} <= {"text", "text_special"}, found
    return "".join(content for _, content in found)


@given(SIGNS)
def test_a_value_is_itself_as_a_paragraph(value: str):
    """No heading, list, rule, quotation, table or formula is made of it, however it begins."""
    if as_seen(value):
        tokens = PARSER.parse(markdown.text(value))
        assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
        assert read(markdown.text(value)) == as_seen(value)


@given(SIGNS)
def test_a_value_is_itself_in_a_table(value: str):
    """It takes one cell, and that cell holds it."""
    source = markdown.table(("one", "two", "three"), [("a", markdown.text(value), "c")])
    cells = [token.type for token in PARSER.parse(source)]
    assert cells.count("td_open") == cells.count("th_open") == 3
    assert read(source) == f"onetwothreea{as_seen(value)}c"


@given(SIGNS)
def test_a_value_is_itself_in_a_list(value: str):
    """A point within a point is still that point."""
    source = markdown.points([markdown.text(value), "b"])
    assert [token.type for token in PARSER.parse(source)].count("list_item_open") == 2
    assert read(source) == f"{as_seen(value)}b"


@given(SIGNS)
def test_a_name_is_itself_in_the_type_of_code_or_as_text(value: str):
    """Either way it ends where it ends."""
    source = f"x {markdown.code(value)} y"
    assert {kind for kind, _ in pieces(source)} <= {"text", "text_special", "code_inline"}
    assert "".join(content for _, content in pieces(source)).split() == f"x {as_seen(value)} y".split()


@pytest.mark.parametrize("value", PLANTED)
def test_what_would_be_something_is_text(value: str):
    """Scripts, pictures, links, headings, and the place of a picture."""
    assert read(markdown.text(value)) == value
    assert not markdown.PICTURE.search(markdown.text(value))


@pytest.mark.parametrize(
    "value", ["wind_gust", "10.94 to 93.02", "-9 to 70", "a (b)", "it's 5 % of it: all", "2013-01-01"]
)
def test_plain_text_stays_readable_in_its_source(value: str):
    """Reviewers read the Markdown, too."""
    assert markdown.text(value) == value


def test_a_notebook_makes_no_formula_of_it():
    """Dollar signs are mathematics to JupyterLab."""
    assert markdown.text("$5 or $6") == "\\$5 or \\$6"


def test_signs_that_turn_the_direction_of_writing_are_shown_as_such():
    """What a reviewer reads is what is there."""
    assert markdown.text("safe\u202e efas \u2066x") == "safe\N{REPLACEMENT CHARACTER} efas \N{REPLACEMENT CHARACTER}x"
    assert markdown.text("half \ud800").encode() == "half \N{REPLACEMENT CHARACTER}".encode()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.74524, "0.7452"),
        (1048.36, "1048"),
        (23.0, "23"),
        (133_515.0, "133,515"),
        (-0.00012, "-0.00012"),
        (1e30, "1e+30"),
    ],
)
def test_numbers_have_four_digits(value: float, said: str):
    """More would claim to know more."""
    assert markdown.number(value) == said


@pytest.mark.parametrize("value", [None, math.nan])
def test_what_was_not_measured_is_a_dash(value: float | None):
    """Not zero, and not the word nan."""
    assert markdown.number(value) == markdown.score(value) == markdown.gain(value) == markdown.NONE
    assert markdown.between(None) == markdown.between((value, 1.0)) == markdown.between((1.0, value)) == markdown.NONE


def test_scores_stand_below_each_other():
    """With four decimals, unless that would hide them."""
    assert [markdown.score(value) for value in (0.5, 0.58, 12.345, 0.0)] == ["0.5000", "0.5800", "12.35", "0"]
    assert [markdown.score(value) for value in (0.00012, 98765.4)] == ["0.00012", "98,765"]


def test_a_gain_says_which_way_it_goes():
    """A plus is for the better."""
    assert markdown.gain(0.0061) == "+0.0061"
    assert markdown.between((-0.004, 0.009), markdown.gain) == "-0.004 to +0.009"


@pytest.mark.parametrize(
    ("names", "said"), [(["a"], "`a`"), (["a", "b|c"], "`a` and b\\|c"), (["a", "b", "c", "d"], "`a`, `b` and 2 more")]
)
def test_names_are_listed_as_in_a_sentence(names: list[str], said: str):
    """As many as asked for, and how many more there are."""
    assert markdown.listed(names, 2) == said
