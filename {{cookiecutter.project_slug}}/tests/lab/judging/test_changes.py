"""What a change touches, as the report lists it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from {{cookiecutter.__package}}.lab.judging import changes

from .conftest import PARAMS, commit, git

CHANGED = PARAMS.replace("tiny", "t").replace("alpha: 3", "alpha: 4")


def notebook(*sources: str) -> str:
    """Return a notebook of these code cells."""
    cells = [{"cell_type": "code", "source": source, "outputs": [], "metadata": {}} for source in sources]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def write(root: Path, **files: str) -> None:
    """Write files; of their names, __ is a slash."""
    for name, text in files.items():
        path = root / name.replace("__", "/").replace("_dot_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_changes_are_told_by_their_kind(trained: Path):
    """Committed or not, since the branch left main; what main did meanwhile isn't the branch's."""
    git(trained, "checkout", "--quiet", "main")
    write(trained, notebooks__03_train_dot_ipynb=notebook("a = 1", "b = 2"), src__p__core_dot_py="")
    commit(trained, "More of main")
    git(trained, "checkout", "--quiet", "-B", "change")
    git(trained, "branch", "--force", "elsewhere")
    write(trained, notebooks__03_train_dot_ipynb=notebook("a = 1", "b = 3"), src__p__core_dot_py="x = 1")
    write(
        trained,
        requirements__dev_dot_txt="numpy",
        data__external__t_dot_csv_dot_dvc="md5: 1",
        params_dot_yaml=CHANGED,
    )
    commit(trained, "Change")
    git(trained, "checkout", "--quiet", "main")
    write(trained, src__p__other_dot_py="")
    commit(trained, "Main goes on")
    git(trained, "checkout", "--quiet", "change")
    write(trained, notebooks__scratch__x_dot_ipynb=notebook("1"), src__p__new_dot_py="")
    assert changes.changes(trained, "main") == {
        "Parameters": ["name: tiny -> t", "model.options.alpha: 3 -> 4"],
        "Data": ["data/external/t.csv.dvc"],
        "Notebooks": ["03_train: cell 2 (`b = 3`) changed"],
        "Package": ["src/p/core.py", "src/p/new.py"],
        "Requirements": ["requirements/dev.txt"],
    }


def test_prose_alone_changes_nothing(trained: Path):
    """Nor does a shown output; a new notebook is all new."""
    git(trained, "checkout", "--quiet", "main")
    write(trained, notebooks__01_a_dot_ipynb=notebook("a = 1"))
    commit(trained, "A notebook")
    git(trained, "checkout", "--quiet", "-B", "change")
    content = json.loads((trained / "notebooks" / "01_a.ipynb").read_text(encoding="utf-8"))
    content["cells"].insert(0, {"cell_type": "markdown", "source": "# Why", "metadata": {}})
    write(trained, notebooks__01_a_dot_ipynb=json.dumps(content), notebooks__02_b_dot_ipynb=notebook("b = 1"))
    assert changes.changes(trained, "main") == {"Notebooks": ["02_b: cell 1 (`b = 1`) is new"]}


def test_tables_differ_by_what_both_locks_say(trained: Path):
    """Not by whether they are here."""
    lock = "stages: {ingest: {outs: [{path: data/raw/table.parquet, md5: HASH}]}}\n"
    git(trained, "checkout", "--quiet", "main")
    write(trained, dvc_dot_lock=lock.replace("HASH", "a"))
    commit(trained, "Lock")
    git(trained, "checkout", "--quiet", "-B", "change")
    assert changes.changes(trained, "main") == {}
    write(trained, dvc_dot_lock=lock.replace("HASH", "b"))
    assert changes.changes(trained, "main") == {"Data": ["data/raw/table.parquet"]}


def test_a_revision_that_is_not_here_tells_nothing(trained: Path):
    """The report says elsewhere that it isn't."""
    assert changes.changes(trained, "origin/main") == {}


def test_stages_before_the_evaluation_that_changed_since_are_named(
    pipeline_ran: Path, edit: Callable[..., None], run_dvc: Callable[..., str]
):
    """The model is not that of the code; the evaluation itself is judged anew."""

    def more(cells: list[dict[str, Any]]) -> None:
        cells[2]["source"] += "\nmore = 1"

    assert changes.stale_stages(pipeline_ran, "02_second") == []
    edit("02_second", more)
    assert changes.stale_stages(pipeline_ran, "02_second") == []
    edit("01_first", more)
    assert changes.stale_stages(pipeline_ran, "02_second") == ["01_first"]
