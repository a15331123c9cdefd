"""What is registered, under which version, and what is kept with it afterwards."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import mlflow
import msgspec
import numpy as np
import pytest
from mlflow import MlflowClient

from {{cookiecutter.__package}}.core import data, lineage
from {{cookiecutter.__package}}.core.registry import entries
from {{cookiecutter.__package}}.core.schema import Signature, sha256
from {{cookiecutter.__package}}.lab import registration
from {{cookiecutter.__package}}.lab.registration import Registered
from {{cookiecutter.__package}}.lab.stage import Stage
from {{cookiecutter.__package}}.live import runtime

NAME = "tiny"


class Workbench(NamedTuple):
    """A stage that makes models, on a database of its own."""

    root: Path
    signature: Signature
    experiment: str

    def stage(self, mode: str = "official") -> Stage:
        """Open the stage."""
        os.chdir(self.root)
        os.environ.update({"MLFLOW_TRACKING_URI": "", "DVC_STAGE": "second" if mode == "official" else ""})
        opened = Stage("second")
        mlflow.set_tracking_uri(opened.tracking_uri)
        assert opened.mode == mode
        return opened

    def make(self, content: bytes = b"a model", **changes: Any) -> tuple[Stage, SimpleNamespace]:
        """Write a model and its signature as the stage does, and log them with a run of its own."""
        stage, features = self.stage(), {**self.signature.features}
        for name, change in changes.items():
            features[name] = msgspec.structs.replace(features[name], **change)
        signature = msgspec.structs.replace(self.signature, features=features, sha256=sha256(content))
        data.save_bytes(content, stage.output("model"))
        data.save_json(signature, stage.output("signature"))
        client, run = MlflowClient(), MlflowClient().create_run(self.experiment)
        logged = client.create_logged_model(self.experiment, "model", run.info.run_id)
        for name in ("model", "signature"):
            path = stage.output(name)
            target = Path(logged.artifact_location.removeprefix("file://"), "artifacts", path.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
        info = {"model_uri": f"models:/{logged.model_id}", "run_id": run.info.run_id, "model_id": logged.model_id}
        return stage, SimpleNamespace(**info)

    def register(self, content: bytes = b"a model", **changes: Any) -> Registered:
        """Make a model and register it."""
        return registration.register(*self.make(content, **changes))

    def registered(self) -> list[entries.Version]:
        """Return what is registered."""
        self.stage()
        return registration.registered_versions(self.stage())

    def lineage(self, known: Registered) -> lineage.Lineage:
        """Return the lineage of a model that was made here."""
        run = MlflowClient().create_run(self.experiment)
        return registration.lineage(self.stage(), run, known)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory, make_project: Callable[[Path], Path], empty_store: Path) -> Path:
    """A project whose stage trains on a table, with a database in which nothing is registered."""
    root = make_project(tmp_path_factory.mktemp("registration") / "tiny")
    described = (root / "dvc.yaml").read_text(encoding="utf-8").replace("data/table.txt", "data/train.txt")
    (root / "dvc.yaml").write_text(described, encoding="utf-8")
    (root / "data" / "train.txt").write_text("a table\n", encoding="utf-8")
    shutil.copy(empty_store, root / "mlflow.db")
    return root


@pytest.fixture
def bench(template: Path, tmp_path: Path, served: runtime.Model, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """A project of one's own in which nothing is registered yet."""
    shutil.copytree(template, tmp_path / "tiny")
    monkeypatch.chdir(tmp_path / "tiny")
    client, kept = MlflowClient(f"sqlite:///{tmp_path / 'tiny' / 'mlflow.db'}"), (tmp_path / "kept").as_uri()
    return Workbench(tmp_path / "tiny", served.signature, client.create_experiment("made", artifact_location=kept))


def test_versions_follow_from_what_changed(bench: Workbench):
    """Bytes, data, features, and what a request may be: nobody types a version in."""
    assert bench.register(b"first") == Registered("1.0.0", "1")
    assert bench.register(b"other options") == Registered("1.0.1", "2")
    (bench.root / "data" / "train.txt").write_text("another table\n", encoding="utf-8")
    assert bench.register(b"other data") == Registered("1.1.0", "3")
    assert bench.register(b"null too", amount={"nullable": True}) == Registered("1.2.0", "4")
    assert bench.register(b"null too", amount={"nullable": True, "about": "€"}) == Registered("1.2.1", "5")
    assert bench.register(b"no null") == Registered("2.0.0", "6")


def test_the_same_model_is_registered_once(bench: Workbench):
    """Made again from the same or another commit, it keeps its name; and the tags say what it is."""
    first = bench.register(b"a model")
    bench.register(b"another")
    assert bench.register(b"a model") == first
    kept = bench.registered()
    assert [version.version for version in kept] == ["1.0.0", "1.0.1"]
    assert kept[0].sha256 == sha256(b"a model")
    assert kept[0].trained_on == sha256(b"a table\n")
    assert kept[0].signature


def test_other_bounds_on_the_same_bytes_are_another_version(bench: Workbench):
    """They aren't in the bytes, and decide what the service refuses."""
    assert bench.register(b"a model") == Registered("1.0.0", "1")
    assert bench.register(b"a model", amount={"max": 9.0}) == Registered("2.0.0", "2")
    assert bench.register(b"a model") == Registered("1.0.0", "1")


def test_a_version_counts_from_the_champion(bench: Workbench):
    """Not from what was tried and never went live; and no number is given twice."""
    bench.register(b"first")
    bench.register(b"narrow", amount={"max": 9.0})
    MlflowClient().set_registered_model_alias(NAME, entries.CHAMPION, "1")
    assert bench.register(b"like the first") == Registered("1.0.1", "3")
    assert bench.register(b"wide", amount={"nullable": True}) == Registered("1.1.0", "4")
    assert bench.register(b"narrower", amount={"max": 8.0}) == Registered("3.0.0", "5")
    MlflowClient().set_registered_model_alias(NAME, entries.CHAMPION, "2")
    assert bench.register(b"narrow too", amount={"max": 9.0}) == Registered("2.0.1", "6")


def test_where_no_registry_outlives_the_job_versions_go_on_from_the_given_champion(
    bench: Workbench, monkeypatch: pytest.MonkeyPatch
):
    """As in CI: nothing is registered there, and main's champion is in a folder, with its lineage."""
    folder = bench.root / "given"
    folder.mkdir()
    inputs = {"data/train.txt": sha256(b"a table\n")}
    known = msgspec.structs.replace(bench.lineage(Registered("3.1.4", "9")), inputs=inputs)
    champion = msgspec.structs.replace(bench.signature, sha256=sha256(b"main's"))
    data.save_json(known, folder / "lineage.json")
    data.save_json(champion, folder / "signature.json")
    monkeypatch.setenv("LIVE_CHAMPION", "given")
    assert bench.register(b"main's") == Registered("3.1.4", "1")
    assert bench.register(b"another") == Registered("3.1.5", "2")
    (bench.root / "data" / "train.txt").write_text("another table\n", encoding="utf-8")
    assert bench.register(b"other data") == Registered("3.2.0", "3")
    assert bench.register(b"no more null", amount={"max": 9.0}) == Registered("4.0.0", "4")
    (folder / "lineage.json").unlink()
    assert bench.register(b"without files, the registry's newest") == Registered("4.1.0", "5")


def test_what_cannot_be_compared_is_taken_for_incompatible(bench: Workbench):
    """The champion's signature is gone or damaged, or somebody registered it by hand."""
    bench.register(b"first")
    (kept,) = bench.root.with_name("kept").glob("**/signature.json")
    whole = kept.read_bytes()
    kept.write_bytes(b"{")
    assert bench.register(b"second") == Registered("2.0.0", "2")
    MlflowClient().set_registered_model_alias(NAME, entries.CHAMPION, "1")
    kept.unlink()
    assert bench.register(b"third") == Registered("3.0.0", "3")
    kept.write_bytes(whole)
    for tag in (entries.VERSION, entries.SHA256):
        MlflowClient().delete_model_version_tag(NAME, "1", tag)
    assert bench.register(b"fourth") == Registered("4.0.0", "4")


def test_without_knowing_the_earlier_table_the_data_counts_as_changed(bench: Workbench):
    """A stage without a training table, or a version whose tag somebody took."""
    bench.register(b"first")
    MlflowClient().delete_model_version_tag(NAME, "1", entries.TRAINED_ON)
    assert bench.register(b"second") == Registered("1.1.0", "2")


def test_what_a_killed_registration_left_is_nobodys(bench: Workbench):
    """It chose a version that an older number has; the same model gets one of its own."""
    bench.register(b"first")
    bench.register(b"second")
    MlflowClient().set_model_version_tag(NAME, "2", entries.VERSION, "1.0.0")
    assert bench.register(b"second") == Registered("1.0.1", "3")
    assert bench.register(b"second") == Registered("1.0.1", "3")


@pytest.mark.parametrize("contents", [[b"same"] * 4, [b"a", b"b", b"c", b"d"]], ids=["same", "different"])
def test_several_at_once_get_a_version_each_model(bench: Workbench, contents: list[bytes]):
    """One model has one version, and no two models have the same, however many register at the same moment."""
    bench.register(b"first")
    made = [bench.make(content) for content in contents]
    signatures = [msgspec.structs.replace(bench.signature, sha256=sha256(content)) for content in contents]
    start, go = os.pipe()
    children = []
    for place, ((stage, info), signature) in enumerate(zip(made, signatures, strict=True)):
        children.append(os.fork())
        if not children[-1]:
            try:
                os.close(go)
                os.read(start, 1)
                registration.own_signature = lambda _, known=signature: known
                Path(f"said-{place}").write_text(json.dumps(registration.register(stage, info)), encoding="utf-8")
            finally:
                os._exit(0)
    os.close(go)
    for child in children:
        os.waitpid(child, 0)
    os.close(start)
    said = [Registered(*json.loads(Path(f"said-{place}").read_text(encoding="utf-8"))) for place in range(4)]
    kept = {(version.version, str(version.number)): version.sha256 for version in bench.registered()}
    assert {content: kept[answer] for content, answer in zip(contents, said, strict=True)} == {
        content: sha256(content) for content in contents
    }
    assert len({answer.version for answer in said}) == len(set(contents))
    assert len(kept) == 1 + len(set(contents))


GATE = {
    "passed": np.True_,
    "compared": False,
    "champion": None,
    "difference": {"gain": np.float32(0.5)},
    "rules": [{"rule": "threshold", "passed": True, "says": "."}],
}


def test_the_gate_s_verdict_is_kept_with_the_version(bench: Workbench):
    """As a tag that promotion reads; the last verdict on a model is the one that holds."""
    bench.register(b"first")
    known = bench.lineage(bench.register(b"a model"))
    gate = {**GATE, "sha256": sha256(b"a model")}
    assert registration.record_verdict(bench.stage(), known, gate)
    first, second = bench.registered()
    assert (first.verdict, second.verdict) == (None, entries.Verdict(sha256=sha256(b"a model"), passed=True))
    assert registration.record_verdict(bench.stage(), known, {**gate, "passed": False})
    assert not bench.registered()[1].verdict.passed


def test_a_comparison_that_params_yaml_switched_off_is_a_choice(bench: Workbench):
    """Only then may the version replace whoever is champion."""
    known = bench.lineage(bench.register(b"a model"))
    written = (bench.root / "params.yaml").read_text(encoding="utf-8")
    chosen = f"{written}\nevaluation:\n  gate:\n    compare: false\n"
    (bench.root / "params.yaml").write_text(chosen, encoding="utf-8")
    assert registration.record_verdict(bench.stage(), known, {**GATE, "sha256": sha256(b"a model")})
    assert not bench.registered()[0].verdict.compared


def test_a_verdict_goes_to_no_model_but_its_own(bench: Workbench):
    """Not from a draft, not to another model of that number, not to a registry without it; and none is made for it."""
    known = bench.lineage(bench.register(b"a model"))
    gate = {**GATE, "sha256": sha256(b"a model")}
    assert not registration.record_verdict(bench.stage("draft"), known, gate)
    assert not registration.record_verdict(bench.stage(), known, {**gate, "sha256": "0" * 64})
    assert not registration.record_verdict(bench.stage(), msgspec.structs.replace(known, registered="7"), gate)
    assert not registration.record_verdict(bench.stage(), msgspec.structs.replace(known, registered=None), gate)
    assert bench.registered()[0].verdict is None
    (bench.root / "mlflow.db").rename(bench.root / "moved.db")
    assert not registration.record_verdict(bench.stage(), known, gate)
    assert not (bench.root / "mlflow.db").exists()


def test_files_are_kept_with_the_run_that_made_the_bytes_first(bench: Workbench):
    """That is where promotion looks for golden rows, however often the model was made since."""
    bench.register(b"a model")
    bench.register(b"a model")
    (version,) = bench.registered()
    golden = bench.root / "golden.json"
    golden.write_text("{}", encoding="utf-8")
    signature = msgspec.structs.replace(bench.signature, sha256=sha256(b"a model"))
    assert registration.attach(bench.stage(), signature, "golden", golden)
    kept = mlflow.artifacts.download_artifacts(run_id=version.run_id, artifact_path=entries.GOLDEN_FILE)
    assert Path(kept).read_text(encoding="utf-8") == "{}"


def test_files_of_a_draft_or_of_a_stranger_are_not_kept(bench: Workbench):
    """An official run stays as it is, and another model's golden rows would close its way back."""
    bench.register(b"a model")
    signature = msgspec.structs.replace(bench.signature, sha256=sha256(b"a model"))
    stranger = msgspec.structs.replace(bench.signature, sha256=sha256(b"of a colleague"))
    assert not registration.attach(bench.stage("draft"), signature, "golden", bench.root / "params.yaml")
    assert not registration.attach(bench.stage(), stranger, "golden", bench.root / "params.yaml")
    (version,) = bench.registered()
    assert mlflow.artifacts.list_artifacts(run_id=version.run_id) == []
