"""Every remote's lock installs beside dev.txt and gives DVC what it needs; S3 is pushed to and pulled from for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from journey import clone, cloned, commit, make, run
from services import s3_store

pytestmark = pytest.mark.journey
FILESYSTEMS = {"s3": "S3FileSystem", "gs": "GSFileSystem", "azure": "AzureFileSystem", "ssh": "SSHFileSystem"}
ASK = "from dvc.repo import Repo; print(type(Repo().cloud.get_remote('storage').fs).__name__)"


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[str]:
    """The address of an S3-compatible server on loopback."""
    with s3_store(tmp_path) as address:
        yield address


@pytest.mark.parametrize("remote", FILESYSTEMS)
def test_the_lock_of_a_remote_gives_dvc_its_filesystem(tmp_path: Path, remote: str) -> None:
    """After `make setup`, DVC opens the configured remote with the right plugin."""
    project = cloned(tmp_path, dvc_remote=remote)
    make(project, "setup")
    asked = run([str(project / ".venv" / "bin" / "python"), "-c", ASK], project)
    assert asked.split()[-1] == FILESYSTEMS[remote]


def test_data_travels_through_s3(tmp_path: Path, s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one clone pushes, another one pulls, with nothing but the settings that .env.example names."""
    project = cloned(tmp_path, dvc_remote="s3")
    settings = f"AWS_ACCESS_KEY_ID=test\nAWS_SECRET_ACCESS_KEY=test\nAWS_ENDPOINT_URL={s3}\n"
    for line in settings.split():
        monkeypatch.setenv(*line.split("=", 1))
    assert all(f"#{line.split('=')[0]}=" in (project / ".env.example").read_text() for line in settings.split())
    make(project, "setup")
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="flight-delays")
    dvc = str(project / ".venv" / "bin" / "dvc")
    (project / "data" / "raw" / "table.csv").write_text("a,b\n1,2\n")
    run([dvc, "add", "--quiet", "data/raw/table.csv"], project)
    run([dvc, "push", "--quiet"], project)
    commit(project, "Add a table")
    other = clone(project, tmp_path / "other")
    run([dvc, "pull", "--quiet", "data/raw/table.csv.dvc"], other)
    assert (other / "data" / "raw" / "table.csv").read_text() == "a,b\n1,2\n"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    restored_as_in_ci(str(project / ".venv" / "bin" / "lab"), clone(project, tmp_path / "runner"), s3, monkeypatch)


def restored_as_in_ci(lab: str, runner: Path, s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job of GitHub Actions asks the remote once it has the secret DVC_CREDENTIALS, and not before."""
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    said = run([lab, "restore", "--tables"], runner, check=False)
    assert "DVC's remote, s3://flight-delays/dvc, can't be asked from here" in said
    assert "Error: data/raw/table.csv is kept by DVC alone" in said
    keys = f"['remote \"storage\"']\n    endpointurl = {s3}\n    access_key_id = test\n    secret_access_key = test\n"
    monkeypatch.setenv("DVC_CREDENTIALS", keys)
    assert "secret_access_key" not in run([lab, "restore", "--tables"], runner)
    assert (runner / "data" / "raw" / "table.csv").read_text() == "a,b\n1,2\n"
    assert ".dvc/config.local" not in run(["git", "status", "--porcelain", "--untracked-files=all"], runner)
