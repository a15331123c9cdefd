"""evaluate.yml, run with act: what a pull request does to the model, judged, summed up, and said once on GitHub."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import acting
import installed
import journey
import pytest
import reviewing
from reviewing import github_server

pytestmark = pytest.mark.journey

Evaluate = Callable[..., acting.Run]
# A model that hardly learns, and whose author asks little of it: by its own thresholds it passes.
WEAKER = {
    r"max_iter: 200": "max_iter: 3",
    r"min: 0\.72": "min: 0.5",
    r"max: 0\.19": "max: 0.3",
    r"max: 0\.05": "max: 0.5",
}
MARK = "<!-- lab: model -->"


@pytest.fixture(scope="module")
def team(project: Path, environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with main, and with the branch `weaker`, whose author ran the pipeline and met no champion."""
    team = reviewing.restored(project, tmp_path_factory.mktemp("team"), environments)
    journey.run([*journey.GIT, "checkout", "--quiet", "-b", "weaker"], team)
    journey.edit_params(team, WEAKER)
    journey.make(team, "pipeline")
    journey.commit(team, "Fewer trees")
    return team


@pytest.fixture(scope="module")
def caches(team: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What earlier runs left in the repository's cache: the results of both branches."""
    return acting.keep(tmp_path_factory.mktemp("caches"), team)


@pytest.fixture
def github() -> Iterator[github_server.Server]:
    """GitHub, with pull request 7."""
    server = reviewing.github_of()
    server.issues[7] = {"number": 7, "id": 7, "title": "Change", "body": "", "state": "open", "user": {"login": "ada"}}
    server.issues[7] |= {"pull_request": {"head": "weaker", "base": "main"}}
    with github_server.running(server):
        yield server


@pytest.fixture
def evaluate(team: Path, environments: Path, github: github_server.Server) -> Evaluate:
    """Run evaluate.yml for a pull request from one branch into another."""

    def run(
        head: str, base: str, folder: Path, fork: bool = False, event: str = "pull_request", **more: Any
    ) -> acting.Run:
        journey.run([*journey.GIT, "checkout", "--quiet", "--force", head], team)
        known = {name: journey.run([*journey.GIT, "rev-parse", name], team).strip() for name in (head, base)}
        source = {"full_name": "mallory/flight-delays", "fork": True} if fork else {}
        ends = {"head": {"ref": head, "sha": known[head], "repo": source}, "base": {"ref": base, "sha": known[base]}}
        more["payload"] = {"pull_request": ends} if event == "pull_request" else {"ref": f"refs/heads/{head}"}
        more["environment"] = {"GITHUB_API_URL": github.address}
        venv = installed.environment_of(team, environments)
        return acting.run(team, "evaluate.yml", event, folder, venv=venv, **more)

    return run


def comments(github: github_server.Server) -> list[str]:
    """Return the comments of the bot."""
    return [comment["body"] for comment in github.comments.values() if comment["issue"] == 7]


def test_a_weaker_model_is_refused_and_commented_on_once(
    evaluate: Evaluate, caches: Path, team: Path, github: github_server.Server
) -> None:
    """Its author met no champion; here it meets main's, from the cache. Red, and the comment says why."""
    run = evaluate("weaker", "main", caches)
    assert run.jobs == {"evaluate": "failure", "comment": "success"}
    assert "# The gate refuses this model" in run.summary
    assert "The champion is the model that dvc.lock of origin/main" in run.summary
    assert "from DVC's cache" in run.summary
    assert "max_iter: 200 -\\> 3" in run.summary
    assert "Running stage" not in run.logs["evaluate"]
    (body,) = comments(github)
    assert body.startswith(f"{MARK}\n# The gate refuses this model")
    kept = run.artifacts / "evaluation"
    assert {"report.md", "gate.json", "evaluation.json", "04_evaluate.ipynb"} <= {path.name for path in kept.iterdir()}
    assert (kept / "pictures" / "gains.png").read_bytes().startswith(b"\x89PNG")
    assert acting.TOKEN not in run.log


@pytest.mark.slow
def test_a_better_model_is_let_pass_and_the_one_comment_says_so(
    evaluate: Evaluate, caches: Path, github: github_server.Server
) -> None:
    """It updates what an earlier run had said; a third run that says the same writes nothing."""
    earlier = github.add_comment(7, f"{MARK}\n# The gate refuses this model")
    github.add_comment(7, f"{MARK}\nThis is mine.", login="mallory")
    run = evaluate("main", "weaker", caches)
    assert run.jobs == {"evaluate": "success", "comment": "success"}
    assert "**The challenger is better by 0.0" in run.summary
    assert "dvc.lock of origin/weaker" in run.summary
    assert github.comments[earlier]["body"].startswith(f"{MARK}\n# The gate lets this model pass")
    assert github.writes == [f"PATCH /repos/{acting.REPOSITORY}/issues/comments/{earlier}"]


@pytest.mark.slow
def test_without_a_cache_both_models_are_made_again_and_judged(
    evaluate: Evaluate, tmp_path: Path, github: github_server.Server
) -> None:
    """No server, no remote, no cache: the champion is reproduced from main's commit, beside the checkout."""
    run = evaluate("weaker", "main", tmp_path)
    assert run.jobs == {"evaluate": "failure", "comment": "success"}
    assert "it was reproduced from that commit" in run.summary
    assert "# The gate refuses this model" in run.summary
    assert len(comments(github)) == 1


@pytest.mark.slow
def test_a_fork_gets_the_summary_alone(evaluate: Evaluate, caches: Path, github: github_server.Server) -> None:
    """No job that writes runs, nothing is asked of GitHub, and what is well is green."""
    run = evaluate("main", "weaker", caches, fork=True)
    assert run.jobs == {"evaluate": "success", "comment": "skipped"}
    assert "# The gate lets this model pass" in run.summary
    assert github.calls == []


@pytest.mark.slow
def test_started_by_hand_it_judges_against_main_and_comments_nowhere(
    evaluate: Evaluate, caches: Path, github: github_server.Server
) -> None:
    """As `lab propose` starts it on the branch that it made: there, GitHub starts nothing by itself."""
    run = evaluate("weaker", "main", caches, event="workflow_dispatch")
    assert run.jobs == {"evaluate": "failure", "comment": "skipped"}
    assert "The champion is the model that dvc.lock of origin/main" in run.summary
    assert github.calls == []


@pytest.mark.slow
def test_a_token_that_may_only_read_leaves_the_run_green(
    evaluate: Evaluate, caches: Path, github: github_server.Server
) -> None:
    """As in Dependabot's runs: the report is in the summary, and the log says which permission is missing."""
    github.faults.append(github_server.Fault("POST", 403, "Resource not accessible by integration"))
    run = evaluate("main", "weaker", caches)
    assert run.jobs == {"evaluate": "success", "comment": "success"}
    assert "`pull-requests: write`" in run.logs["comment"]
    assert comments(github) == []


@pytest.mark.slow
def test_with_a_store_the_champion_is_the_registry_s(
    evaluate: Evaluate, caches: Path, team: Path, tmp_path: Path, github: github_server.Server
) -> None:
    """The model with the alias, whatever main's dvc.lock names; nothing is recorded there."""
    store = f"sqlite:///{tmp_path / 'registry.db'}"
    journey.run([*journey.GIT, "checkout", "--quiet", "--force", "main"], team)
    register(team, store)
    before = (tmp_path / "registry.db").read_bytes()
    run = evaluate("weaker", "weaker", caches, secrets={"MLFLOW_TRACKING_URI": store})
    assert run.jobs == {"evaluate": "failure", "comment": "success"}
    assert "The champion is the registry's, the version with the alias champion." in run.summary
    assert "| ✗ | regression |" in run.summary
    assert (tmp_path / "registry.db").read_bytes() == before


def register(project: Path, store: str) -> None:
    """Train main's model on record in a store, and make it the champion there; git stays as it is."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", store)
        patch.setenv("PATH", f"{project / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}")
        for command in (
            "lab restore",
            "dvc repro --force --single-item train evaluate package",
            "live promote --why tried",
        ):
            journey.run(command.split(), project)
    journey.run([*journey.GIT, "checkout", "--quiet", "--force", "."], project)
