"""The model in production: the bytes its signature names, or a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, params
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


def test_an_answer_has_the_shapes_it_promises(served: runtime.Model, frame: pd.DataFrame):
    """Values, probabilities, outcome and bare output, for as many rows as were asked."""
    answer = served.answer(frame.head(9))
    assert answer.values.shape == answer.outcome.shape == (9,)
    assert answer.raw.shape == (9, max(1, len(served.signature.classes)))
    assert answer.raw.dtype == answer.outcome.dtype == np.float64
    np.testing.assert_array_equal(answer.raw[:, -1], answer.outcome)


def test_the_prediction_is_the_likeliest_class_or_the_number(
    served: runtime.Model, frame: pd.DataFrame, quick_params: params.Params
):
    """A class by its name from params.yaml; a number as it is."""
    answer = served.answer(frame)
    if quick_params.data.classes:
        names = [quick_params.data.classes[place] for place in answer.raw.argmax(axis=1)]
        assert answer.values.tolist() == names
        np.testing.assert_allclose(answer.raw.sum(axis=1), 1, atol=1e-6)
    else:
        assert answer.probabilities is None
        np.testing.assert_array_equal(answer.values, answer.outcome)


def test_one_row_answers_as_it_does_among_others(served: runtime.Model, frame: pd.DataFrame):
    """A batch is faster, not different."""
    together = served.answer(frame.head(50)).raw
    alone = np.concatenate([served.answer(frame.iloc[[row]]).raw for row in range(50)])
    np.testing.assert_array_equal(alone, together)


def test_a_table_and_plain_lists_are_the_same(served: runtime.Model, frame: pd.DataFrame):
    """A data frame isn't needed to ask the model, nor is any order of its columns."""
    lists = {name: frame[name].tolist() for name in reversed(frame.columns)}
    np.testing.assert_array_equal(served.answer(lists).raw, served.answer(frame).raw)
