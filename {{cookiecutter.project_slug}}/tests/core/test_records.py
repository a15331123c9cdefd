"""YAML into records: unknown keys, values of the wrong kind, and overlays."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from {{cookiecutter.__package}}.core import records


class Inner(records.Record):
    """A section inside another."""

    size: int = 1


class Outer(records.Record):
    """A section with mappings, options and lists."""

    inner: Inner = Inner()
    named: dict[str, Inner] = msgspec.field(default_factory=dict)
    maybe: dict[str, Inner] | None = None
    number: int | None = None


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"iner": {}}, "iner is not a known key; the nearest one is inner."),
        ({"inner": {"sise": 1}}, "inner.sise is not a known key; the nearest one is inner.size."),
        ({"named": {"a.b": {"sise": 1}}}, "named.a.b.sise is not a known key; the nearest one is named.a.b.size."),
        ({"maybe": {"x": {"Size": 1}}}, "maybe.x.Size is not a known key; the nearest one is maybe.x.size."),
        ({7: 1}, "7 is not a known key; the nearest one is"),
    ],
)
def test_an_unknown_key_is_named_by_its_place(values: dict, sentence: str):
    """However deep it is, in a mapping too, with the nearest key there is."""
    with pytest.raises(records.ParamsError) as refused:
        records.refuse_unknown_keys(values, Outer, "params.yaml")
    assert str(refused.value).startswith(f"params.yaml: {sentence}")


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"number": "many"}, "number: "),
        ({"inner": {"size": "large"}}, "inner.size: "),
        ({"named": {"a": {"size": 1}, "b": {"size": "x"}}}, "named.b.size: "),
        ({"maybe": {"a": {"size": None}}}, "maybe.a.size: "),
        ({"inner": 5}, "inner: "),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_by_its_place(values: dict, place: str):
    """msgspec leaves out the keys of mappings; a person needs them."""
    with pytest.raises(msgspec.ValidationError) as error:
        msgspec.convert(values, Outer)
    assert records.located(values, Outer, str(error.value))[0] == place


def test_an_overlay_replaces_values_and_keeps_the_rest():
    """Mappings are merged, everything else is replaced, None too; what was given stays as it was."""
    base = {"a": {"x": 1, "y": [1, 2]}, "b": {"z": 1}, "c": 3}
    found = records.merged(base, {"a": {"y": [9]}, "b": None, "d": {"new": 1}})
    assert found == {"a": {"x": 1, "y": [9]}, "b": None, "c": 3, "d": {"new": 1}}
    assert base["a"]["y"] == [1, 2]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"seed: 1\nseed: 2\n", 'duplicate key "seed"'),
        (b"key: [\n", "is no valid YAML: "),
        (b"- a\n", "must hold sections"),
        (b"", "must hold sections"),
        ("about: 23 °F\n".encode("latin-1"), "is not in UTF-8"),
    ],
    ids=["a key twice", "broken", "a list", "empty", "latin-1"],
)
def test_a_file_that_is_no_mapping_is_refused_in_a_sentence(tmp_path: Path, content: bytes, sentence: str):
    """One line, which begins with the file's name."""
    path = tmp_path / "params.yaml"
    path.write_bytes(content)
    with pytest.raises(records.ParamsError) as refused:
        records.load_mapping(path)
    assert str(refused.value).startswith("params.yaml ")
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
