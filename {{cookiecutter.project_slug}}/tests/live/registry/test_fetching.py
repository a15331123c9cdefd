"""`live champion`, the DVC stage: the champion's files, laid down for the gate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.__package}}.core.lineage import load_lineage
from {{cookiecutter.__package}}.core.provenance import Provenance, save_provenance
from {{cookiecutter.__package}}.core.registry import entries
from {{cookiecutter.__package}}.live import champion, golden

from .conftest import NAME, Project

FOLDER = Path("models/champion")


def names() -> set[str]:
    """Return the names of the files that were laid down."""
    return {path.name for path in FOLDER.iterdir()}


def record() -> dict[str, Any]:
    """Return what champion.json says."""
    return json.loads((FOLDER / "champion.json").read_text(encoding="utf-8"))


def test_the_champion_is_laid_down_with_its_lineage(climbed: Project, rows: list[dict[str, Any]]):
    """Ready to be asked, and the same bytes however often it is fetched, so that DVC sees no change."""
    assert climbed.done("champion") == "champion: 1.1.0\n"
    assert names() == {"champion.json", "model.onnx", "signature.json", "lineage.json"}
    number = str(climbed.number("1.1.0"))
    assert record() == {"version": "1.1.0", "sha256": climbed.sha256("1.1.0"), "registered": number, "fault": ""}
    found = champion.load_champion(climbed.root / FOLDER)
    assert (found.version, found.sha256, found.fault) == ("1.1.0", climbed.sha256("1.1.0"), "")
    assert len(golden.golden_rows(found.model, rows[:3])["predictions"]) == 3
    origin = load_lineage(climbed.root / FOLDER / "lineage.json")
    assert (origin.name, origin.version, origin.registered) == (NAME, "1.1.0", number)
    assert (origin.git_commit, origin.git_dirty, origin.inputs) == ("c" * 40, True, {"data/a": "f" * 64})
    before = {path.name: path.read_bytes() for path in FOLDER.iterdir()}
    climbed.done("champion")
    assert {path.name: path.read_bytes() for path in FOLDER.iterdir()} == before


def test_without_a_champion_the_record_says_so(registered: Project):
    """With models that aren't live, and before anything was ever recorded."""
    for _ in range(2):
        assert registered.done("champion") == "champion: none yet\n"
        assert record() == {"version": None, "sha256": None, "registered": None, "fault": None}
        assert names() == {"champion.json"}
        assert champion.load_champion(FOLDER) is None
        (registered.root / "mlflow.db").unlink(missing_ok=True)
    assert not (registered.root / "mlflow.db").exists()


def test_what_an_earlier_champion_left_is_removed(climbed: Project, monkeypatch: pytest.MonkeyPatch):
    """Nobody can take it for the present one's."""
    climbed.done("champion")
    (FOLDER / ".model.onnx.unfinished").touch()
    climbed.done("rollback")
    climbed.done("champion")
    assert champion.load_champion(FOLDER).version == "1.0.1"
    assert ".model.onnx.unfinished" not in names()
    climbed.client.delete_registered_model_alias(NAME, entries.CHAMPION)
    climbed.done("champion")
    assert names() == {"champion.json"}


@pytest.mark.parametrize("gone", ["model.onnx", "signature.json"])
def test_a_champion_that_cannot_be_read_has_its_fault_in_the_record(breakable: Project, gone: str):
    """The stage succeeds, and the gate is closed: no champion is something else."""
    breakable.done("promote", "3.0.0")
    breakable.done("champion")
    sha256 = breakable.sha256("3.0.0")
    (breakable.files["3.0.0"] / gone).write_bytes(b"{")
    said = breakable.done("champion")
    assert said.startswith("The champion 3.0.0 can't be read: its ")
    assert said.count("\n") == 1
    assert names() == {"champion.json"}
    found = champion.load_champion(FOLDER)
    assert (found.version, found.sha256) == ("3.0.0", sha256)
    assert (found.signature, found.model) == (None, None)
    assert found.fault == record()["fault"] == said.strip()
    assert str(breakable.root.parent) not in said


def test_a_champion_whose_files_are_gone_has_a_fault(breakable: Project):
    """The same sentence each time, so that DVC sees no change."""
    breakable.done("promote", "3.0.0")
    shutil.rmtree(breakable.files["3.0.0"])
    assert breakable.done("champion") == breakable.done("champion")
    assert "artifacts/model.onnx can't be had from MLflow's store" in record()["fault"]


def test_a_champion_set_by_hand_without_a_hash_has_a_fault(registered: Project):
    """Nobody can compare with bytes that nobody knows."""
    registered.alias("1.0.0")
    registered.client.delete_model_version_tag(NAME, str(registered.number("1.0.0")), entries.SHA256)
    assert "it has no tag sha256" in registered.done("champion")
    assert record()["sha256"] is None
    assert champion.load_champion(FOLDER).fault


def test_the_champion_may_come_from_a_folder(
    climbed: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model_folder: Path
):
    """As in CI, where there is no server; from the root of the registered, or from anywhere."""
    monkeypatch.setenv("LIVE_CHAMPION", "given")
    shutil.copytree(climbed.files["1.2.0"], climbed.root / "given")
    assert climbed.done("champion") == "champion: unknown\n"
    assert names() == {"champion.json", "model.onnx", "signature.json"}
    assert record() == {"version": "unknown", "sha256": climbed.sha256("1.2.0"), "registered": None, "fault": None}
    assert champion.load_champion(FOLDER).sha256 == climbed.sha256("1.2.0")
    monkeypatch.delenv("LIVE_CHAMPION")
    climbed.done("champion")
    monkeypatch.setenv("LIVE_CHAMPION", str(climbed.root / FOLDER))
    climbed.done("champion", "elsewhere")
    assert champion.load_champion(Path("elsewhere")).version == "1.1.0"
    assert load_lineage(Path("elsewhere/lineage.json")).version == "1.1.0"


def test_a_folder_that_holds_no_champion_is_refused(climbed: Project, monkeypatch: pytest.MonkeyPatch):
    """A wrong setting is said at once, and what lies there stays."""
    climbed.done("champion")
    monkeypatch.setenv("LIVE_CHAMPION", "nowhere")
    result = climbed.live("champion")
    assert result.exit_code == 1
    assert result.output.startswith("Error: LIVE_CHAMPION names ")
    assert result.output.count("\n") == 1
    assert champion.load_champion(FOLDER).version == "1.1.0"


@pytest.mark.parametrize(("how", "version"), [("cache", "unknown"), ("alias", "1.1.0"), ("none", None)])
def test_a_folder_of_lab_champion_says_itself_where_to_look(
    climbed: Project, monkeypatch: pytest.MonkeyPatch, how: str, version: str | None
):
    """Its own files, the registry, or nowhere, whatever else lies there."""
    monkeypatch.setenv("LIVE_CHAMPION", "given")
    shutil.copytree(climbed.files["1.2.0"], climbed.root / "given")
    save_provenance(Provenance(how=how, says="Somebody."), climbed.root / "given")
    climbed.done("champion")
    assert record()["version"] == version
    assert (champion.load_champion(FOLDER) is None) == (version is None)


def test_a_damaged_record_of_lab_champion_is_refused(climbed: Project, monkeypatch: pytest.MonkeyPatch):
    """Nobody takes it for no champion."""
    monkeypatch.setenv("LIVE_CHAMPION", "given")
    shutil.copytree(climbed.files["1.2.0"], climbed.root / "given")
    (climbed.root / "given" / "provenance.json").write_text('{"how": "guessed"}', encoding="utf-8")
    result = climbed.live("champion")
    assert (result.exit_code, "run `lab champion` again" in result.output) == (1, True)
