"""What is stale and why, held against DVC's own verdict after real changes to a real project."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from dvc.repo import Repo

from {{cookiecutter.__package}}.lab import cli, workspace
from {{cookiecutter.__package}}.lab.files import notebooks
from {{cookiecutter.__package}}.lab.staleness import freshness, locks, status

Edit = Callable[[Path], None]


def cells(name: str, change: Callable[[list[dict[str, Any]]], Any]) -> Edit:
    """Change the cells of a notebook."""

    def edit(root: Path) -> None:
        path = root / "notebooks" / f"{name}.ipynb"
        notebook = json.loads(path.read_text(encoding="utf-8"))
        change(notebook["cells"])
        path.write_text(json.dumps(notebook), encoding="utf-8")

    return edit


def replace(name: str, old: str, new: str) -> Edit:
    """Replace text in a file."""

    def edit(root: Path) -> None:
        path = root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return edit


def write(name: str, text: str = "other") -> Edit:
    """Write a file."""

    def edit(root: Path) -> None:
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).unlink(missing_ok=True)
        (root / name).write_text(text, encoding="utf-8")

    return edit


def remove(name: str) -> Edit:
    """Delete a file or a folder."""
    return lambda root: shutil.rmtree(root / name) if (root / name).is_dir() else (root / name).unlink()


PRINT = {"output_type": "stream", "name": "stdout", "text": "hello\n"}
CHANGES = [
    pytest.param(lambda root: None, {}, id="nothing"),
    pytest.param(cells("01_first", lambda c: c[0].update(source="# Because")), {}, id="prose"),
    pytest.param(cells("01_first", lambda c: c[2].update(outputs=[PRINT])), {}, id="an output that is shown"),
    pytest.param(
        cells("01_first", lambda c: c[2].update(source="table = stage.output('table').resolve()")),
        {"01_first": ["cell 2 (`table = stage.output('table').resolve()`) changed"], "02_second": []},
        id="a cell",
    ),
    pytest.param(
        cells("03_third", lambda c: (c.insert(2, {**c[2], "source": "question = 6 * 7"}), c.pop(4))),
        {"03_third": ["cell 2 (`question = 6 * 7`) is new", "cell 3 (`answer`) is gone"]},
        id="a cell more and one less",
    ),
    pytest.param(
        cells("03_third", lambda c: c[-1]["metadata"].update(tags=[])),
        {"03_third": ["the tags of cell 4 (`stage.verdict('third done', True)`) changed"]},
        id="a tag",
    ),
    pytest.param(
        lambda root: (
            remove("reports/03_third.ipynb")(root),
            cells("03_third", lambda c: c[2].update(source="answer = 43"))(root),
        ),
        {
            "03_third": [
                "cell 2 (`answer = 43`) changed",
                "output reports/03_third.ipynb missing: `dvc checkout` brings it back",
            ]
        },
        id="a cell, and the executed copy is in the cache alone",
    ),
    pytest.param(
        replace("params.yaml", "seed: 2013", "seed: 2014"),
        {"01_first": ["seed: 2013 -> 2014"], "02_second": []},
        id="a parameter",
    ),
    pytest.param(
        replace("params.yaml", "split:", "split:\n  more: 3"),
        {"01_first": ["split.more: not set -> 3"], "02_second": []},
        id="a new parameter in a section",
    ),
    pytest.param(
        replace("params.smoke.yaml", "rows: 16000", "rows: 7"),
        {"02_second": ["data.rows: 16000 -> 7"]},
        id="a parameter of another file",
    ),
    pytest.param(replace("params.yaml", "name: tiny", "name: other"), {}, id="a parameter that nobody reads"),
    pytest.param(
        write("src/module.py", "x = 1"),
        {"01_first": ["module src/module.py changed"], "02_second": []},
        id="a module",
    ),
    pytest.param(
        write("data/external/deep/1.csv"),
        {"01_first": ["input data/external changed"], "02_second": []},
        id="a file deep in a folder",
    ),
    pytest.param(
        write("data/external/new.csv"),
        {"01_first": ["input data/external changed"], "02_second": []},
        id="a new file in a folder",
    ),
    pytest.param(write("data/external/__pycache__/x.pyc"), {}, id="a file that .dvcignore names"),
    pytest.param(lambda root: (root / "data/external/empty").mkdir(), {}, id="an empty folder"),
    pytest.param(
        remove("data/external"),
        {"01_first": ["input data/external is missing"], "02_second": []},
        id="no input",
    ),
    pytest.param(
        remove("data/table.txt"),
        {"01_first": ["output data/table.txt missing: `dvc checkout` brings it back"], "02_second": []},
        id="no output",
    ),
    pytest.param(
        write("data/table.txt"),
        {
            "01_first": ["output data/table.txt is not what the notebook wrote"],
            "02_second": ["input data/table.txt changed"],
        },
        id="an output changed by hand",
    ),
    pytest.param(
        remove("models/bento/src/c.txt"),
        {"02_second": ["output models/bento is not what the notebook wrote"]},
        id="a file gone from a folder",
    ),
    pytest.param(
        remove("metrics/evaluation.json"),
        {"02_second": ["output metrics/evaluation.json missing: `dvc pull` brings what was shared"]},
        id="no metric",
    ),
    pytest.param(
        lambda root: (
            *(
                remove(name)(root)
                for name in (".dvc/cache", "models/bento", "data/table.txt", "reports/03_third.ipynb")
            ),
            cells("03_third", lambda c: c[2].update(source="answer = 43"))(root),
        ),
        {
            "01_first": [
                "output reports/01_first.ipynb is not in DVC's cache",
                "output data/table.txt missing: `dvc pull` brings what was shared",
            ],
            "02_second": [
                "output reports/02_second.ipynb is not in DVC's cache",
                "output models/bento missing: `dvc pull` brings what was shared",
            ],
            "03_third": [
                "its code changed",
                "output reports/03_third.ipynb missing: `dvc pull` brings what was shared",
            ],
        },
        id="a cell, and no cache",
    ),
    pytest.param(
        replace("dvc.yaml", "cmd: lab run 03_third", "cmd: lab run  03_third"),
        {"03_third": ["its command in dvc.yaml: lab run 03_third -> lab run  03_third"]},
        id="the command",
    ),
    pytest.param(
        replace("dvc.yaml", "- notebooks/code/03_third.py\n", "- notebooks/code/03_third.py\n      - src/module.py\n"),
        {"03_third": ["module src/module.py is new in dvc.yaml"]},
        id="a new input",
    ),
]


def judge(root: Path) -> dict[str, freshness.Verdict]:
    """Return the verdict on each stage by its title."""
    return {verdict.title: verdict for verdict in freshness.Freshness(root).verdicts()}


def dvc_says(root: Path) -> set[str]:
    """Return the notebooks that are stale by themselves for DVC, once their projections are in step."""
    stages = workspace.load_stages(root)
    for spec in stages.values():
        notebooks.write_projection(root, spec.notebook)
    with Repo(str(root)) as repo:
        return {stages[name].notebook for name in repo.status() if name in stages}


@pytest.mark.parametrize(("change", "expected"), CHANGES)
def test_the_verdicts_are_dvc_s_with_reasons(pipeline_ran: Path, change: Edit, expected: dict[str, list[str]]):
    """After each change, what is stale is what DVC would run; what is only behind it, is stale after it."""
    change(pipeline_ran)
    found = judge(pipeline_ran)
    assert {name: list(verdict.reasons) for name, verdict in found.items() if verdict.stale} == expected
    direct = dvc_says(pipeline_ran)
    assert {name for name, reasons in expected.items() if reasons} <= direct
    assert direct | ({"02_second"} if "01_first" in direct else set()) == set(expected)
    assert found["02_second"].after == (("01_first",) if "01_first" in expected else ())


def test_a_project_that_never_ran_says_so(tiny: Path, write_notebook: Callable[..., Path], open_stage: Callable):
    """Without dvc.lock everything is stale, and the first line says why."""
    write_notebook("01_first", open_stage("first"))
    write_notebook("02_second", open_stage("second"))
    lines, verdicts = status.status_lines(tiny)
    assert [verdict.reasons for verdict in verdicts] == [("never run",), ("never run",)]
    assert lines[0] == "There is no dvc.lock: DVC has not run these notebooks yet."
    assert lines[-1] == "`make pipeline` runs 01_first, 02_second."


def test_status_is_a_line_for_each_reason(pipeline_ran: Path):
    """The words a person reads, the exit code that a script reads."""
    up_to_date = CliRunner().invoke(cli.main, ["status", "--check"])
    assert (up_to_date.exit_code, up_to_date.output) == (
        0,
        "01_first   up to date\n02_second  up to date\n03_third   up to date\n\nEverything is up to date.\n",
    )
    replace("params.yaml", "seed: 2013", "seed: 2014")(pipeline_ran)
    write("src/module.py", "x = 1")(pipeline_ran)
    stale = CliRunner().invoke(cli.main, ["status"])
    assert stale.output.splitlines() == [
        "01_first   stale       module src/module.py changed",
        "                       seed: 2013 -> 2014",
        "02_second  stale       after 01_first",
        "03_third   up to date",
        "",
        "`make pipeline` runs 01_first, 02_second.",
    ]
    assert stale.exit_code == 0
    assert CliRunner().invoke(cli.main, ["status", "--check"]).exit_code == 1


def test_a_broken_notebook_is_one_line_and_the_others_are_judged(pipeline_ran: Path):
    """The command fails, because `make pipeline` would."""
    cells("01_first", lambda c: c[2].update(source="table = ("))(pipeline_ran)
    result = CliRunner().invoke(cli.main, ["status"])
    assert result.exit_code == 1
    assert "01_first   broken      notebooks/01_first.ipynb: cell 2 (`table = (`) has a syntax error" in result.output
    assert "02_second  stale       after 01_first\n03_third   up to date\n" in result.output
    assert "Mend 01_first first" in result.output


@pytest.mark.parametrize("name", ["dvc.lock", "dvc.yaml", "params.yaml"])
def test_conflict_marks_are_named_with_their_line(pipeline_ran: Path, name: str):
    """A merge that isn't resolved is a sentence, not a stack trace."""
    path = pipeline_ran / name
    path.write_text(f"<<<<<<< HEAD\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    result = CliRunner().invoke(cli.main, ["status"])
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert f"{name} is no YAML (line " in result.output


def test_dvc_at_work_is_said_first(pipeline_ran: Path, monkeypatch: pytest.MonkeyPatch, processes: dict[str, int]):
    """Whoever holds a lock and is alive is named; what the dead hold isn't."""
    folder = pipeline_ran / ".dvc" / "tmp"
    held = {name: {"pid": processes[name], "cmd": "dvc repro"} for name in ("gone", "killed", "other")}
    (folder / "rwlock").write_text(json.dumps({"write": held, "read": {}}), encoding="utf-8")
    (folder / "lock").write_text(f" {processes['running']}\n", encoding="utf-8")
    assert locks.dvc_at_work(pipeline_ran) == [processes["running"]]
    first = status.status_lines(pipeline_ran)[0][0]
    assert first == f"DVC is at work here (process {processes['running']}): what follows may change until it has ended."


@pytest.mark.parametrize("where", ["config", "config.local"])
def test_a_cache_elsewhere_is_found(pipeline_ran: Path, run_dvc: Callable[..., str], where: str):
    """A team may share one cache; the nearest of DVC's settings says where it is."""
    (pipeline_ran / ".dvc" / "cache").rename(pipeline_ran.parent / "shared")
    assert judge(pipeline_ran)["03_third"].reasons == ("output reports/03_third.ipynb is not in DVC's cache",)
    run_dvc(pipeline_ran, "cache", "dir", "../shared", *(["--local"] if where == "config.local" else []))
    assert not any(verdict.stale for verdict in judge(pipeline_ran).values())
    assert dvc_says(pipeline_ran) == set()


def relock(root: Path, stage: str, path: str) -> None:
    """Have dvc.lock say that a stage wrote something else."""
    lock = workspace.load_yaml(root / "dvc.lock")
    next(out for out in lock["stages"][stage]["outs"] if out["path"] == path)["md5"] = "f" * 32
    (root / "dvc.lock").write_text(json.dumps(lock), encoding="utf-8")


CLONES = [
    pytest.param(lambda root: None, {}, id="what DVC keeps was not pulled"),
    pytest.param(
        replace("params.yaml", "seed: 2013", "seed: 2014"),
        {"01_first": ["seed: 2013 -> 2014"], "02_second": []},
        id="a parameter",
    ),
    pytest.param(
        remove("metrics/evaluation.json"),
        {"02_second": ["output metrics/evaluation.json missing: git keeps it, so commit it"]},
        id="a metric that was not committed",
    ),
    pytest.param(write("data/external/more.csv.dvc"), {}, id="a table that DVC keeps was not pulled"),
    pytest.param(
        lambda root: relock(root, "first", "data/table.txt"),
        {"02_second": ["input data/table.txt changed"]},
        id="half of a run was committed",
    ),
]


@pytest.mark.parametrize(("change", "expected"), CLONES)
def test_of_a_clone_only_what_git_holds_is_judged(pipeline_ran: Path, change: Edit, expected: dict[str, list[str]]):
    """Nothing that DVC keeps is there, as in CI; what was committed has to fit together all the same."""
    for name in (".dvc/cache", "models/bento", "data/table.txt", "reports"):
        remove(name)(pipeline_ran)
    change(pipeline_ran)
    found = freshness.Freshness(pipeline_ran, committed=True).verdicts()
    assert {verdict.title: list(verdict.reasons) for verdict in found if verdict.stale} == expected
    result = CliRunner().invoke(cli.main, ["status", "--committed", "--check"])
    assert result.exit_code == bool(expected)


def test_what_never_ran_is_not_stale_where_only_git_is_judged(tiny: Path):
    """A new repository is green at its first push."""
    result = CliRunner().invoke(cli.main, ["status", "--committed", "--check"])
    assert result.exit_code == 0
    assert result.output.strip() == "There is no dvc.lock: nothing has been run yet, so nothing can be stale."
