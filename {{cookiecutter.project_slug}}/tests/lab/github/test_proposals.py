"""`lab propose`: a branch, a commit and one pull request with new results, through the API."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from .conftest import Lab
from .github_server import Fault, Server

TITLE = ("--title", "Retrain the model")
BRANCH = "lab/retrain"


@pytest.fixture
def clone(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A clone of a repository that GitHub has too, whose pipeline has just run again."""
    root = tmp_path / "clone"
    (root / "metrics").mkdir(parents=True)
    for name in ("dvc.yaml", "params.yaml", "dvc.lock", "metrics/gate.json"):
        (root / name).write_text("old\n", encoding="utf-8")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "Old"]):
        subprocess.run([*git, *command], cwd=root, check=True, env=os.environ | {"GIT_CONFIG_GLOBAL": os.devnull})
    files = {path.relative_to(root).as_posix(): "old\n" for path in root.rglob("*.*") if ".git" not in path.parts}
    server.refs["refs/heads/main"] = server.add_commit(files, sha=head(root))
    monkeypatch.chdir(root)
    run_again(root, "new\n")
    return root


def head(root: Path) -> str:
    """Return the commit that is checked out."""
    done = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def run_again(root: Path, content: str) -> None:
    """Leave new results, and something that isn't proposed."""
    for name in ("dvc.lock", "metrics/gate.json", "params.yaml"):
        (root / name).write_text(content, encoding="utf-8")


def test_a_branch_a_commit_and_a_pull_request(server: Server, lab: Lab, clone: Path, report: Path):
    """With the new results alone, on top of the commit that was trained; what GitHub's token pushes starts nothing."""
    said = lab("propose", *TITLE, "--body", report, "--dispatch", "ci.yml", "--dispatch", "evaluate.yml").output
    assert said == "pull request #1 opened\n"
    old = {"dvc.yaml": "old\n", "params.yaml": "old\n"}
    assert server.files(BRANCH) == old | {"dvc.lock": "new\n", "metrics/gate.json": "new\n"}
    (opened,) = server.open_issues(pull_requests=True)
    assert (opened["title"], opened["pull_request"]) == ("Retrain the model", {"head": BRANCH, "base": "main"})
    assert "The gate lets this model pass" in opened["body"]
    assert server.commits[server.refs[f"refs/heads/{BRANCH}"]]["parents"] == [head(clone)]
    assert server.dispatched == [("ci.yml", BRANCH), ("evaluate.yml", BRANCH)]


def test_the_open_one_is_brought_up_to_date(server: Server, lab: Lab, clone: Path):
    """Never doubled; the same results once more change nothing and start nothing."""
    lab("propose", *TITLE)
    assert lab("propose", *TITLE, "--dispatch", "ci.yml").output == "pull request #1 unchanged\n"
    assert server.dispatched == []
    run_again(clone, "newer\n")
    lab("propose", *TITLE, "--dispatch", "ci.yml")
    assert server.dispatched == [("ci.yml", BRANCH)]
    assert server.files(BRANCH)["dvc.lock"] == "newer\n"
    assert len(server.open_issues(pull_requests=True)) == 1


def test_results_that_are_there_already_are_not_proposed(server: Server, lab: Lab, clone: Path):
    """No branch, no pull request."""
    run_again(clone, "old\n")
    assert lab("propose", *TITLE).output.startswith("nothing to propose")
    assert list(server.refs) == ["refs/heads/main"]


def test_what_a_person_committed_is_not_overwritten(server: Server, lab: Lab, clone: Path):
    """Somebody has mended something on the branch."""
    lab("propose", *TITLE)
    server.refs[f"refs/heads/{BRANCH}"] = theirs = server.add_commit({"dvc.lock": "mended\n"}, "Mend it")
    run_again(clone, "newer\n")
    result = lab("propose", *TITLE)
    assert (result.exit_code, "Somebody else has committed to lab/retrain" in result.output) == (1, True)
    assert server.refs[f"refs/heads/{BRANCH}"] == theirs


def test_a_branch_with_a_longer_name_is_another(server: Server, lab: Lab, clone: Path):
    """GitHub finds both by the beginning of their names."""
    server.refs[f"refs/heads/{BRANCH}-by-hand"] = server.refs["refs/heads/main"]
    assert lab("propose", *TITLE).output.endswith("opened\n")
    assert server.refs[f"refs/heads/{BRANCH}-by-hand"] == server.refs["refs/heads/main"]


@pytest.mark.parametrize("call", ["git/trees", "git/commits", "git/refs", "pulls"])
def test_lost_answers_double_nothing(server: Server, lab: Lab, clone: Path, call: str):
    """Each of the writes is heard, and its answer lost."""
    server.faults.append(Fault(f"POST .*/{call}$", 502, times=1, done=True))
    assert lab("propose", *TITLE).exit_code == 0
    assert len(server.open_issues(pull_requests=True)) == 1
    assert server.files(BRANCH)["dvc.lock"] == "new\n"


def test_without_the_permission_it_says_which_one(server: Server, lab: Lab, clone: Path):
    """In one sentence."""
    server.faults.append(Fault(r"POST .*/git/refs", 403, "Resource not accessible by integration"))
    assert "`contents: write`" in lab("propose", *TITLE).output


def test_without_results_there_is_nothing_to_read(lab: Lab, clone: Path):
    """The pipeline comes first."""
    (clone / "dvc.lock").unlink()
    assert "dvc.lock" in lab("propose", *TITLE).output
