"""What Jinja has to know while the answers are still being read.

Cookiecutter makes the project's folder *before* it runs the pre_gen hook, and wraps a hook's refusal in a traceback.
So the hook's rules are asked here first, when nothing has been written; the hook asks them again, as the last guard.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType

from cookiecutter.exceptions import FailedHookException
from jinja2 import Environment
from jinja2.ext import Extension

TEMPLATE = Path(__file__).resolve().parent


class Answers(Extension):
    """Offers the filters `package`, for cookiecutter.json, and `quoted`, for TOML and YAML."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["package"] = package_name
        environment.filters["quoted"] = quoted


def package_name(answers: Mapping[str, str]) -> str:
    """Return the import name for the answers' slug, once all of them are found to be good."""
    hook = load_hook()
    problems = hook.refusals(answers, taken=hook.names_taken(hook.locks_in({"_repo_dir": str(TEMPLATE)})))
    if problems:
        raise FailedHookException("\n".join(problems))
    return answers["project_slug"].replace("-", "_")


def quoted(text: str) -> str:
    """Return the text as a double-quoted string that JSON, TOML and YAML read alike."""
    return json.dumps(text, ensure_ascii=False)


def load_hook() -> ModuleType:
    """Import the pre_gen hook, unrendered: Jinja stands in its string literals only."""
    spec = importlib.util.spec_from_file_location("pre_gen_project", TEMPLATE / "hooks" / "pre_gen_project.py")
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    return hook
