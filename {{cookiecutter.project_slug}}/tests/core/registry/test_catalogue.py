"""Reading MLflow's registry, on a real store, and asking again where that is busy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, TEMPORARILY_UNAVAILABLE

from {{cookiecutter.__package}}.core.registry import catalogue
from {{cookiecutter.__package}}.core.registry.entries import CHAMPION
from {{cookiecutter.__package}}.core.registry.errors import StoreError


@pytest.fixture
def client(empty_store: Path, tmp_path: Path) -> MlflowClient:
    """MLflow on a database of its own."""
    uri = f"sqlite:///{shutil.copy(empty_store, tmp_path)}"
    return MlflowClient(uri, uri)


def failing(times: int, code: int) -> list[MlflowException | str]:
    """Return what a call does: fail so many times, and answer."""
    return [MlflowException("first line.\nsecond line", code)] * times + ["answer"]


def next_of(waiting: list[MlflowException | str]) -> str:
    """Do the next thing of a list."""
    done = waiting.pop(0)
    if isinstance(done, MlflowException):
        raise done
    return done


def test_a_busy_store_is_asked_again():
    """As often as it takes, for some seconds."""
    assert catalogue.asked(next_of, failing(4, TEMPORARILY_UNAVAILABLE)) == "answer"


def test_a_store_that_stays_busy_is_named(monkeypatch: pytest.MonkeyPatch):
    """In one sentence, with what MLflow says first."""
    monkeypatch.setattr(catalogue, "PATIENCE_SECONDS", 0.05)
    with pytest.raises(StoreError, match=r"^MLflow's store can't be used as it is: first line\.$"):
        catalogue.asked(next_of, failing(10_000, TEMPORARILY_UNAVAILABLE))


def test_what_is_wrong_for_good_is_not_asked_twice():
    """A name that MLflow doesn't take won't be taken later."""
    waiting = failing(1, INVALID_PARAMETER_VALUE)
    with pytest.raises(StoreError, match="first line"):
        catalogue.asked(next_of, waiting)
    assert waiting == ["answer"]


@pytest.mark.parametrize("name", ["{{cookiecutter.project_slug}}", "it's \u00e9t\u00e9", 'a "model"'])
def test_a_model_is_found_under_its_name_alone(client: MlflowClient, name: str):
    """Whatever quotes are in it; and nothing else is."""
    for other in ("flight", "{{cookiecutter.project_slug}}-releases", name):
        catalogue.make(client, other)
        client.create_model_version(other, "s3://bucket/model", tags={"version": "1.0.0"})
    (found,) = catalogue.versions(client, name)
    assert (found.number, found.version, found.sha256) == (1, "1.0.0", "")
    assert catalogue.versions(client, "another") == []
    assert catalogue.champion_number(client, name) is None
    client.set_registered_model_alias(name, CHAMPION, "1")
    assert catalogue.champion_number(client, name) == 1
    assert catalogue.champion_number(client, "another") is None


def test_making_a_model_that_is_there_changes_nothing(client: MlflowClient):
    """And one that MLflow doesn't take is refused."""
    catalogue.make(client, "made-up")
    catalogue.make(client, "made-up")
    assert [model.name for model in client.search_registered_models()] == ["made-up"]
    with pytest.raises(StoreError, match="can't be used as it is"):
        catalogue.make(client, "made/up")


def test_all_versions_are_read_however_many_there_are(client: MlflowClient, monkeypatch: pytest.MonkeyPatch):
    """In the order of their numbers, without those that were deleted."""
    monkeypatch.setattr(catalogue, "AT_ONCE", 2)
    catalogue.make(client, "made-up")
    for _ in range(11):
        client.create_model_version("made-up", "s3://bucket/model")
    client.delete_model_version("made-up", "4")
    assert [version.number for version in catalogue.versions(client, "made-up")] == [1, 2, 3, *range(5, 12)]


def test_a_run_that_nobody_knows_has_no_tags(client: MlflowClient):
    """It was deleted for good, or is on another server."""
    assert catalogue.run_tags(client, "0" * 32) == {}
    assert catalogue.run_tags(client, "") == {}


def test_a_file_that_is_not_there_is_named_without_its_place(client: MlflowClient, tmp_path: Path):
    """What is written into records must not say where MLflow keeps things."""
    catalogue.make(client, "made-up")
    client.create_model_version("made-up", (tmp_path / "secret").as_uri())
    with pytest.raises(StoreError) as refused:
        catalogue.model_file(client, "made-up", 1, "artifacts/model.onnx")
    assert str(refused.value).startswith("artifacts/model.onnx can't be had from MLflow's store (")
    assert "secret" not in str(refused.value)
