"""The champion's folder, read by those who compare with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import champion, runtime


@pytest.fixture
def folder(model_folder: Path, served: runtime.Model) -> Path:
    """A folder with the made-up model as champion."""
    data.save_json(
        champion.Record(version="1.0.0", sha256=served.signature.sha256, registered="1", fault=""),
        model_folder / "champion.json",
    )
    return model_folder


def test_a_champion_comes_with_its_model(folder: Path, served: runtime.Model):
    """Ready to be asked."""
    found = champion.load_champion(folder)
    assert (found.version, found.sha256, found.fault) == ("1.0.0", served.signature.sha256, "")
    assert found.signature == found.model.signature == served.signature


def test_no_champion_is_none(folder: Path):
    """Whatever else lies there."""
    data.save_json(champion.Record(), folder / "champion.json")
    assert champion.load_champion(folder) is None


def another(folder: Path) -> None:
    """Make the record name other bytes."""
    data.save_json(champion.Record(version="1.0.0", sha256="0" * 64), folder / "champion.json")


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "no record": (lambda folder: (folder / "champion.json").unlink(), "There is no champion.json in models/"),
    "no folder": (lambda folder: folder.rename(folder.with_name("moved")), "There is no champion.json"),
    "half a record": (lambda folder: (folder / "champion.json").write_text("{"), "champion.json is damaged"),
    "wrong record": (lambda folder: (folder / "champion.json").write_text('{"version": 1}'), "is damaged"),
    "other bytes": (another, "are another model's: run `live champion`"),
    "no model": (lambda folder: (folder / "model.onnx").unlink(), "There is no model.onnx"),
    "damaged model": (lambda folder: (folder / "model.onnx").write_bytes(b""), "is not the model"),
    "its own fault": (
        lambda folder: data.save_json(champion.Record(version="1.0.0", fault="It is gone."), folder / "champion.json"),
        "It is gone.",
    ),
}


@pytest.mark.parametrize(("damage", "words"), FAULTS.values(), ids=FAULTS)
def test_what_is_wrong_is_the_champion_s_fault(folder: Path, damage: Callable[[Path], object], words: str):
    """A sentence, and no model: nobody takes it for no champion, and nothing is raised."""
    damage(folder)
    found = champion.load_champion(folder)
    assert words in found.fault
    assert (found.signature, found.model) == (None, None)
