"""The champion as the DVC stage `champion` laid it down, for those who compare with it. Light: no MLflow."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import msgspec

from ..core.schema import Signature
from .runtime import Model, ModelFileError, load_model

RECORD = "champion.json"
FILES = ("model.onnx", "signature.json", "lineage.json")


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What champion.json says: the version, the hash of its bytes, MLflow's number, and why it can't be read.

    All are None where there is no champion. `fault` is empty where the files beside it are the champion's.
    """

    version: str | None = None
    sha256: str | None = None
    registered: str | None = None
    fault: str | None = None


class Champion(NamedTuple):
    """A champion. With a fault, a sentence, it can't be asked: there is neither model nor signature."""

    version: str
    sha256: str
    signature: Signature | None
    model: Model | None
    fault: str = ""


def load_champion(folder: Path) -> Champion | None:
    """Return the champion in a folder such as models/champion, or None if there is none.

    What is missing or damaged doesn't raise: it is the champion's fault, so that nobody takes it for no champion.
    """
    try:
        record = msgspec.json.decode((folder / RECORD).read_bytes(), type=Record)
    except OSError:
        return faulty(Record(), f"There is no {RECORD} in {folder.name}/: run `live champion` first.")
    except (msgspec.DecodeError, UnicodeDecodeError):
        return faulty(Record(), f"{RECORD} is damaged: run `live champion` to write it again.")
    if record.fault:
        return faulty(record, record.fault)
    if record == Record():
        return None
    try:
        model = load_model(folder)
    except ModelFileError as error:
        return faulty(record, str(error))
    except Exception as error:
        # ONNX Runtime has an error for each of its own status codes, and none above them all.
        return faulty(record, f"ONNX Runtime can't load the champion ({type(error).__name__}).")
    if model.signature.sha256 != record.sha256:
        return faulty(record, f"The files beside {RECORD} are another model's: run `live champion` to fetch its own.")
    return Champion(record.version or "", record.sha256, model.signature, model)


def faulty(record: Record, fault: str) -> Champion:
    """Return a champion that can't be asked."""
    return Champion(record.version or "", record.sha256 or "", None, None, fault)
