"""`lab champion`: the model that another commit's dvc.lock names, by the cheapest way that works."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.__package}}.core import provenance
from {{cookiecutter.__package}}.lab.judging import champion

from .conftest import PARAMS, commit, git

FOLDER = Path(".draft/champion")


def laid(root: Path, revision: str = "main", **environ: str) -> provenance.Provenance:
    """Lay the champion down, and make sure that the record beside it says the same."""
    found = champion.lay_champion(root, revision, root / FOLDER, environ, lambda said: None)
    assert provenance.load_provenance(root / FOLDER) == found
    assert "\n" not in found.says
    if found.how in ("none", "alias"):
        assert [path.name for path in (root / FOLDER).iterdir()] == [provenance.RECORD]
    return found


def is_main_s(root: Path) -> bool:
    """Return whether the model of main was laid down, whatever this branch says."""
    names = {"model.onnx", "signature.json", "lineage.json", provenance.RECORD}
    same = (root / FOLDER / "model.onnx").read_bytes() == (root / "models" / "model.onnx").read_bytes()
    return same and {path.name for path in (root / FOLDER).iterdir()} == names


def forget(root: Path, *folders: str) -> None:
    """Empty the cache, the remote, or both."""
    for folder in folders:
        shutil.rmtree({"cache": root / ".dvc" / "cache", "remote": root.parent / "storage"}[folder])


@pytest.mark.parametrize(
    ("lost", "how", "words"),
    [
        ((), "cache", "from DVC's cache"),
        (("remote",), "cache", "from DVC's cache"),
        (("cache",), "remote", "from DVC's remote"),
        (("cache", "remote"), "reproduced", "it was reproduced from that commit"),
    ],
)
def test_the_cheapest_way_that_works_is_taken(trained: Path, lost: tuple[str, ...], how: str, words: str):
    """The files are those of main, the sentence says which way, and nothing of this branch changes."""
    forget(trained, *lost)
    found = laid(trained)
    assert (found.how, found.commit) == (how, git(trained, "rev-parse", "main"))
    assert words in found.says
    assert is_main_s(trained)
    assert git(trained, "status", "--porcelain") == ""
    assert git(trained, "worktree", "list").count("\n") == 0


def test_a_project_in_a_folder_of_a_repository(trained: Path):
    """Its paths are not those of the repository."""
    inside = trained.parent / "whole" / "models" / "delays"
    shutil.copytree(trained, inside, ignore=shutil.ignore_patterns(".git", ".draft"))
    (inside / ".dvc" / "config").write_text("[core]\n    analytics = false\n", encoding="utf-8")
    (inside / "params.yaml").write_text(PARAMS, encoding="utf-8")
    git(trained.parent / "whole", "init", "--quiet")
    commit(trained.parent / "whole", "All of it")
    forget(inside, "cache")
    # DVC wants to be told that its project is not all of the repository.
    (inside / ".dvc" / "config").write_text("[core]\n    analytics = false\n", encoding="utf-8")
    found = champion.lay_champion(inside, "main", inside / FOLDER, {}, lambda said: None)
    assert found.how == "reproduced"
    assert is_main_s(inside)


def test_where_a_store_is_named_the_registry_s_champion_is_the_champion(trained: Path):
    """And nothing is fetched here."""
    found = laid(trained, MLFLOW_TRACKING_URI="https://mlflow.example.org")
    assert (found.how, "alias" in found.says) == ("alias", True)


def without_lock(root: Path) -> None:
    """Let main never have run."""
    git(root, "checkout", "--quiet", "main")
    git(root, "rm", "--quiet", "dvc.lock")
    commit(root, "Forget")


def without_model(root: Path) -> None:
    """Let main's dvc.lock name other things."""
    git(root, "checkout", "--quiet", "main")
    (root / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n", encoding="utf-8")
    commit(root, "Empty")


def broken(root: Path) -> None:
    """Let main's pipeline fail, with its results nowhere."""
    git(root, "checkout", "--quiet", "main")
    (root / "train.py").write_text("raise SystemExit('no data here')\n", encoding="utf-8")
    commit(root, "Break")
    forget(root, "cache", "remote")


def of_another_task(root: Path) -> None:
    """Let this branch answer another question."""
    shutil.copytree(root / "models", root / "kept")
    path = root / "models" / "signature.json"
    content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    path.write_text(json.dumps({**content, "target": "z"}), encoding="utf-8")


def damaged(root: Path) -> None:
    """Let main's lock be no YAML."""
    git(root, "checkout", "--quiet", "main")
    (root / "dvc.lock").write_text("<<<<<<< ours\n", encoding="utf-8")
    commit(root, "Conflict")


NOBODY = {
    "no such branch": (lambda root: git(root, "branch", "-D", "main"), "main is not in this clone: `git fetch"),
    "never run": (without_lock, "main has no dvc.lock"),
    "no model": (without_model, "dvc.lock of main names no models/model.onnx"),
    "damaged lock": (damaged, "dvc.lock of main names no models/model.onnx"),
    "gone and broken": (broken, "can be neither fetched nor reproduced"),
    "another task": (of_another_task, "it answers another question: regression 'y', not regression 'z'"),
}


@pytest.mark.parametrize(("change", "words"), NOBODY.values(), ids=NOBODY)
def test_where_there_is_nobody_to_compare_with_it_says_why(trained: Path, change: Any, words: str):
    """In a sentence; the thresholds are still asked, and the record says that there is none."""
    change(trained)
    found = laid(trained)
    assert found.how == "none"
    assert words in found.says
    assert found.says.endswith("Only the thresholds were asked.")


def test_a_shallow_clone_says_how_to_get_more(trained: Path, tmp_path: Path):
    """As a workflow's checkout is without fetch-depth: 0."""
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "--quiet", "--depth", "1", "--branch", "change", trained.as_uri(), str(shallow))
    found = laid(shallow, "origin/main")
    assert "origin/main is not in this clone: `git fetch origin main` brings it" in found.says
    assert "fetch-depth: 0" in found.says


@pytest.mark.parametrize("revision", ["--upload-pack=touch x", "", "main; touch x", "nothing"])
def test_a_revision_is_only_a_revision(trained: Path, revision: str):
    """Whatever a branch is called."""
    assert laid(trained, revision).how == "none"
    assert not (trained / "x").exists()


def test_what_a_killed_one_left_is_no_obstacle(trained: Path, tmp_path: Path):
    """A worktree that is registered and gone."""
    git(trained, "worktree", "add", "--quiet", "--detach", str(tmp_path / "gone"), "main")
    shutil.rmtree(tmp_path / "gone")
    forget(trained, "cache", "remote")
    assert laid(trained).how == "reproduced"
    assert git(trained, "worktree", "list").count("\n") == 0


def test_another_store_is_not_written_to(trained: Path, monkeypatch: pytest.MonkeyPatch):
    """Reproducing the champion is nobody's run: its stages don't see where this one records."""
    git(trained, "checkout", "--quiet", "main")
    seen = "import os\nassert not {'MLFLOW_TRACKING_URI', 'LIVE_CHAMPION', 'LAB_PROFILE'} & set(os.environ)\n"
    (trained / "train.py").write_text(seen + (trained / "train.py").read_text(encoding="utf-8"), encoding="utf-8")
    commit(trained, "Look")
    forget(trained, "cache", "remote")
    for name in ("MLFLOW_TRACKING_URI", "LIVE_CHAMPION", "LAB_PROFILE"):
        monkeypatch.setenv(name, "x")
    environ = {name: value for name, value in os.environ.items() if name != "MLFLOW_TRACKING_URI"}
    assert champion.lay_champion(trained, "main", trained / FOLDER, environ, print).how == "reproduced"
