"""What single entries of dvc.yaml and dvc.lock say."""

from __future__ import annotations

from typing import Any

import pytest

from {{cookiecutter.__package}}.lab.staleness import entries


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (1, 1, []),
        ({"a": 1, "b": {"c": 2}}, {"b": {"c": 2}, "a": 1}, []),
        ({"a": {"b": 200}}, {"a": {"b": 300}}, ["x.a.b: 200 -> 300"]),
        ({"a": 1}, {"a": 1, "b": None}, ["x.b: not set -> null"]),
        ({"a": "on", "b": True}, {"a": "off"}, ["x.a: on -> off", "x.b: true -> not set"]),
        ({"a": {}}, {"a": {"b": 1}}, ['x.a: {} -> {"b": 1}']),
        ([1, 2], [2, 1], ["x: [1, 2] -> [2, 1]"]),
        (entries.ABSENT, {"a": 1}, ['x: not set -> {"a": 1}']),
        ("a" * 70, "b", [f"x: {'a' * 59}… -> b"]),
    ],
)
def test_a_difference_is_named_where_it_is(old: Any, new: Any, said: list[str]):
    """Down to the one value that differs; a long one is cut."""
    assert list(entries.differences("x", old, new)) == said


def test_parameters_come_from_params_yaml_or_from_a_named_file():
    """As dvc.yaml allows it; a file without keys means all of them."""
    entry = {"params": ["seed", {"other.yaml": ["a.b"]}, "data", {"all.yaml": None}]}
    assert list(entries.params_of(entry)) == [
        ("params.yaml", ["seed", "data"]),
        ("other.yaml", ["a.b"]),
        ("all.yaml", []),
    ]


def test_outputs_say_whether_the_cache_keeps_them():
    """Metrics and plots are outputs too."""
    entry = {"outs": ["a", {"b": {"cache": False}}], "metrics": [{"c": {"cache": False}}], "plots": ["d"]}
    assert list(entries.outputs_of(entry)) == [("a", True), ("b", False), ("c", False), ("d", True)]


@pytest.mark.parametrize(
    ("key", "value"), [("a.b", 1), ("c.d", 2), ("a", {"b": 1}), ("x", entries.ABSENT), ("a.b.c", entries.ABSENT)]
)
def test_a_dotted_key_leads_into_sections(key: str, value: Any):
    """A key that itself holds a dot, as dvc.lock writes it, comes first."""
    assert entries.pick({"a": {"b": 1}, "c.d": 2}, key) == value


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("a/b", "a/b", True), ("a/b", "a", True), ("a", "a/b/c", True), ("a/b", "a/bc", False), ("a", "b", False)],
)
def test_a_folder_overlaps_with_what_is_in_it(one: str, other: str, same: bool):
    """A stage may read one file of a folder that another stage writes."""
    assert entries.overlap(one, other) == same
