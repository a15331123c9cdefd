"""The model as production runs it: one ONNX file, checked against its signature, on one thread."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import onnxruntime
from numpy.typing import NDArray

from ..core.schema import Columns, Signature, columns, sha256


class ModelFileError(RuntimeError):
    """A model's files are missing, damaged or don't belong together; the message says what to do."""


class Prediction(NamedTuple):
    """The answer for n rows: shape (n,) of class names or numbers, and (n, classes) probabilities or None."""

    values: NDArray[Any]
    probabilities: NDArray[np.float32] | None

    @property
    def outcome(self) -> NDArray[np.float64]:
        """As the metrics take it: the number, the probability of the last of two classes, or those of all, (n, k)."""
        if self.probabilities is None:
            return self.values.astype(np.float64)
        several = self.probabilities.shape[1] > 2
        return (self.probabilities if several else self.probabilities[:, -1]).astype(np.float64)

    @property
    def raw(self) -> NDArray[np.float64]:
        """The model's bare output, shape (n, classes) or (n, 1), as the parity gate compares it."""
        return (self.values.reshape(-1, 1) if self.probabilities is None else self.probabilities).astype(np.float64)


def fields(prediction: Prediction) -> dict[str, Any]:
    """Return a prediction under the names it has in responses and golden rows."""
    values = prediction.values.tolist() if prediction.values.dtype == object else prediction.values
    if prediction.probabilities is None:
        return {"predictions": values}
    return {"predictions": values, "probabilities": prediction.probabilities}


class Model:
    """A loaded model. It takes the arrays that `core.schema.columns` makes."""

    def __init__(self, onnx: bytes, signature: Signature) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        self.signature = signature
        self.session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
        self.output = self.session.get_outputs()[-1].name
        self.classes = np.array(signature.classes, dtype=object)

    def answer(self, table: Mapping[str, Any]) -> Prediction:
        """Answer for the rows of a table, or of anything else that has a sequence of values for each feature."""
        return self.predict(columns(table, self.signature.features))

    def outcome(self, table: Mapping[str, Any]) -> NDArray[np.float64]:
        """Answer as the metrics take it: see Prediction.outcome."""
        return self.answer(table).outcome

    def predict(self, columns: Columns) -> Prediction:
        """Answer for n rows, given one (n, 1) array a feature."""
        answer = self.session.run([self.output], columns)[0]
        if not self.signature.classes:
            return Prediction(answer.ravel(), None)
        return Prediction(self.classes[answer.argmax(axis=1)], answer)


def load_signature(path: Path) -> Signature:
    """Read models/signature.json.

    Raises:
        ModelFileError: it isn't there, or isn't a signature.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=Signature)
    except FileNotFoundError:
        raise ModelFileError(f"There is no {path.name} in {path.parent}: run `make pipeline` first.") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ModelFileError(f"{path} is damaged ({error}): run `make pipeline` to write it again.") from None


def load_model(folder: Path) -> Model:
    """Load model.onnx and signature.json from a folder, once the bytes have the hash the signature names.

    Raises:
        ModelFileError: a file is missing or damaged, or the two don't belong together.
    """
    return Model(checked_bytes(folder), load_signature(folder / "signature.json"))


def checked_bytes(folder: Path) -> bytes:
    """Return the bytes of model.onnx after comparing their hash with the signature beside them.

    Raises:
        ModelFileError: a file is missing, or the hash differs.
    """
    signature = load_signature(folder / "signature.json")
    path = folder / "model.onnx"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise ModelFileError(f"There is no model.onnx in {folder}: run `make pipeline` first.") from None
    if sha256(content) != signature.sha256:
        raise ModelFileError(
            f"{path} is not the model its signature.json names (sha256 {sha256(content)[:12]}…, expected "
            f"{signature.sha256[:12]}…): delete it and run `make pipeline` to get the right one back."
        )
    return content
