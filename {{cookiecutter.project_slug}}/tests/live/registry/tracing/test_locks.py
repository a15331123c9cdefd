"""What one dvc.lock says: which stages led to its model, also where they are not all of one run."""

from __future__ import annotations

import pytest

from {{cookiecutter.__package}}.live.registry.tracing import locks

MODEL, OLD, NEW = "a" * 32, "b" * 32, "c" * 32
# The table was prepared again, and the model is still that of the table before; another model was evaluated.
TEXT = f"""
schema: '2.0'
stages:
  prepare:
    cmd: prepare
    deps:
    - path: data/raw/table.parquet
      hash: md5
      md5: {"1" * 31}d
      size: 1
    outs:
    - path: data/processed/train.parquet
      hash: md5
      md5: {NEW}
      size: 1
  train:
    cmd: train
    deps:
    - path: data/processed/train.parquet
      hash: md5
      md5: {OLD}
      size: 1
    outs:
    - path: models/model.onnx
      hash: md5
      md5: {MODEL}
      size: 1
    - path: models/signature.json
      md5: '{"1" * 32}'
      size: 1
  evaluate:
    cmd: evaluate
    deps:
    - path: models/model.onnx
      hash: md5
      md5: {NEW}
    outs:
    - path: reports/04_evaluate.ipynb
      hash: md5
      md5: {"e" * 32}
"""


def training(text: str = TEXT) -> locks.Training:
    """Return the training of a dvc.lock."""
    found = locks.training_of(locks.read(locks.Snapshot("", text)))
    assert found
    return found


def test_what_was_made_again_since_did_not_lead_to_the_model():
    """Stages are connected by what they read, not by their names."""
    assert locks.stages_behind(training()) == ["train"]
    assert locks.stages_behind(training(TEXT.replace(OLD, NEW))) == ["train", "prepare"]


def test_only_what_was_made_from_the_model_belongs_to_it():
    """An evaluation of the model before is none of this one."""
    report = ("reports/04_evaluate.ipynb", "e" * 32)
    assert report not in locks.around(training())
    assert report in locks.around(training(TEXT.replace(f"md5: {NEW}\n    outs", f"md5: {MODEL}\n    outs")))
    assert ("data/processed/train.parquet", OLD) in locks.around(training())
    assert ("data/processed/train.parquet", NEW) not in locks.around(training())


def test_hashes_are_found_without_reading_all_of_a_lock():
    """Each of a path once, with or without the line `hash`, in quotation marks or not, and of no other path."""
    assert locks.named_hashes(TEXT, "models/model.onnx") == [MODEL, NEW]
    assert locks.named_hashes(TEXT, "models/signature.json") == ["1" * 32]
    assert locks.named_hashes(TEXT, "models/lineage.json") == []
    assert (
        locks.named_hashes("    - path: models/model.onnx\n      etag: x\n    - path: y\n      md5: z\n", MODEL) == []
    )
    assert all(locks.has_hash(TEXT, prefix) for prefix in (MODEL, MODEL[:6], "1" * 32))
    assert not locks.has_hash(TEXT, "f" * 6)


def test_an_entry_without_an_md5_has_none():
    """What lies in a bucket has another kind of hash, and the next entry's is not its own."""
    text = f"    - path: models/model.onnx\n      etag: x\n    - path: other\n      md5: {OLD}\n"
    assert locks.named_hashes(text, "models/model.onnx") == []


@pytest.mark.parametrize("text", ["", "[]", "stages: 3", "stages: {train: 3}", "a: [", "<<<<<<< ours\n"])
def test_a_lock_that_can_not_be_read_names_no_model(text: str):
    """It is passed over."""
    assert locks.training_of(locks.read(locks.Snapshot("", text))) is None
