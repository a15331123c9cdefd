"""Where the project is, and where it records."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core import project


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with the two files that make a project, and a deep one inside."""
    (tmp_path / "notebooks" / "scratch" / "mine").mkdir(parents=True)
    for name in ("dvc.yaml", "params.yaml"):
        (tmp_path / name).touch()
    return tmp_path


def test_the_root_is_found_from_anywhere_inside(root: Path):
    """A notebook in a subfolder finds the project, and so does the root itself."""
    assert project.find_root(root / "notebooks" / "scratch" / "mine") == project.find_root(root) == root


@pytest.mark.parametrize("lacking", ["dvc.yaml", "params.yaml"])
def test_outside_a_project_there_is_no_root(root: Path, lacking: str):
    """A folder that lacks one of the two files is no project, and the message says what was looked for."""
    (root / lacking).unlink()
    with pytest.raises(project.WorkspaceError, match=r"in no project: dvc\.yaml and params\.yaml"):
        project.find_root(root / "notebooks")


@pytest.mark.parametrize(
    ("setting", "uri"),
    [
        ("", "sqlite:///{root}/mlflow.db"),
        ("sqlite:///team.db", "sqlite:///{root}/team.db"),
        ("sqlite:////srv/team.db", "sqlite:////srv/team.db"),
        ("https://mlflow.example.org", "https://mlflow.example.org"),
    ],
)
def test_a_relative_database_lies_at_the_root(root: Path, setting: str, uri: str):
    """So that a notebook and the terminal use the same one; what is absolute stays as it is."""
    assert project.tracking_uri(root, {"MLFLOW_TRACKING_URI": setting}) == uri.format(root=root)


def test_a_database_that_is_not_there_holds_nothing(tmp_path: Path):
    """A server is asked; a file is looked for, and not made."""
    assert not project.is_recorded(f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "mlflow.db").touch()
    assert project.is_recorded(f"sqlite:///{tmp_path / 'mlflow.db'}")
    assert project.is_recorded("https://mlflow.example.org")
