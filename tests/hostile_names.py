"""Names and values that want to be something else: HTML, a line's end, a place in a page."""

from __future__ import annotations

HOSTILE = "<img src=x onerror=alert(1)>"
LEVELS = ("</script><script>alert(2)</script>", "<!-- not the end", "a\u2028b", "' onfocus=alert(3) autofocus='")
LONG = "a feature whose name goes on and on without ever coming to a point " + "n" * 90
