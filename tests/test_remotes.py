"""Every remote's lock installs beside dev.txt and gives DVC what it needs; S3 is pushed to and pulled from for real."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from journey import clone, cloned, commit, make, run
from services import s3_store
from sshd import sshd

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
    dvc = push_a_table(project)
    other = clone(project, tmp_path / "other")
    run([dvc, "pull", "--quiet", "data/raw/table.csv.dvc"], other)
    assert (other / "data" / "raw" / "table.csv").read_text() == "a,b\n1,2\n"
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name)
    restored_as_in_ci(str(project / ".venv" / "bin" / "lab"), clone(project, tmp_path / "runner"), s3, monkeypatch)


def push_a_table(project: Path) -> str:
    """Add a table to the project, and push and commit it; return the project's DVC."""
    dvc = str(project / ".venv" / "bin" / "dvc")
    (project / "data" / "raw" / "table.csv").write_text("a,b\n1,2\n")
    run([dvc, "add", "--quiet", "data/raw/table.csv"], project)
    run([dvc, "push", "--quiet"], project)
    commit(project, "Add a table")
    return dvc


def test_data_travels_over_ssh_with_a_key_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person pushes with a key of their own; a job has the secret DVC_KEY, and no agent, file or password."""
    project, store = cloned(tmp_path / "work", dvc_remote="ssh"), tmp_path / "store"
    make(project, "setup")
    (tmp_path / "server").mkdir()
    with sshd(tmp_path / "server", {}) as server:
        dvc = str(project / ".venv" / "bin" / "dvc")
        run([dvc, "remote", "modify", "storage", "url", f"{server.address}{store}"], project)
        run([dvc, "remote", "modify", "--local", "storage", "keyfile", str(tmp_path / "server/client")], project)
        push_a_table(project)
        runner = clone(project, tmp_path / "runner")
        lab = str(project / ".venv" / "bin" / "lab")
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
        assert "can't be asked from here" in run([lab, "restore", "--tables"], runner, check=False)
        monkeypatch.setenv("DVC_KEY", (tmp_path / "server/client").read_text(encoding="utf-8"))
        assert "PRIVATE KEY" not in run([lab, "restore", "--tables"], runner)
        assert (runner / "data" / "raw" / "table.csv").read_text() == "a,b\n1,2\n"
        monkeypatch.delenv("DVC_KEY")
        assert "Shared on ssh://" in run([lab, "share"], runner)
    assert "key" not in run(["git", "status", "--porcelain", "--untracked-files=all"], runner)


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
