"""What people may have in their tables, and a page must not be made of."""

from __future__ import annotations

# What tables and people may hold: each must come out as the text it is.
PLANTED = (
    '</title></code>"><script>alert(1)</script>',
    "<!-- picture: calibration -->",
    "a|b",
    "*bold* _it_ `code` ~~no~~",
    "[a link](https://example.org)",
    "![a picture](https://example.org/x.png)",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt; & &#60;",
    "# a heading",
    "$x^2$ \\(y\\) \\",
    "- a point",
    "1. a number",
    "\"quoted\" 'twice'",
    "https://example.org",
    "名前 größe",
)
