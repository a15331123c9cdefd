"""Answers that can't become a project are refused in a sentence, and leave nothing on disk."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from bake import TEMPLATE

sys.path.insert(0, str(TEMPLATE))

from local_extensions import load_hook

Bake = Callable[..., Path]

REFUSED_SLUGS = {
    "a Python keyword": "lambda",
    "a soft keyword": "match",
    "a leading digit": "2fast",
    "a space": "flight delays",
    "a double quote": 'flight"delays',
    "a single quote": "flight'delays",
    "a slash": "flight/delays",
    "an absolute path": "/flight-delays",
    "a way out": "../flight-delays",
    "two dots": "..",
    "a dot": ".",
    "a backslash": "flight\\delays",
    "unicode": "flügverspätung",
    "upper case": "Flight-Delays",
    "an underscore": "flight_delays",
    "nothing": "",
    "blanks": "   ",
    "300 characters": "a" * 300,
    "two characters": "ab",
    "a hyphen at the end": "flight-",
    "two hyphens": "flight--delays",
    "a line break": "flight\ndelays",
    "a module of Python's": "statistics",
    "a dependency": "mlflow",
    "a dependency with a hyphen": "scikit-learn",
    "a dependency's import name": "sklearn",
    "a dependency of a remote": "botocore",
    "a command substitution": "$(touch-x)",
    "a folder of the project": "tests",
}
REFUSED_TEXTS = {
    "an empty name": {"project_name": "  ", "project_slug": "some-name"},
    "300 characters": {"project_name": "a" * 300, "project_slug": "some-name"},
    "a line break": {"description": "one\ntwo"},
    "a control character": {"author_name": "Ada\x07"},
    "an empty author": {"author_name": " "},
    "a long description": {"description": "a" * 300},
}
SAFE_TEXTS = {
    "quotes": "It's \"late\" — isn't it?",
    "a backslash": "C:\\new\\table",
    "unicode": "Verspätung ✈ 遅延 😀",
    "markup": "<b>late</b> & *early* #1",
    "shell": "$(touch x) `touch y` $HOME",
    "percent": "100 % late, {maybe} [not]",
}


def bake_by_command(into: Path, **answers: str) -> subprocess.CompletedProcess[str]:
    """Run the `cookiecutter` command as a user would."""
    given = [f"{key}={value}" for key, value in answers.items()]
    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config", str(TEMPLATE), *given]
    return subprocess.run(command, cwd=into, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder inside an otherwise empty one, so that a way out would show."""
    inner = tmp_path / "work"
    inner.mkdir()
    return inner


def assert_refused(result: subprocess.CompletedProcess[str], folder: Path, key: str) -> None:
    """Make sure of one sentence about the answer, a failing exit code, and an empty disk."""
    said = result.stdout + result.stderr
    assert result.returncode != 0
    assert "Traceback" not in said
    sentences = [line for line in said.splitlines() if line.startswith(key) and line.rstrip().endswith((".", ":"))]
    assert len(sentences) == 1, said
    assert [path.name for path in folder.parent.rglob("*")] == ["work"]


@pytest.mark.parametrize("slug", REFUSED_SLUGS.values(), ids=REFUSED_SLUGS)
def test_a_bad_slug_is_refused(folder: Path, slug: str) -> None:
    """The slug has to be a folder, a package and a service name at once."""
    assert_refused(bake_by_command(folder, project_slug=slug), folder, "project_slug")


@pytest.mark.parametrize("answers", REFUSED_TEXTS.values(), ids=REFUSED_TEXTS)
def test_a_bad_text_is_refused(folder: Path, answers: dict[str, str]) -> None:
    """Texts are single printable lines of a sensible length."""
    assert_refused(bake_by_command(folder, **answers), folder, next(iter(answers)))


def test_template_brackets_in_an_answer_are_refused(folder: Path) -> None:
    """An answer can't run template code."""
    result = bake_by_command(folder, description="{{ 7 * 7 }} {{ undefined_name }}")
    assert result.returncode != 0
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("text", SAFE_TEXTS.values(), ids=SAFE_TEXTS)
def test_an_odd_text_is_made_safe(baked: Bake, text: str) -> None:
    """Quotes, backslashes and other scripts reach every file unharmed."""
    project = baked(description=text, author_name=text, project_name=text[:20], project_slug="odd-texts")
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert declared["description"] == text
    assert declared["authors"] == [{"name": text}]
    for path in project.rglob("*.py"):
        compile(path.read_text(encoding="utf-8"), str(path), "exec")


def test_an_odd_project_name_becomes_a_good_slug(baked: Bake) -> None:
    """The slug's default is derived from the name, accents and all."""
    assert baked(project_name="Züge & Verspätung!").name == "zuge-verspatung"


@pytest.mark.parametrize("slug", REFUSED_SLUGS.values(), ids=REFUSED_SLUGS)
def test_the_hook_alone_refuses_too(slug: str) -> None:
    """Where the hook is all that runs, as when a project is updated, it says the same."""
    hook = load_hook()
    answers = {"project_name": "Name", "project_slug": slug, "description": "Text", "author_name": "Ada"}
    taken = hook.names_taken(hook.locks_in({"_repo_dir": str(TEMPLATE)}))
    assert len(hook.refusals(answers, taken)) == 1
    assert hook.refusals({**answers, "project_slug": "flight-delays"}, taken) == []


def test_the_hook_is_importable_and_knows_every_locked_package() -> None:
    """Each name in the locks is taken, so none of them can be shadowed by the project's package."""
    hook = load_hook()
    locks = hook.locks_in({"_repo_dir": str(TEMPLATE)})
    assert len(locks) == 6
    taken = hook.names_taken(locks)
    for lock in locks:
        for name in re.findall(r"^([\w.-]+)==", lock.read_text(encoding="utf-8"), re.MULTILINE):
            assert name.lower().replace("-", "_").replace(".", "_") in taken


def test_what_an_answer_leaves_no_use_for_is_removed_and_nothing_else(tmp_path: Path) -> None:
    """The hook that runs afterwards imports as it is, and may run again, as when a project is updated."""
    spec = importlib.util.spec_from_file_location("post_gen_project", TEMPLATE / "hooks" / "post_gen_project.py")
    hook = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(hook)
    for name in ("deploy/prometheus/rules.yml", "src/deploy/kept.py", "Makefile"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("", encoding="utf-8")
    for target, left in (("compose", True), ("none", False), ("none", False)):
        hook.remove_unused(tmp_path, target=target)
        assert (tmp_path / "deploy").exists() == left
        assert (tmp_path / "src/deploy/kept.py").exists()
        assert (tmp_path / "Makefile").exists()
