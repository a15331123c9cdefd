"""A person's day in JupyterLab, in a real browser: open, run, save, come back, and nothing tracked has changed."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import installed
import pytest
from browsers import launched
from journey import cloned, commit, fetched, make, run, started, status
from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.journey
OPTIONS = "LAB_OPTIONS=--no-browser --allow-root --IdentityProvider.token=secret"
MILLISECONDS = 300_000
FIGURE = ".jp-OutputArea-output img"
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser that talks to this machine alone."""
    with launched("JupyterLab") as browser:
        yield browser


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Path:
    """A clone whose pipeline has run."""
    project = cloned(tmp_path_factory.mktemp("jupyterlab"))
    installed.lay_down(project, environments)
    make(project, "setup")
    make(project, "pipeline")
    commit(project, "Run the pipeline")
    return project


@pytest.fixture
def home(project: Path) -> Path:
    """An empty home folder."""
    home = project.parent / "home"
    home.mkdir(exist_ok=True)
    return home


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh browser window, which remembers nothing."""
    page = browser.new_page(viewport={"width": 1500, "height": 950})
    page.set_default_timeout(MILLISECONDS)
    yield page
    page.close()


def dvc_status(project: Path) -> Any:
    """Return what DVC would run, as JSON."""
    return json.loads(run([str(project / ".venv/bin/dvc"), "status", "--json"], project).splitlines()[-1])


def runs(project: Path) -> dict[str, int]:
    """Return how many runs each MLflow experiment has."""
    query = "select e.name, count(r.run_uuid) from experiments e left join runs r using (experiment_id) group by e.name"
    with sqlite3.connect(project / "mlflow.db") as database:
        return dict(database.execute(query).fetchall())


def open_notebook(page: Page, address: str) -> None:
    """Open 03_train as a link does, and wait until a person could type."""
    page.goto(f"{address}/lab/tree/notebooks/03_train.ipynb?token=secret&reset")
    page.wait_for_selector(".jp-Notebook-cell")
    page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()


def test_a_draft_is_kept_and_changes_nothing(project: Path, page: Page, home: Path) -> None:
    """Run all cells, save, reload, restart the server: the figure is still there; git, DVC and home know of nothing."""
    before, recorded, tracked = dvc_status(project), runs(project), (project / "notebooks/03_train.ipynb").read_bytes()
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    with started(project, "lab", "/api", "LAB_PORT={port}", OPTIONS, HOME=str(home)) as address:
        open_notebook(page, address)
        assert page.locator(".jp-Dialog").count() == 0, "nothing is asked, about kernels or news"
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.wait_for_selector(FIGURE)
        page.wait_for_selector(IDLE)
        page.get_by_text("Python 3 (ipykernel) | Idle").wait_for()
        page.keyboard.press("Control+s")
        page.wait_for_selector(".jp-mod-dirty", state="detached")
        page.screenshot(path=project.parent / "saved.png")
        page.reload()
        page.wait_for_selector(FIGURE)
        page.wait_for_timeout(3000)
        assert page.locator(".jp-mod-dirty, .jp-Dialog").count() == 0, "nobody is asked to save what nobody changed"
        page.get_by_text("Mem:").wait_for()
        page.locator('[title^="Git"]').first.click()
        page.get_by_text("History", exact=True).wait_for()
        page.screenshot(path=project.parent / "git.png")
        assert hosts == {address.removeprefix("http://")}, "the browser talks to nobody else"
    with started(project, "lab", "/api", "LAB_PORT={port}", OPTIONS, HOME=str(home)) as address:
        open_notebook(page, address)
        page.wait_for_selector(FIGURE)
    assert (project / "notebooks/03_train.ipynb").read_bytes() == tracked
    assert status(project) == []
    assert dvc_status(project) == before
    assert "Everything is up to date." in run([str(project / ".venv/bin/lab"), "status"], project)
    new = {name: count - recorded.get(name, 0) for name, count in runs(project).items()}
    assert {name: count for name, count in new.items() if count} == {next(n for n in new if "draft" in n): 1}
    assert list(home.iterdir()) == []


def test_its_log_holds_no_warning(project: Path) -> None:
    """Neither for people nor for those who read logs."""
    lines = (project.parent / "lab.log").read_text().splitlines()
    assert [line for line in lines if line.startswith("[W") or "Warning" in line] == []


def test_without_make_it_is_the_same(project: Path, home: Path) -> None:
    """`jupyter lab` in the activated environment has the project's settings and leaves the home folder alone."""
    ask = "from jupyter_core import paths as p; print(p.jupyter_config_path()[0], p.jupyter_data_dir())"
    said = subprocess.run(
        [str(project / ".venv/bin/python"), "-c", ask],
        cwd="/",
        env={"HOME": str(home), "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert said.split() == [str(project / ".jupyter"), str(project / ".home/jupyter/data")]
    with started(project, "lab", "/api", "LAB_PORT={port}", OPTIONS, HOME=str(home)) as address:
        settings = fetched(f"{address}/lab/api/settings/@jupyterlab%2Fapputils-extension:notification?token=secret")
        kernel = fetched(f"{address}/api/kernelspecs?token=secret")["kernelspecs"]
    assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
    assert list(kernel) == ["python3"]
    assert list(home.iterdir()) == []
