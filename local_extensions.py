"""What Jinja has to know while the answers are still being read.

Cookiecutter makes the project's folder *before* it runs the pre_gen hook, so an answer that walks out of
that folder has to be stopped here. Every other rule about answers is in `hooks/pre_gen_project.py`.
"""

from __future__ import annotations

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

UNSAFE_IN_A_FOLDER_NAME = frozenset('/\\:\0')


def package_name(slug: str) -> str:
    """Return the import name for a project slug, or refuse a slug that is no plain folder name."""
    if not slug.strip() or slug.strip(". ") == "" or UNSAFE_IN_A_FOLDER_NAME & set(slug) or len(slug) > 200:
        raise FailedHookException(
            f"project_slug {slug[:60]!r} is refused: it names a folder, so it may hold no slash, backslash or "
            "colon and must have at least one letter. Take something like 'flight-delays'."
        )
    return slug.replace("-", "_")


class PackageName(Extension):
    """Offers the `package` filter to cookiecutter.json."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["package"] = package_name
