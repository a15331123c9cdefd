"""Two people, one notebook, one dvc.lock: plain `git merge` where the project was set up, and where it wasn't."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import installed
import pytest
from journey import GIT, clone, cloned, commit, environment, make, run, stages_run, status

pytestmark = pytest.mark.journey
NOTEBOOK = "notebooks/03_train.ipynb"
AS_TEXT = "merge.dvclock.driver=git merge-file --marker-size=%L %A %O %B"
# Two stages that a branch each changes, and one that needs both.
STAGES = """
stages:
  first:
    cmd: mkdir -p data && echo ran >> runs.log && python -c "print(open('a').read())" > data/first
    deps: [a]
    outs: [data/first]
  second:
    cmd: echo ran >> runs.log && python -c "print(open('b').read())" > data/second
    deps: [b]
    outs: [data/second]
  both:
    cmd: python -c "import json; json.dump([open('data/first').read(), open('data/second').read()], open('metrics/both.json', 'w'))"
    deps: [data/first, data/second]
    metrics:
      - metrics/both.json:
          cache: false
"""  # noqa: E501 - a command is a line


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Path:
    """A clone that has been set up; no environment is active in these tests."""
    project = cloned(tmp_path_factory.mktemp("merging"))
    installed.lay_down(project, environments)
    said = make(project, "setup")
    assert "git: a commit now cleans and checks what it holds" in said
    return project


@pytest.fixture(autouse=True)
def from_main(project: Path) -> None:
    """Each test starts with what was baked."""
    run([*GIT, "checkout", "--quiet", "--force", "origin/main"], project)
    run([*GIT, "clean", "--quiet", "-d", "--force"], project)


def change_cell(project: Path, number: int, change: Callable[[str], str]) -> None:
    """Change the text of a code cell, and write its projection as JupyterLab does on save."""
    path = project / NOTEBOOK
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"][number]
    cell["source"] = change("".join(cell["source"])).splitlines(keepends=True)
    save(project, notebook)


def add_cell(project: Path, source: str) -> None:
    """Add a code cell before the last one."""
    notebook = json.loads((project / NOTEBOOK).read_text(encoding="utf-8"))
    cell = {"cell_type": "code", "execution_count": None, "id": source.split()[0], "metadata": {}, "outputs": []}
    notebook["cells"].insert(-1, {**cell, "source": [source]})
    save(project, notebook)


def save(project: Path, notebook: Any) -> None:
    """Write the notebook as git keeps it, with its projection."""
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (project / NOTEBOOK).write_text(text, encoding="utf-8")
    run([lab(project), "project"], project)


def lab(project: Path) -> str:
    """Return the path of the command `lab`."""
    return str(project / ".venv" / "bin" / "lab")


def branches(project: Path, ours: Callable[[], None], theirs: Callable[[], None]) -> None:
    """Commit `theirs` and `ours` on a branch each, both from here, and check out ours."""
    run([*GIT, "checkout", "--quiet", "-B", "theirs"], project)
    theirs()
    commit(project, "Theirs")
    run([*GIT, "checkout", "--quiet", "-B", "ours", "HEAD~1"], project)
    ours()
    commit(project, "Ours")


def merge(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Merge theirs into ours with plain git."""
    command = [*GIT, *options, "merge", "--no-edit", "theirs"]
    done = subprocess.run(command, cwd=project, env=environment(), capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr)
    return done


def is_as_git_keeps_it(project: Path) -> bool:
    """Return whether the notebooks are clean and their projections match."""
    run([lab(project), "clean", "--check"], project)
    run([lab(project), "project", "--check"], project)
    return status(project) == []


def test_different_cells_merge(project: Path) -> None:
    """Neighbours, too: no conflict, a clean notebook, and a projection that matches it."""
    branches(
        project,
        lambda: change_cell(project, 3, lambda source: f"{source}\n# ours"),
        lambda: change_cell(project, 4, lambda source: f"# theirs\n{source}"),
    )
    assert merge(project).returncode == 0
    assert is_as_git_keeps_it(project)
    merged = (project / NOTEBOOK).read_text(encoding="utf-8")
    assert "# ours" in merged
    assert "# theirs" in merged


def test_a_conflict_stays_inside_its_cell(project: Path) -> None:
    """Both changed one line: the notebook still opens, marks the two versions, and is mended like text."""
    branches(
        project,
        lambda: change_cell(project, 3, lambda source: f"{source}\nboth = 1"),
        lambda: change_cell(project, 3, lambda source: f"{source}\nboth = 2"),
    )
    assert merge(project).returncode == 1
    disputed = ["".join(cell["source"]) for cell in json.loads((project / NOTEBOOK).read_text())["cells"]]
    assert sum("<<<<<<<" in source for source in disputed) == 1
    change_cell(project, 3, lambda source: source.split("<<<<<<<")[0] + "both = 3")
    run([lab(project), "clean"], project)
    commit(project, "Agree")
    assert is_as_git_keeps_it(project)
    assert "both = 3" in (project / "notebooks/code/03_train.py").read_text()


def test_cells_added_at_one_place_are_both_kept(project: Path) -> None:
    """Whether git asks or not, `lab project` writes what the merged notebook holds."""
    branches(project, lambda: add_cell(project, "ours = 1"), lambda: add_cell(project, "theirs = 1"))
    merge(project)
    sources = ["".join(cell["source"]) for cell in json.loads((project / NOTEBOOK).read_text())["cells"]]
    assert {"ours = 1", "theirs = 1"} <= set("\n".join(sources).splitlines())
    notebook = json.loads((project / NOTEBOOK).read_text())
    marks = ("<<<<<<<", "=======", ">>>>>>>")
    is_mark = [text.strip("` *").startswith(marks) for text in sources]
    notebook["cells"] = [cell for cell, mark in zip(notebook["cells"], is_mark, strict=True) if not mark]
    save(project, notebook)
    run([lab(project), "clean"], project)
    commit(project, "Both")
    assert is_as_git_keeps_it(project)


def test_a_difference_is_readable(project: Path) -> None:
    """`git diff` shows cells and lines, no JSON."""
    change_cell(project, 3, lambda source: f"{source}\nnew_line = 1")
    said = run([*GIT, "diff", "--", NOTEBOOK], project)
    assert "modified /cells/" in said
    assert "new_line = 1" in said
    assert '"source"' not in said


def test_without_setup_notebooks_are_text(project: Path, tmp_path: Path) -> None:
    """A fresh clone knows no driver: git merges and compares as it always does."""
    branches(
        project,
        lambda: change_cell(project, 0, lambda source: f"{source}\n# ours"),
        lambda: change_cell(project, -1, lambda source: f"# theirs\n{source}"),
    )
    fresh = clone(project, tmp_path / "fresh")
    run([*GIT, "checkout", "--quiet", "theirs"], fresh)
    run([*GIT, "checkout", "--quiet", "ours"], fresh)
    assert merge(fresh).returncode == 0
    assert len(json.loads((fresh / NOTEBOOK).read_text())["cells"]) > 8
    assert '"# theirs' in run([*GIT, "diff", "HEAD~1", "--", NOTEBOOK], fresh)


def test_a_vanished_environment_leaves_git_usable(project: Path) -> None:
    """Without .venv the drivers step aside."""
    branches(
        project,
        lambda: change_cell(project, 0, lambda source: f"{source}\n# ours"),
        lambda: change_cell(project, -1, lambda source: f"# theirs\n{source}"),
    )
    (project / ".venv").rename(project / ".gone")
    try:
        said = run([*GIT, "diff", "theirs", "--", NOTEBOOK], project)
        done = merge(project)
    finally:
        (project / ".gone").rename(project / ".venv")
    assert '-    "# theirs' in said
    assert done.returncode == 0


def pipelines(project: Path, ours: str, theirs: str) -> None:
    """Run a small pipeline, and then on two branches, each of which changed one input."""
    (project / "dvc.yaml").write_text(STAGES, encoding="utf-8")
    (project / ".gitignore").write_text(".venv/\n.home/\ndata/\nruns.log\n", encoding="utf-8")
    change_input(project, "a", f"before {ours}")
    change_input(project, "b", f"before {theirs}")
    commit(project, "A small pipeline")
    branches(project, lambda: change_input(project, "a", ours), lambda: change_input(project, "b", theirs))


def change_input(project: Path, name: str, text: str) -> None:
    """Change an input and run the pipeline."""
    (project / name).write_text(text, encoding="utf-8")
    if (project / "b").exists():
        make(project, "pipeline")


@pytest.mark.parametrize("set_up", [True, False], ids=["with the driver", "as text"])
def test_two_runs_of_the_pipeline_merge(project: Path, set_up: bool) -> None:
    """What one side ran stays run; what both ran, runs once more, on both changes; nothing is lost."""
    changes = [f"{side} {'driver' if set_up else 'text'}" for side in ("ours", "theirs")]
    pipelines(project, *changes)
    if set_up:
        done = merge(project)
        assert done.returncode == 0
        assert "dvc.lock: both sides ran both: run `make pipeline`" in done.stderr
        lock = (project / "dvc.lock").read_text()
        assert "  first:" in lock
        assert "  second:" in lock
        assert "  both:" not in lock
    else:
        assert merge(project, "-c", AS_TEXT).returncode == 1
        run([*GIT, "checkout", "--ours", "dvc.lock"], project)
    runs = len((project / "runs.log").read_text().splitlines())
    assert stages_run(make(project, "pipeline")) == ["both"]
    assert len((project / "runs.log").read_text().splitlines()) == runs, "what a side ran came from the cache"
    assert json.loads((project / "metrics" / "both.json").read_text()) == [f"{change}\n" for change in changes]
    commit(project, "Run what both changed")
    assert stages_run(make(project, "pipeline")) == []
    assert status(project) == []


def test_a_commit_cleans_what_it_holds(project: Path) -> None:
    """A notebook full of outputs stops the first commit, which cleans it; the second one passes, and is quick."""
    path = project / NOTEBOOK
    before, notebook = path.read_bytes(), json.loads(path.read_text(encoding="utf-8"))
    for count, cell in enumerate(cell for cell in notebook["cells"] if cell["cell_type"] == "code"):
        cell |= {"outputs": [{"output_type": "stream", "name": "stdout", "text": ["ran\n"]}], "execution_count": count}
    notebook["cells"][0]["source"].append("\nOne more sentence.")
    path.write_text(json.dumps(notebook), encoding="utf-8")
    run([*GIT, "add", "--all"], project)
    said = run([*GIT, "commit", "--message", "With outputs"], project, check=False)
    assert "notebooks/03_train.ipynb cleaned" in said
    commit(project, "Without")
    assert len(path.read_bytes()) - len(before) < 200
    assert json.loads((project / ".draft" / NOTEBOOK).read_text())["cells"], "JupyterLab shows what was taken"
    assert is_as_git_keeps_it(project)


def test_setup_keeps_a_hook_of_one_s_own_and_needs_no_repository(project: Path, tmp_path: Path) -> None:
    """It never overwrites, never fails and is silent where git has no say."""
    configure = [str(project / ".venv/bin/python"), "-m", f"{next(project.glob('src/*')).name}.lab.git.repository"]
    fresh = clone(project, tmp_path / "fresh")
    hook = fresh / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\n# my own\n")
    assert "your own pre-commit hook is kept" in run(configure, fresh)
    assert "my own" in hook.read_text()
    (fresh / ".git").rename(tmp_path / "elsewhere")
    assert run(configure, fresh) == ""
