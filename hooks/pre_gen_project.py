"""Refuse answers that cannot become a working project, before a single file is written.

Standard library only, no network. Jinja appears in string literals alone, so the module imports as it is.
"""

from __future__ import annotations

import json
import keyword
import re
import sys
from pathlib import Path

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
SLUG_LENGTH = range(3, 41)
TEMPLATE_BRACKETS = tuple("{" + second for second in "%#{")
TEXT_LIMITS = {"project_name": 60, "author_name": 80, "description": 200}

# Import names that differ from their distribution's, and names that stand for something in the project.
IMPORTED_AS = {"attr", "dateutil", "git", "google", "opentelemetry", "pkg_resources", "sklearn", "yaml", "zmq"}
OWN_FOLDERS = {"core", "data", "lab", "live", "metrics", "models", "notebooks", "reports", "src", "test", "tests"}


def main() -> None:
    """Check the answers cookiecutter was given and stop with one sentence for each that is refused."""
    answers = json.loads(r"""{{ cookiecutter | tojson }}""")
    problems = refusals(answers, taken=names_taken(locks_in(answers)))
    if problems:
        sys.exit("\n".join(problems))


def refusals(answers: dict[str, str], taken: frozenset[str]) -> list[str]:
    """Return one sentence for each answer that is refused; an empty list means go ahead."""
    texts = [sentence for key, limit in TEXT_LIMITS.items() if (sentence := text_problem(key, answers[key], limit))]
    slug = slug_problem(answers["project_slug"], taken)
    return [*texts, *([slug] if slug else [])]


def text_problem(key: str, text: str, limit: int) -> str:
    """Say what is wrong with a line of prose, or return an empty string."""
    if not text.strip():
        return f"{key} is empty: write a few words."
    if len(text) > limit:
        return f"{key} has {len(text)} characters: use at most {limit}."
    if not text.isprintable():
        return f"{key} holds a line break or a control character: keep it to one printable line."
    if any(bracket in text for bracket in TEMPLATE_BRACKETS):
        return f"{key} holds template brackets: leave them out."
    return ""


def slug_problem(slug: str, taken: frozenset[str]) -> str:
    """Say why this slug can't be a folder, a Python package and a service at once, or return an empty string."""
    if not SLUG.fullmatch(slug) or len(slug) not in SLUG_LENGTH:
        return (
            f"project_slug {slug[:60]!r} is refused: use {SLUG_LENGTH.start} to {SLUG_LENGTH.stop - 1} small letters, "
            "digits and single hyphens, a letter first, such as 'flight-delays'."
        )
    package = slug.replace("-", "_")
    if keyword.iskeyword(package) or keyword.issoftkeyword(package):
        return f"project_slug {slug!r} is refused: {package!r} is a word of the Python language; add a word to it."
    if package in taken:
        return f"project_slug {slug!r} is refused: {package!r} is the name of a module in use; add a word to it."
    return ""


def names_taken(locks: list[Path]) -> frozenset[str]:
    """Return every module name the project must not shadow: Python's own and those of all locked packages."""
    locked = {
        match.group(1).lower().replace("-", "_").replace(".", "_")
        for lock in locks
        for match in re.finditer(r"^([A-Za-z0-9][\w.-]*)==", lock.read_text(encoding="utf-8"), re.MULTILINE)
    }
    return frozenset(getattr(sys, "stdlib_module_names", ())) | locked | IMPORTED_AS | OWN_FOLDERS


def locks_in(answers: dict[str, str]) -> list[Path]:
    """Return the template's own lock files; they name all that a generated project installs."""
    template = Path(answers["_repo_dir"])
    return sorted(template.glob("*/requirements/*.txt*"))


if __name__ == "__main__":
    main()
