"""Every combination of answers bakes, parses, is clean, and holds exactly the files it should."""

from __future__ import annotations

import itertools
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from bake import TEMPLATE, bake
from packaging.licenses import canonicalize_license_expression
from ruamel.yaml import YAML

Bake = Callable[..., Path]

TASKS = ("classification", "regression")
REMOTES = ("local", "s3", "gs", "azure", "ssh")
TARGETS = ("compose", "none")
LICENSES = ("MIT", "BSD-3-Clause", "Apache-2.0", "Proprietary")
# What deploys a project doesn't know its licence, so that not all four are baked with either.
SUPPORTED_COMBINATIONS = [
    {"task": task, "dvc_remote": remote, "deploy_target": target, "license": license}
    for task, remote, target, license in itertools.product(TASKS, REMOTES, TARGETS, LICENSES)
    if target == TARGETS[0] or license == LICENSES[0]
]
# Two answers to each question: the project has to differ between them.
ANSWERS = {
    "project_name": ("Flight Delays", "Late Planes"),
    "project_slug": ("flight-delays", "late-planes"),
    "description": ("Will it be late?", "How late will it be?"),
    "author_name": ("Ada", "Grace"),
    "task": TASKS[:2],
    "dvc_remote": REMOTES[:2],
    "deploy_target": TARGETS[:2],
    "license": LICENSES[:2],
}
LONG = {"project_name": "A name as long as names get", "project_slug": "a-project-whose-name-is-forty-characters"}
EXPECTED = Path(__file__).with_name("expected_tree.txt").read_text(encoding="utf-8").splitlines()


def files(project: Path) -> list[Path]:
    """Return every file of a project."""
    return sorted(path for path in project.rglob("*") if path.is_file())


def expected_tree(package: str, remote: str, target: str) -> set[str]:
    """Return the paths a project holds: those of the list, the lock of its remote, and what deploys it."""
    paths = {line.replace("PACKAGE", package) for line in EXPECTED if line and not line.startswith("#")}
    if target == "none":
        paths = {path for path in paths if not path.startswith(("deploy/", ".github/actions/deploy/"))}
    return paths | ({f"requirements/{remote}.txt"} if remote != "local" else set())


def lint(project: Path) -> subprocess.CompletedProcess[str]:
    """Run the project's own lint rules on it."""
    ruff = [sys.executable, "-m", "ruff"]
    subprocess.run([*ruff, "format", "--check", "--quiet", "."], cwd=project, check=True)
    return subprocess.run([*ruff, "check", "--no-cache", "."], cwd=project, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("answers", SUPPORTED_COMBINATIONS, ids=lambda answers: "-".join(answers.values()))
def test_every_combination_is_whole(baked: Bake, answers: dict[str, str]) -> None:
    """The tree is exact, every file parses, nothing of the template is left, and lint is clean."""
    project = baked(**answers)
    assert {path.relative_to(project).as_posix() for path in files(project)} == expected_tree(
        "flight_delays", answers["dvc_remote"], answers["deploy_target"]
    )
    for path in files(project):
        assert_parses(path)
        assert_is_rendered(path)
    result = lint(project)
    assert result.returncode == 0, result.stdout


def assert_parses(path: Path) -> None:
    """Read a file as what its name says it is."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".toml":
        tomllib.loads(text)
    elif path.suffix in (".yaml", ".yml"):
        YAML(typ="safe", pure=True).load(text)
    elif path.suffix == ".json":
        json.loads(text)
    elif path.suffix == ".ipynb":
        nbformat.validate(nbformat.reads(text, as_version=4))
    elif path.suffix == ".py":
        compile(text, str(path), "exec")


def assert_is_rendered(path: Path) -> None:
    """Make sure that neither a placeholder nor the word cookiecutter is left."""
    text = path.read_text(encoding="utf-8")
    # A workflow's own expressions are ${{ … }}, and those stay.
    assert not re.search(r"(?<!\$)\{\{", text), path
    assert "{%" not in text, path
    assert "cookiecutter" not in text.lower(), path


def test_the_longest_name_is_as_clean_as_the_shortest(baked: Bake) -> None:
    """Formatting and lint don't depend on the length of the names."""
    for names in (LONG, {"project_name": "Zoo", "project_slug": "zoo"}):
        result = lint(baked(**names))
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("question", ANSWERS)
def test_no_answer_is_inert(tmp_path: Path, question: str) -> None:
    """Two answers to a question give two different projects."""
    made = [bake(tmp_path / str(n), **{question: answer}) for n, answer in enumerate(ANSWERS[question])]
    contents = [{path.relative_to(project): path.read_bytes() for path in files(project)} for project in made]
    assert contents[0] != contents[1]


def test_every_question_is_asked_in_a_sentence() -> None:
    """At most eight questions, each with a prompt, and each tested for having an effect."""
    raw = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    questions = [key for key in raw if not key.startswith("_")]
    assert len(questions) <= 8
    assert set(questions) == set(ANSWERS) == set(raw["__prompts__"])
    for question in questions:
        prompt = raw["__prompts__"][question]
        assert (prompt if isinstance(prompt, str) else prompt["__prompt__"]).rstrip(":").endswith("?"), question
        if isinstance(raw[question], list):
            assert set(raw[question]) == set(prompt) - {"__prompt__"}, question


@pytest.mark.parametrize("license", LICENSES)
def test_the_license_is_the_chosen_one(baked: Bake, license: str) -> None:
    """LICENSE holds its text with year and holder, and pyproject.toml its SPDX expression."""
    project = baked(license=license, author_name="Ada Lovelace")
    text = (project / "LICENSE").read_text(encoding="utf-8")
    opening = {
        "MIT": "MIT License",
        "BSD-3-Clause": "BSD 3-Clause License",
        "Apache-2.0": "Apache License",
        "Proprietary": "All rights reserved",
    }[license]
    assert opening in text
    assert re.search(r"Copyright (\(c\) )?20\d\d,? Ada Lovelace", text)
    declared = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]["license"]
    assert canonicalize_license_expression(declared) == declared
    assert license in declared


@pytest.mark.parametrize("remote", REMOTES)
def test_the_remote_is_configured_and_locked(baked: Bake, remote: str) -> None:
    """DVC's default remote has the right protocol, and its plugin has a lock that agrees with dev.txt."""
    project = baked(dvc_remote=remote)
    config = (project / ".dvc" / "config").read_text(encoding="utf-8")
    protocol = {"local": "url = ../../flight-delays-storage", "azure": "url = azure://"}.get(
        remote, f"url = {remote}://"
    )
    assert protocol in config
    assert "analytics = false" in config
    if remote != "local":
        pinned, base = pins(project / "requirements" / f"{remote}.txt"), pins(project / "requirements" / "dev.txt")
        assert f"dvc-{remote}" in pinned
        assert {name: versions for name, versions in pinned.items() if base.get(name, versions) != versions} == {}


def test_the_locks_are_pinned_by_hash_and_name_no_address(baked: Bake) -> None:
    """Each requirement has a version and a hash; what serves is a part of what develops, in the same versions."""
    project = baked(dvc_remote="s3")
    for lock in (project / "requirements").glob("*.txt"):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        entries = re.split(r"\n(?=\S)", text.strip())
        assert all("==" in entry and "--hash=sha256:" in entry for entry in entries)
    serve, develop = (pins(project / "requirements" / name) for name in ("serve.txt", "dev.txt"))
    assert {name: versions for name, versions in serve.items() if develop[name] != versions} == {}
    assert not {"pandas", "scikit-learn", "mlflow", "dvc", "jupyterlab", "matplotlib"} & set(serve)


def pins(lock: Path) -> dict[str, set[str]]:
    """Return the versions a lock pins by name; there are several where they depend on the Python."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


def test_the_readme_of_every_project_names_tasks_that_exist(baked: Bake) -> None:
    """What `make help` would list is what README.md and the docs tell people to run."""
    project = baked()
    tasks = set(re.findall(r"^([a-z]+):.*## ", (project / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    told = set()
    for page in [project / "README.md", *(project / "docs").glob("*.md"), project / "data" / "README.md"]:
        told |= set(re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8")))
    assert told, "the README tells people to run something"
    assert told <= tasks
