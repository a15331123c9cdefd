"""A project with registered models, on a database of its own: made once, and copied for each test."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import mlflow
import msgspec
import onnx as onnx_format
import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient
from sqlalchemy import event
from sqlalchemy.engine import Engine

from {{cookiecutter.__package}}.core import data, schema
from {{cookiecutter.__package}}.core.registry import entries
from {{cookiecutter.__package}}.live import cli, golden, runtime
from {{cookiecutter.__package}}.live.registry import promotion, proof, rollback, store
from {{cookiecutter.__package}}.live.registry.store import Situation

from ..conftest import forked

AtOnce = Callable[..., list[tuple[int, str]]]
NAME = "made-up"
# Enough to promote to and fro, and each of other bytes.
MODELS = ("1.0.0", "1.0.1", "1.1.0", "1.2.0", "2.0.0")


class Project(NamedTuple):
    """A project with registered models, whose files lie where `files` says, and what a person does with them."""

    root: Path
    files: dict[str, Path]
    server: str = ""

    @property
    def uri(self) -> str:
        """Where it records."""
        return self.server or f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def client(self) -> MlflowClient:
        """MLflow, asked directly."""
        return MlflowClient(self.uri, self.uri)

    @property
    def registry(self) -> store.Registry:
        """The registry as commands open it."""
        os.environ["MLFLOW_TRACKING_URI"] = self.uri
        return store.open_registry(self.root, NAME)

    def live(self, *arguments: str) -> Result:
        """Call `live` in the project."""
        os.chdir(self.root)
        os.environ["MLFLOW_TRACKING_URI"] = self.uri
        who = os.environ.get("LIVE_ACTOR") or "ada"
        return CliRunner().invoke(cli.main, arguments, env={"LIVE_ACTOR": who})

    def refused(self, *arguments: str) -> str:
        """Call `live` and return the one sentence with which it refuses; nothing may have changed."""
        before = self.look()
        result = self.live(*arguments)
        assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
        assert result.output.startswith("Error: ")
        assert result.output.count("\n") == 1
        after = self.look()
        assert (after.alias, after.releases) == (before.alias, before.releases)
        return result.output

    def done(self, *arguments: str) -> str:
        """Call `live`, and return what it says when all went well."""
        result = self.live(*arguments)
        assert result.exit_code == 0, (arguments, result.output)
        return result.output

    def look(self) -> Situation:
        """Return the registry as it is."""
        return store.look(self.registry)

    def champion(self) -> str | None:
        """Return the version with the alias; it has to be the one that the log says."""
        found = self.look()
        assert found.alias == found.standing.champion
        return found.shown(found.alias) if found.alias else None

    def number(self, version: str) -> int:
        """Return MLflow's number of a version."""
        return next(number for number, known in self.look().versions.items() if known.version == version)

    def gate(self, version: str, **changes: Any) -> None:
        """Tag a version with the verdict of a gate that it passed, unless the changes say otherwise."""
        text = verdict(**{"sha256": self.sha256(version), **changes})
        self.client.set_model_version_tag(NAME, str(self.number(version)), entries.GATE, text)

    def sha256(self, version: str) -> str:
        """Return the hash of a version's bytes."""
        return runtime.load_signature(self.files[version] / "signature.json").sha256

    def lay_down(self, version: str) -> None:
        """Put a version's files into models/, as if it had just been trained."""
        shutil.copytree(self.files[version], self.root / "models", dirs_exist_ok=True)

    def alias(self, version: str) -> None:
        """Move the alias by hand, as MLflow's page lets anyone."""
        self.client.set_registered_model_alias(NAME, entries.CHAMPION, str(self.number(version)))


def variation(content: bytes, name: str) -> bytes:
    """Return a model with other bytes and the same answers."""
    changed = onnx_format.load_from_string(content)
    changed.doc_string = name
    return changed.SerializeToString()


@contextmanager
def preparing() -> Iterator[None]:
    """Leave folder and environment as they were: what is made once is made outside of any test."""
    here, before = Path.cwd(), dict(os.environ)
    yield
    os.chdir(here)
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def add(onnx: bytes, served: runtime.Model, rows: list[dict[str, Any]]) -> Callable[..., Project]:
    """Register one more model, with files of its own in the project's folder and a gate that lets it in anywhere."""

    def register(project: Project, version: str) -> Project:
        mlflow.set_tracking_uri(project.uri)
        client, content = project.client, variation(onnx, version)
        signature = msgspec.structs.replace(served.signature, sha256=schema.sha256(content))
        made = project.root / "made" / version / "artifacts"
        data.save_bytes(content, made / "model.onnx")
        data.save_json(signature, made / "signature.json")
        place = (project.root / "kept").as_uri() if project.uri.startswith("sqlite:") else None
        experiment = client.create_experiment(version, artifact_location=place)
        run = client.create_run(
            experiment, tags={"git.commit": "c" * 40, "git.dirty": "true", "input.data/a": "f" * 64}
        )
        client.log_dict(run.info.run_id, golden.golden_rows(runtime.load_model(made), rows[:8]), entries.GOLDEN_FILE)
        logged = client.create_logged_model(experiment, "model", run.info.run_id)
        client.log_model_artifacts(logged.model_id, str(made.parent))
        tags = {
            entries.SHA256: signature.sha256,
            entries.VERSION: version,
            entries.SIGNATURE: entries.hash_of(signature),
            entries.GATE: verdict(sha256=signature.sha256, compared=False),
        }
        client.create_model_version(NAME, f"models:/{logged.model_id}", run.info.run_id, tags, model_id=logged.model_id)
        files = Path(logged.artifact_location.removeprefix("file://"), "artifacts") if place else made
        return project._replace(files={**project.files, version: files})

    return register


def verdict(passed: bool = True, **known: Any) -> str:
    """Return the verdict of a gate as the tag keeps it."""
    return msgspec.json.encode(entries.Verdict(passed=passed, **known)).decode()


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, empty_store: Path, add: Callable[..., Project]) -> Project:
    """The project that each test gets a copy of; the copies share the files of its models."""
    root = tmp_path_factory.mktemp("registry")
    (root / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    (root / "params.yaml").write_text(f"name: {NAME}\n", encoding="utf-8")
    shutil.copy(empty_store, root / "mlflow.db")
    project = Project(root, {})
    with preparing():
        project.client.create_registered_model(NAME)
        for version in MODELS:
            project = add(project, version)
    return project


def copy(source: Project, root: Path) -> Project:
    """Copy a project to a folder, with a database of its own; the files of its models stay where they are."""
    root.mkdir()
    for name in ("dvc.yaml", "params.yaml", "mlflow.db"):
        shutil.copy(source.root / name, root / name)
    return source._replace(root=root)


@pytest.fixture
def copied(template: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    """Make a copy of the project, or of another, and go there."""
    count = iter(range(10_000))

    def make(source: Project = template) -> Project:
        made = copy(source, tmp_path / f"copy-{next(count)}")
        monkeypatch.chdir(made.root)
        return made

    return make


@pytest.fixture
def registered(copied: Callable[..., Project]) -> Project:
    """A project of one's own, with the caller in it."""
    return copied()


@pytest.fixture(scope="session")
def climbed_once(template: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The project after three promotions."""
    made = copy(template, tmp_path_factory.mktemp("climbed") / "project")
    with preparing():
        for version in ("1.0.0", "1.0.1", "1.1.0"):
            made.done("promote", version)
    return made


@pytest.fixture
def climbed(climbed_once: Project, copied: Callable[..., Project]) -> Project:
    """A project that had three champions, one after the other: 1.0.0, 1.0.1 and 1.1.0."""
    return copied(climbed_once)


@pytest.fixture(scope="session")
def breakable_once(
    climbed_once: Project, add: Callable[..., Project], tmp_path_factory: pytest.TempPathFactory
) -> Project:
    """The project after two more promotions, of 3.0.0 and 1.0.0; and 3.1.0, which never was champion."""
    made = copy(climbed_once, tmp_path_factory.mktemp("breakable") / "project")
    with preparing():
        made = add(add(made, "3.0.0"), "3.1.0")
        for version in ("3.0.0", "1.0.0"):
            made.done("promote", version)
    return made


@pytest.fixture
def breakable(breakable_once: Project, copied: Callable[..., Project], tmp_path: Path) -> Iterator[Project]:
    """The same, with the files of 3.0.0 and 3.1.0 there to be damaged; they are whole again afterwards."""
    kept, whole = breakable_once.root / "kept", tmp_path / "whole"
    shutil.copytree(kept, whole)
    yield copied(breakable_once)
    shutil.rmtree(kept)
    shutil.copytree(whole, kept)


@pytest.fixture(scope="session")
def at_once() -> AtOnce:
    """Give several commands to `live` at the same moment, each in a process of its own; return exit codes and words.

    With `together` each waits, with what it has read, until all have proven their model and nobody has written.
    """

    def run(project: Project, commands: list[tuple[str, ...]], *, together: bool = False) -> list[tuple[int, str]]:
        (start, go), (ready, waits) = os.pipe(), os.pipe()
        said = [project.root / f"said-{place}.json" for place in range(len(commands))]

        def proven(registry: store.Registry, target: entries.Version) -> None:
            proof.prove(registry, target)
            os.write(waits, b".")
            os.read(start, 1)

        def work(place: int) -> None:
            os.close(go)
            os.environ["LIVE_ACTOR"] = f"person {place}"
            if together:
                promotion.prove = rollback.prove = proven
            else:
                os.write(waits, b".")
                os.read(start, 1)
            result = project.live(*commands[place])
            said[place].write_text(json.dumps([result.exit_code, result.output]), encoding="utf-8")
            # One that was refused before it had proven anything keeps nobody waiting.
            os.write(waits, b".")

        children = [forked(lambda place=place: work(place)) for place in range(len(commands))]
        for _ in commands:
            os.read(ready, 1)
        os.close(go)
        for child in children:
            os.waitpid(child, 0)
        for end in (start, ready, waits):
            os.close(end)
        return [tuple(json.loads(path.read_text(encoding="utf-8"))) for path in said]

    return run


@pytest.fixture(scope="session")
def killed() -> Callable[..., bool]:
    """Give a command to `live` in a process that kills itself at the n-th place where a kill can matter.

    These are each statement that writes, each commit of one, and the first statement after that: what only reads
    leaves nothing behind that the place before it didn't. Returns whether it was killed.
    """

    def run(project: Project, place: int, *command: str) -> bool:
        def work() -> None:
            places, wrote = iter(range(1, 10_000)), []

            def here() -> None:
                if next(places) == place:
                    os.kill(os.getpid(), signal.SIGKILL)

            def statement(connection: Any, cursor: Any, text: str, *_: Any) -> None:
                writes = text.split(maxsplit=1)[0] in ("INSERT", "UPDATE", "DELETE")
                if writes or "committed" in wrote:
                    wrote[:] = ["written"] if writes else []
                    here()

            def commit(connection: Any) -> None:
                if wrote:
                    wrote[:] = ["committed"]
                    here()

            event.listen(Engine, "before_cursor_execute", statement)
            event.listen(Engine, "commit", commit)
            project.live(*command)

        _, status = os.waitpid(forked(work), 0)
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL

    return run
