"""Lines of YAML as a person would write them: words without needless quotes, and a reason at the end."""

from __future__ import annotations

import json
import re

PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*(?: [A-Za-z0-9_-]+)*")
# What YAML, in one of its versions, takes for something else than text.
NO_TEXT = {"yes", "no", "true", "false", "null", "on", "off", "y", "n", "nan"}


def word(text: str) -> str:
    """Return text as YAML on one line: as it is, or in double quotes."""
    return text if PLAIN.fullmatch(text) and text.lower() not in NO_TEXT else json.dumps(text, ensure_ascii=False)


def line(key: str, value: str, why: str = "") -> str:
    """Return one indented line with a comment."""
    return f"  {key}: {value}{remark(why)}"


def remark(why: str) -> str:
    """Return a comment for the end of a line, or nothing."""
    return f"    # {' '.join(why.split())}" if why else ""
