"""What dvc.lock names is brought here by the cheapest way there is; real DVC, a real remote in a folder."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core.project import WorkspaceError
from {{cookiecutter.__package}}.lab.restoring import remote, restore
from {{cookiecutter.__package}}.lab.staleness import freshness

HERE = ["models/bento", "data/table.txt", "reports"]


def emptied(root: Path, *more: str) -> Path:
    """Leave what a clone has."""
    for name in (*HERE, *more):
        path = root / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    return root


def brought(root: Path, **options: bool) -> list[str]:
    """Restore, and return what it said; afterwards everything is up to date."""
    said: list[str] = []
    restore.restore(root, dict(os.environ), said.append, **options)
    assert not [verdict for verdict in freshness.Freshness(root).verdicts() if verdict.stale]
    return said


@pytest.fixture
def storage(pipeline_ran: Path, run_dvc: Callable[..., str]) -> Path:
    """A folder as the default remote, with everything in it."""
    run_dvc(pipeline_ran, "remote", "add", "--default", "storage", str(pipeline_ran.parent / "storage"))
    (pipeline_ran.parent / "storage").mkdir()
    run_dvc(pipeline_ran, "push")
    return pipeline_ran.parent / "storage"


def test_the_cache_is_enough(pipeline_ran: Path):
    """Nothing runs, and no remote is asked where there is none."""
    said = brought(emptied(pipeline_ran))
    assert said == [
        "DVC's remote, which has no address, can't be asked from here: looking in the cache.",
        "Everything that dvc.lock names is here.",
    ]


def test_the_remote_is_asked_first(pipeline_ran: Path, storage: Path):
    """A clone without a cache runs nothing."""
    said = brought(emptied(pipeline_ran, ".dvc/cache"))
    assert said == [f"Asking {storage}.", "Everything that dvc.lock names is here."]


def test_what_nobody_kept_is_made_again_and_compared(pipeline_ran: Path, monkeypatch: pytest.MonkeyPatch):
    """The bytes that differ from dvc.lock's are named. No environment has to be active for that."""
    active = Path(sys.executable).parent
    found = [place for place in os.environ["PATH"].split(os.pathsep) if Path(place) != active]
    monkeypatch.setenv("PATH", os.pathsep.join(found))
    said = brought(emptied(pipeline_ran, ".dvc/cache"))
    assert said[1].startswith("Neither the remote nor the cache has what these should have made, so they run: 01_first")
    assert said[-1].startswith("Made again; ")
    assert "data/table.txt" not in said[-1]


def test_what_was_made_again_is_shared_on_request(pipeline_ran: Path, storage: Path):
    """The next clone pulls it."""
    shutil.rmtree(storage)
    storage.mkdir()
    assert brought(emptied(pipeline_ran, ".dvc/cache"), share=True)[-1] == f"Shared on {storage}."
    assert brought(emptied(pipeline_ran, ".dvc/cache"))[-1] == "Everything that dvc.lock names is here."


def test_pruning_leaves_what_dvc_lock_names_and_no_more(pipeline_ran: Path, run_dvc: Callable[..., str]):
    """What a workflow keeps for later runs doesn't grow with every model there ever was."""

    def kept() -> set[str]:
        return {path.name for path in (pipeline_ran / ".dvc/cache/files/md5").glob("*/*")}

    before = kept()
    (pipeline_ran / "data" / "own.csv").write_text("what is in no commit", encoding="utf-8")
    run_dvc(pipeline_ran, "add", "data/own.csv")
    (pipeline_ran / "data" / "own.csv.dvc").unlink()
    brought(pipeline_ran)
    (stray,) = kept() - before
    brought(pipeline_ran, prune=True)
    assert stray not in kept()
    assert brought(emptied(pipeline_ran))[-1] == "Everything that dvc.lock names is here."


def test_a_table_that_is_nowhere_is_one_sentence(pipeline_ran: Path, run_dvc: Callable[..., str]):
    """No run can make it; with the cache it is back."""
    table = pipeline_ran / "data" / "own.csv"
    table.write_text("1", encoding="utf-8")
    run_dvc(pipeline_ran, "add", "data/own.csv")
    table.unlink()
    restore.restore(pipeline_ran, {}, lambda _: None, tables_only=True)
    assert table.read_text(encoding="utf-8") == "1"
    emptied(pipeline_ran, ".dvc/cache", "data/own.csv")
    with pytest.raises(WorkspaceError, match=r"data/own.csv is kept by DVC alone"):
        restore.restore(pipeline_ran, {}, lambda _: None, tables_only=True)


@pytest.mark.parametrize(
    ("url", "environ", "asked"),
    [
        ("", {}, False),
        ("../nowhere", {}, False),
        ("s3://flights/dvc", {}, True),
        ("s3://flights/dvc", {"GITHUB_ACTIONS": "true"}, False),
        ("s3://flights/dvc", {"GITHUB_ACTIONS": "true", "AWS_ACCESS_KEY_ID": "x"}, True),
        ("s3://flights/dvc", {"GITHUB_ACTIONS": "true", "GOOGLE_APPLICATION_CREDENTIALS": "x"}, False),
        ("gs://flights/dvc", {"GITHUB_ACTIONS": "true", "GOOGLE_APPLICATION_CREDENTIALS": "x"}, True),
        ("azure://flights/dvc", {"GITHUB_ACTIONS": "true", "AZURE_CLIENT_ID": "x"}, True),
        ("azure://flights/dvc", {"GITHUB_ACTIONS": "true", "AZURE_CLIENT_ID": ""}, False),
        ("ssh://flights/dvc", {"GITHUB_ACTIONS": "true", "DVC_CREDENTIALS": "x"}, True),
        ("ssh://flights/dvc", {"GITHUB_ACTIONS": "true", "DVC_KEY": "x"}, True),
        ("ssh://flights/dvc", {"GITHUB_ACTIONS": "true"}, False),
    ],
)
def test_ci_asks_only_a_remote_that_it_was_given_a_login_for(
    tmp_path: Path, url: str, environ: dict[str, str], asked: bool
):
    """An address that nobody has claimed yet may be somebody else's."""
    configured(tmp_path, url)
    assert remote.is_reachable(tmp_path, environ) is asked


def configured(root: Path, url: str) -> Path:
    """Give a folder a default remote."""
    (root / ".dvc").mkdir()
    (root / ".dvc" / "config").write_text(f"[core]\n    remote = x\n['remote \"x\"']\n    url = {url}\n")
    return root


def test_credentials_are_written_for_nobody_else_to_read(tmp_path: Path):
    """They end in .dvc/config.local; a file that is there and differs is left alone; no error repeats them."""
    (tmp_path / ".dvc").mkdir()
    path, secret = tmp_path / ".dvc" / "config.local", "['remote \"storage\"']\n    secret_access_key = hush"
    for _ in range(2):
        remote.write_credentials(tmp_path, {"DVC_CREDENTIALS": secret})
        assert path.read_text(encoding="utf-8") == f"{secret}\n"
        assert path.stat().st_mode & 0o777 == 0o600
    for text in ("['remote \"storage\"']\n    secret_access_key = other hush", "hush"):
        with pytest.raises(WorkspaceError) as refusal:
            remote.write_credentials(tmp_path, {"DVC_CREDENTIALS": text})
        assert "hush" not in str(refusal.value)
    assert path.read_text(encoding="utf-8") == f"{secret}\n"


SSH_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nhush\n-----END OPENSSH PRIVATE KEY-----"


@pytest.mark.parametrize(
    ("url", "key", "setting"),
    [
        ("ssh://host/srv/dvc", SSH_KEY, "keyfile"),
        ("gs://flights/dvc", '{"type": "service_account", "private_key": "hush"}', "credentialpath"),
    ],
)
def test_a_key_becomes_a_file_that_dvc_is_told_of(tmp_path: Path, url: str, key: str, setting: str):
    """Beside what else a .dvc/config.local says; a later step of the job may ask the remote, too."""
    root = configured(tmp_path, url)
    secrets = {"GITHUB_ACTIONS": "true", "DVC_KEY": f"{key}\n", "DVC_CREDENTIALS": "['remote \"x\"']\nuser = ada"}
    for _ in range(2):
        remote.write_credentials(root, secrets)
    path = root / ".dvc" / "tmp" / "key"
    assert path.read_text(encoding="utf-8") == f"{key}\n"
    assert path.stat().st_mode & 0o777 == 0o600
    told = (root / ".dvc" / "config.local").read_text(encoding="utf-8")
    assert told == f"['remote \"x\"']\nuser = ada\n{setting} = {path}\n"
    assert remote.is_reachable(root, {"GITHUB_ACTIONS": "true"})


@pytest.mark.parametrize(
    ("url", "key", "words"),
    [
        ("ssh://host/srv/dvc", "ssh-ed25519 hush", "DVC_KEY is not a private key, as ssh-keygen writes it."),
        ("gs://flights/dvc", SSH_KEY, "DVC_KEY is not a service account's key, as JSON."),
        ("s3://flights/dvc", SSH_KEY, "DVC_KEY is for remotes at ssh:// or gs://, and this one is at s3://flights"),
    ],
)
def test_what_is_no_key_for_the_remote_is_refused_unquoted(tmp_path: Path, url: str, key: str, words: str):
    """Nothing is written."""
    root = configured(tmp_path, url)
    with pytest.raises(WorkspaceError, match=words) as refusal:
        remote.write_credentials(root, {"DVC_KEY": key})
    assert "hush" not in str(refusal.value)
    assert [path.name for path in (root / ".dvc").rglob("*")] == ["config"]
