"""Tables of other people: params.yaml alone differs, and everything after it follows, up to the served answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import installed
import pytest
from journey import ask, cloned, commit, evaluation, golden, make, run, served, stages_run, status
from ruamel.yaml import YAML

pytestmark = pytest.mark.journey
# Several classes, and two with all that can be odd in a table; numbers and a plain table take their time elsewhere.
TABLES = (
    "wine",
    "made_up",
    pytest.param("breast_cancer", marks=pytest.mark.slow),
    pytest.param("diabetes", marks=pytest.mark.slow),
)
STAGES = ["ingest", "prepare", "train", "evaluate", "package"]
# What the model has to reach on rows it has never seen: much better than the guess, as anyone's first model is.
REACHED = {
    "breast_cancer": ("roc_auc", 0.95),
    "wine": ("balanced_accuracy", 0.85),
    "diabetes": ("r2", 0.2),
    "made_up": ("roc_auc", 0.75),
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Path:
    """A clean clone with an environment; its pipeline has never seen the flights."""
    project = cloned(tmp_path_factory.mktemp("own"))
    installed.lay_down(project, environments)
    make(project, "setup")
    return project


def written(project: Path, name: str, folder: Path) -> dict[str, Any]:
    """Write a table with the project's own Python; return what `lab adopt` is given, and sections of params.yaml."""
    folder.mkdir(parents=True, exist_ok=True)
    said = run(
        [str(project / ".venv/bin/python"), str(Path(__file__).with_name("tables.py")), name, str(folder)], project
    )
    return json.loads(said.splitlines()[-1])


def lab(project: Path, *arguments: str) -> str:
    """Run one of `lab`'s commands."""
    return run([str(project / ".venv/bin/lab"), *arguments], project)


def only_the_table_differs(project: Path) -> None:
    """Fail if anything but params.yaml and data/external/ is not as it was committed."""
    changed = [line[3:].strip('"') for line in status(project)]
    assert changed, "params.yaml should differ"
    assert [path for path in changed if path != "params.yaml" and not path.startswith("data/external/")] == []


@pytest.mark.parametrize("name", TABLES)
def test_an_adopted_table_is_learned_and_served(project: Path, name: str) -> None:
    """`lab adopt` and `make pipeline` are all it takes: good scores, kept promises, and the service answers."""
    told = written(project, name, project.parent / "elsewhere")
    lab(project, "adopt", *told["adopt"], "--yes")
    only_the_table_differs(project)
    output = make(project, "pipeline")
    assert [stage for stage in stages_run(output) if stage in STAGES] == STAGES
    metric, least = REACHED[name]
    report = evaluation(project)
    assert report["metrics"][metric] > least
    assert report["beats_baseline"]
    lab(project, "replay")
    assert "notebooks/" not in "".join(status(project)), "no notebook had to be changed"
    with served(project) as port:
        answer = ask(port, golden(project)["rows"])
    assert answer["predictions"] == golden(project)["predictions"]
    assert answer["model"]["sha256"] == report["sha256"]
    commit(project, f"Learn from {name}")


@pytest.mark.parametrize("name", TABLES)
def test_params_yaml_alone_is_enough(project: Path, name: str) -> None:
    """With `features: auto` and nothing else written, every notebook keeps its promises on a sample."""
    told = written(project, name, project / "data" / "external")
    params = project / "params.yaml"
    before = params.read_text(encoding="utf-8")
    yaml = YAML()
    values = yaml.load(before)
    for section, value in told["sections"].items():
        values[section] = value
    # What may not be logged of another table is none of this one's columns, and a slip there would be refused.
    values["predictions"].update(drop=[], pseudonymise=[])
    with params.open("w", encoding="utf-8") as file:
        yaml.dump(values, file)
    try:
        only_the_table_differs(project)
        lab(project, "check")
    finally:
        params.write_text(before, encoding="utf-8")


@pytest.mark.slow
def test_the_projects_own_tests_pass_with_another_table(project: Path) -> None:
    """What speaks of the flights says that it is skipped; everything else holds for any table."""
    make(project, "check")
    said = run([str(project / ".venv/bin/pytest"), "-q"], project)
    assert "the flights" in said
    assert " failed" not in said
