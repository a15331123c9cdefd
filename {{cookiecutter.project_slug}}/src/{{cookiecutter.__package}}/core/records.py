"""YAML into frozen records: every key is known, and a value of the wrong kind is named by its place."""

from __future__ import annotations

import difflib
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec


class ParamsError(ValueError):
    """params.yaml can't be used as it is; the message names the key and the way out."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A section of params.yaml."""


def located(values: Mapping[str, Any], record: type[msgspec.Struct], error: str, where: str = "") -> tuple[str, str]:
    """Return the dotted name of the value that doesn't fit, and what is wrong with it.

    msgspec leaves out the keys of mappings, so the innermost record that fails is looked for.
    """
    fields = {field.name: field.type for field in msgspec.structs.fields(record)}
    for key, value in values.items():
        for name, item, nested in nested_records(fields[key], key, value):
            try:
                msgspec.convert(item, nested)
            except msgspec.ValidationError as inner:
                return located(item, nested, str(inner), f"{where}{name}.")
    message, _, inside = error.partition(" - at `$.")
    return (f"{where}{inside.rstrip('`')}".rstrip(".") + ": ").removeprefix(": "), message


def load_mapping(path: Path) -> dict[str, Any]:
    """Return the mapping a YAML file holds; duplicate keys are an error, as in YAML 1.2."""
    # The service knows these records, too, and in its image nothing reads YAML.
    from ruamel.yaml import YAML, YAMLError

    try:
        values = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ParamsError(f"{path.name} is missing in {path.parent}.") from None
    except UnicodeDecodeError:
        raise ParamsError(f"{path.name} is not in UTF-8: save it in that encoding.") from None
    except YAMLError as error:
        raise ParamsError(f"{path.name} is no valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(values, dict):
        raise ParamsError(f"{path.name} must hold sections such as 'data:' and 'model:', each with its keys.")
    return values


def refuse_unknown_keys(values: Mapping[str, Any], record: type[msgspec.Struct], file: str, where: str = "") -> None:
    """Raise ParamsError for the first key that `record` doesn't have, naming the nearest one that it has."""
    fields = {field.name: field.type for field in msgspec.structs.fields(record)}
    for key, value in values.items():
        if key not in fields:
            nearest = difflib.get_close_matches(str(key), fields, n=1, cutoff=0)[0]
            raise ParamsError(f"{file}: {where}{key} is not a known key; the nearest one is {where}{nearest}.")
        for name, item, nested in nested_records(fields[key], key, value):
            refuse_unknown_keys(item, nested, file, f"{where}{name}.")


def nested_records(kind: Any, key: str, value: Any) -> list[tuple[str, Mapping[str, Any], type[msgspec.Struct]]]:
    """Return (dotted name, mapping, record) for every record that `value` should hold."""
    if not isinstance(value, Mapping):
        return []
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return [(key, value, kind)]
    arguments = typing.get_args(kind)
    if typing.get_origin(kind) in (types.UnionType, typing.Union):
        return [found for member in arguments for found in nested_records(member, key, value)]
    if typing.get_origin(kind) is dict:
        return [f for name, item in value.items() for f in nested_records(arguments[1], f"{key}.{name}", item)]
    return []


def merged(base: Mapping[str, Any], overlay: Mapping[str, Any]) -> dict[str, Any]:
    """Return `base` with `overlay` laid over it; nested mappings are merged, everything else is replaced."""
    result = dict(base)
    for key, value in overlay.items():
        both = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = merged(result[key], value) if both else value
    return result
