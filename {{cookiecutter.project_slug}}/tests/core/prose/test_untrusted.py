"""What others wrote, made harmless: it pings nobody, refers to nothing, loads nothing and hides nothing."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from {{cookiecutter.__package}}.core.prose.untrusted import harmless

PAGE = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table")
HARMFUL = {
    "a mention": ("ask @ada", "@ada"),
    "a team": ("ask @team/all", "@team"),
    "a reference": ("fixes #12", "#12"),
    "another's": ("closes other/place#3", "#3"),
    "by number": ("GH-12", "GH-12"),
    "a comment": ("a <!-- lab: model --> b", "<!--"),
    "an open comment": ("a <!-- hidden", "hidden"),
    "a picture": ("![x](https://evil.example/x.png)", "<img"),
    "a picture by name": ("![x][1]\n\n[1]: https://evil.example/x.png", "<img"),
    "html": ("<img src=x><script>1</script>", "<script"),
    "a link": ("[here](https://evil.example)", "href"),
    "a script": ("[here](javascript:alert(1))", "href"),
    "a bare link": ("see https://evil.example", "https://"),
    "in brackets": ("<https://evil.example>", "href"),
    "another way of writing": ("a\N{RIGHT-TO-LEFT OVERRIDE}b", "\N{RIGHT-TO-LEFT OVERRIDE}"),
    "a bell": ("a\x07b", "\x07"),
}


@pytest.mark.parametrize(("text", "gone"), HARMFUL.values(), ids=HARMFUL)
def test_it_does_no_harm(text: str, gone: str):
    """Neither as text nor as the page that is made of it."""
    assert gone not in harmless(text)
    assert gone not in PAGE.render(harmless(text))


def test_a_report_reads_as_before():
    """Headings, tables, folds, code and pictures of text."""
    table = "| a | b |\n|---|---:|\n| `x` | **1** |\n"
    text = f"# Gate\n\n{table}\n<details>\n<summary>more</summary>\n\n- ✓ ├─●─┤\n\n</details>\n"
    assert harmless(text) == text
    page = PAGE.render(harmless(text))
    assert all(part in page for part in ("<table>", "<h1>", "<details>"))
