"""The card as one HTML page that needs nothing else: the text, its pictures inside, and a style."""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import Mapping, Sequence
from string import Template

from markdown_it import MarkdownIt
from markdown_it.token import Token

from ..prose.markdown import PICTURE
from .pictures import Drawing
from .style import STYLE

# Nothing is loaded from elsewhere, and nothing runs: what a browser enforces holds for what a table smuggles in, too.
PAGE = Template("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>$title</title>
<style>
$style</style>
</head>
<body>
<main>
$body</main>
</body>
</html>
""")
NOTES = {"Passed.": "good", "Failed.": "bad", "Missing.": "open"}
DPI = 144


def page(text: str, drawings: Mapping[str, Sequence[Drawing]]) -> str:
    """Return the HTML of a card's Markdown, with the pictures in the places that the text names.

    HTML in the text stays text, and a place without a picture stays empty.
    """
    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    tokens = named(with_pictures(parser.parse(text), drawings))
    title = next(plain(tokens[place + 1]) for place, token in enumerate(tokens) if token.tag == "h1")
    contents = html_token(f"<nav aria-label='Contents'><ul>{''.join(entries(tokens))}</ul></nav>\n")
    place = next((place for place, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"), 0)
    body = parser.renderer.render([*tokens[:place], contents, *tokens[place:]], parser.options, {})
    return PAGE.substitute(title=html.escape(title), style=STYLE, body=body)


def html_token(content: str) -> Token:
    """Return HTML of our own as a piece of the page."""
    return Token("html_block", "", 0, content=content)


def plain(inline: Token) -> str:
    """Return the text of a heading without its marks."""
    return "".join(child.content for child in inline.children or ())


def with_pictures(tokens: Sequence[Token], drawings: Mapping[str, Sequence[Drawing]]) -> list[Token]:
    """Return the pieces of a page with pictures in place of the paragraphs that name one."""
    found, rest = [], iter(tokens)
    for token in rest:
        if token.type != "paragraph_open":
            found.append(token)
            continue
        inline, end = next(rest), next(rest)
        name = PICTURE.fullmatch(inline.content)
        found += [html_token(figures(drawings.get(name[1], ())))] if name else [token, inline, end]
    return found


def figures(drawings: Sequence[Drawing]) -> str:
    """Return pictures side by side, as many as there is room for; a single one stands beside the table after it."""
    images = "".join(f'<img src="{encoded(one)}" alt="{html.escape(one.words)}">\n' for one in drawings)
    return f'<div class="{"pictures" if len(drawings) > 1 else "picture"}">\n{images}</div>\n' if images else ""


def encoded(drawing: Drawing) -> str:
    """Return a picture as an address that holds it; the same picture gives the same bytes."""
    content = io.BytesIO()
    drawing.figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode()}"


def named(tokens: Sequence[Token]) -> list[Token]:
    """Return the pieces with names on headings, in the heads of rows and columns, and on frames that scroll tables."""
    found: list[Token] = []
    heading, before = "", ""
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            heading = re.sub(r"[^a-z0-9]+", "-", plain(tokens[place + 1]).lower()).strip("-")
            token.attrSet("id", heading)
        elif token.type == "blockquote_open":
            token.attrSet("class", NOTES.get(plain(tokens[place + 2]).split(" ")[0], "open"))
        elif token.type == "td_open" and before == "tr_open":
            token.tag = tokens[place + 2].tag = "th"
        if token.type in ("th_open", "td_open") and token.tag == "th":
            token.attrSet("scope", "col" if token.type == "th_open" else "row")
        frame = f'<div class="scroll" role="region" tabindex="0" aria-labelledby="{heading}">\n'
        found += [html_token(frame)] if token.type == "table_open" else []
        found += [token, *([html_token("</div>\n")] if token.type == "table_close" else [])]
        before = token.type
    return found


def entries(tokens: Sequence[Token]) -> list[str]:
    """Return a link to each section."""
    places = [place for place, token in enumerate(tokens) if token.type == "heading_open" and token.tag == "h2"]
    return [f"<li><a href='#{tokens[p].attrGet('id')}'>{html.escape(plain(tokens[p + 1]))}</a></li>" for p in places]
