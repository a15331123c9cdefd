"""The model in production: the bytes its signature names, or a sentence that says what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import runtime


def refused(folder: Path) -> str:
    """Return the sentence a folder is refused with."""
    with pytest.raises(runtime.ModelFileError) as error:
        runtime.load_model(folder)
    return str(error.value)


def test_a_saved_model_answers_as_the_one_in_memory(model_folder: Path, served: runtime.Model, frame: pd.DataFrame):
    """Loading from a folder changes nothing, the signature included."""
    loaded = runtime.load_model(model_folder)
    assert loaded.signature == served.signature
    np.testing.assert_array_equal(loaded.answer(frame).raw, served.answer(frame).raw)


def test_other_bytes_are_refused(model_folder: Path):
    """A single changed byte is another model, and both hashes are named."""
    path = model_folder / "model.onnx"
    data.save_bytes(path.read_bytes() + b"\0", path)
    sentence = refused(model_folder)
    assert str(path) in sentence
    assert "signature.json" in sentence
    assert "`make pipeline`" in sentence


@pytest.mark.parametrize("name", ["model.onnx", "signature.json"])
def test_a_missing_file_is_named(model_folder: Path, name: str):
    """The sentence says which file, where, and how to make it."""
    (model_folder / name).unlink()
    assert refused(model_folder) == f"There is no {name} in {model_folder}: run `make pipeline` first."


def test_a_missing_folder_is_named(tmp_path: Path):
    """Before the first run there isn't even a folder."""
    assert refused(tmp_path / "models").endswith(f"in {tmp_path / 'models'}: run `make pipeline` first.")


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"{}", b"null", b'"words"', b'{"name": 3}', b"\xff\xfe\x00", b'{"name": "\xff"}', b"[" * 100_000],
    ids=["empty", "cut off", "no fields", "null", "text", "wrong type", "no text", "invalid UTF-8", "nested"],
)
def test_a_damaged_signature_is_named(model_folder: Path, content: bytes):
    """Whatever is wrong with it, the sentence says that it is damaged and what to do."""
    path = model_folder / "signature.json"
    data.save_bytes(content, path)
    sentence = refused(model_folder)
    assert sentence.startswith(f"{path} is damaged")
    assert sentence.endswith("run `make pipeline` to write it again.")


def test_an_answer_has_the_shapes_it_promises(each: SimpleNamespace):
    """Values, probabilities, outcome and bare output, for as many rows as were asked."""
    answer, classes = each.served.answer(each.frame.head(9)), len(each.schema.classes)
    assert answer.values.shape == (9,)
    assert answer.raw.shape == (9, max(1, classes))
    assert answer.outcome.shape == ((9, classes) if classes > 2 else (9,))
    assert answer.raw.dtype == answer.outcome.dtype == np.float64
    np.testing.assert_array_equal(answer.outcome, answer.raw if classes > 2 else answer.raw[:, -1])


def test_the_prediction_is_the_likeliest_class_or_the_number(each: SimpleNamespace):
    """A class by its name from the schema; a number as it is."""
    answer, classes = each.served.answer(each.frame), each.schema.classes
    if classes:
        assert answer.values.tolist() == [classes[place] for place in answer.raw.argmax(axis=1)]
        assert set(answer.values) == set(classes)
        np.testing.assert_allclose(answer.raw.sum(axis=1), 1, atol=1e-6)
    else:
        assert answer.probabilities is None
        np.testing.assert_array_equal(answer.values, answer.outcome)


def test_a_table_its_frame_and_plain_lists_are_the_same(each: SimpleNamespace):
    """Days as text, as columns or as the numbers the model sees; no data frame is needed, nor any order."""
    expected = each.served.answer(each.frame).raw
    lists = {name: each.frame[name].tolist() for name in reversed(each.frame.columns)}
    sent = {name: [row[name] for row in each.rows] for name in each.schema.features}
    for given in (lists, sent, each.table):
        np.testing.assert_array_equal(each.served.answer(given).raw, expected)


def test_loading_it_writes_nothing_home_and_reports_nothing(tmp_path: Path):
    """Not even where no environment of this project says so: without `site`, its settings don't count."""
    program = f"import sys; sys.path[:] = {sys.path!r}; import {runtime.__name__}"
    subprocess.run([sys.executable, "-S", "-c", program], env={"HOME": str(tmp_path)}, check=True)
    assert list(tmp_path.iterdir()) == []
