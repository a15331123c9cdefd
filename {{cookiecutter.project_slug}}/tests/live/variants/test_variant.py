"""Nothing answers that doesn't answer its golden rows as it did when it was packaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import golden, runtime
from {{cookiecutter.__package}}.live.runtime import ModelFileError
from {{cookiecutter.__package}}.live.variants.variant import load_variant


@pytest.fixture
def folder(model_folder: Path, served: runtime.Model, rows: list[dict[str, Any]]) -> Path:
    """A model's folder as a Bento holds it."""
    data.save_json({"version": "1.2.0", "run_id": "r"}, model_folder / "lineage.json")
    data.save_json(golden.golden_rows(served, rows[:12]), model_folder / "golden.json")
    return model_folder


def test_a_model_that_answers_as_before_is_a_variant(folder: Path, served: runtime.Model):
    """With the version of its lineage and the hash of its bytes."""
    found = load_variant(folder, "champion")
    known = {
        "name": served.signature.name,
        "version": "1.2.0",
        "sha256": served.signature.sha256,
        "variant": "champion",
    }
    assert found.identity == known


def test_the_last_digits_may_differ_from_processor_to_processor(each: SimpleNamespace):
    """By less than anybody would notice; more, another class or another number of answers is another model."""
    kept = golden.golden_rows(each.served, each.rows[:12])
    key = "predictions" if not each.schema.classes else "probabilities"

    def moved(by: float) -> dict[str, Any]:
        changed = json.loads(json.dumps(kept))
        place: Any = changed[key] if key == "predictions" else changed[key][0]
        place[0] += by * max(1, abs(place[0]))
        return changed

    assert golden.close_answers(kept, kept)
    assert golden.close_answers(kept, moved(1e-6))
    assert not golden.close_answers(kept, moved(1e-3))
    assert not golden.close_answers(kept, {**kept, key: kept[key][:-1]})
    assert not golden.close_answers(kept, {"rows": kept["rows"], "predictions": kept["predictions"], "more": 1})


def test_another_class_is_another_answer_unless_two_are_equally_probable():
    """Then either will do."""
    kept = {"predictions": ["a", "b"], "probabilities": [[0.7, 0.3], [0.5, 0.5]]}
    assert golden.close_answers(kept, {**kept, "predictions": ["a", "a"]})
    assert not golden.close_answers(kept, {**kept, "predictions": ["b", "b"]})


def rewrite(change: Callable[[dict[str, Any]], Any]) -> Callable[[Path], None]:
    """Return what changes golden.json."""

    def damage(folder: Path) -> None:
        path = folder / "golden.json"
        path.write_text(json.dumps(change(json.loads(path.read_text(encoding="utf-8")))), encoding="utf-8")

    return damage


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda folder: (folder / "golden.json").unlink(), "There is no golden.json in"),
        (lambda folder: (folder / "golden.json").write_bytes(b"{"), "golden.json is damaged"),
        (lambda folder: (folder / "lineage.json").unlink(), "There is no lineage.json in"),
        (lambda folder: (folder / "lineage.json").write_bytes(b"[]"), "There is no lineage.json in"),
        (rewrite(lambda kept: {**kept, "rows": [], "predictions": []}), "golden"),
        (rewrite(lambda kept: {**kept, "rows": kept["rows"][:-1]}), "doesn't answer its golden rows"),
        (rewrite(lambda kept: {**kept, "probabilities": [[1, 0]] * 12}), "doesn't answer its golden rows"),
        (rewrite(lambda kept: {**kept, "rows": [{}] * 12}), "golden.json is damaged (KeyError)"),
        (rewrite(lambda kept: []), "golden.json is damaged"),
    ],
)
def test_a_model_that_is_not_itself_is_refused(folder: Path, damage: Callable[[Path], None], words: str):
    """In one sentence that says what to do."""
    damage(folder)
    with pytest.raises(ModelFileError) as refused:
        load_variant(folder, "champion")
    assert words in str(refused.value)
    assert "`make pipeline`" in str(refused.value)
    assert "\n" not in str(refused.value)
