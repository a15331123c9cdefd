"""Markdown that fits: whole lines, and nothing left open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from {{cookiecutter.__package}}.core.prose import cutting

REST = "The rest is elsewhere."
LINES = st.sampled_from(
    ["# Title", "## Part", "", "words and words", "| a | b |", "| --- | --- |", "| 1 | ä€● |", "- a point"]
)
BLOCKS = st.one_of(
    LINES.map(lambda line: [line]),
    st.lists(LINES, max_size=5).map(lambda lines: ["```text", *lines, "```"]),
    st.lists(LINES, max_size=5).map(lambda lines: ["<details><summary>more</summary>", "", *lines, "", "</details>"]),
    st.lists(LINES, max_size=3).map(lambda lines: ["~~~~", *lines, "```", "~~~~"]),
)


def test_what_fits_stays_as_it_is():
    """To the letter, and to the last byte."""
    text = "# Title\n\nä\n"
    assert cutting.fitted(text, len(text.encode()), REST) == text
    assert cutting.fitted(text, len(text.encode()) - 1, REST) != text


@given(st.lists(BLOCKS, min_size=1, max_size=30), st.integers(min_value=150, max_value=2000))
def test_it_always_fits_and_nothing_stays_open(blocks: list[list[str]], most: int):
    """Whatever is cut where: it says so, the note is no part of a block of code, and all folds are closed."""
    text = "\n\n".join("\n".join(block) for block in blocks)
    found = cutting.fitted(text, most, REST)
    assert len(found.encode()) <= max(most, 0)
    if found != text:
        page = MarkdownIt("commonmark", {"html": True}).enable("table").render(found)
        assert f"<strong>Cut.</strong> This is too long to be shown whole here. {REST}" in page
        assert found.count("<details>") == found.count("</details>")


@pytest.mark.parametrize("most", range(150, 400, 10))
def test_a_table_s_head_does_not_stand_alone(most: int):
    """Nor does a heading."""
    text = "# Title\n\n## Table\n\n| a | b |\n| --- | --- |\n" + "| 1 | 2 |\n" * 100
    kept = cutting.fitted(text, most, REST).split("\n\n> **Cut.**")[0].splitlines()
    assert not kept or kept[-1] == "| 1 | 2 |" or kept == []


def test_a_line_that_is_too_long_by_itself_leaves_the_note():
    """There is nothing to cut between."""
    assert cutting.fitted("x" * 500, 200, REST).strip().startswith("> **Cut.**")
