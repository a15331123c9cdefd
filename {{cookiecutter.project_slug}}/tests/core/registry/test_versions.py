"""Semantic versions, held against what the service really accepts."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from {{cookiecutter.__package}}.core.registry import versions
from {{cookiecutter.__package}}.core.schema import Feature, Signature
from {{cookiecutter.__package}}.live.answers import RequestError
from {{cookiecutter.__package}}.live.api.requests import LARGEST_FLOAT32, RequestModel

FEATURES = {
    "amount": Feature(kind="number", min=0, max=10),
    "reading": Feature(kind="number", nullable=True),
    "colour": Feature(kind="category", about="red or green"),
    "member": Feature(kind="boolean"),
    "since": Feature(kind="date", nullable=True),
}
ROW = {"amount": 1.5, "reading": None, "colour": "red", "member": True, "since": "2026-01-31"}


def signature(features: dict[str, Feature] = FEATURES, **changes: Any) -> Signature:
    """Return a signature of these features."""
    known = {"name": "made-up", "task": "binary", "target": "late", "classes": ("no", "yes"), "sha256": "a" * 64}
    return Signature(features=features, **{**known, **changes})


def changed(name: str, **changes: Any) -> dict[str, Feature]:
    """Return the features with one of them changed."""
    return {**FEATURES, name: msgspec.structs.replace(FEATURES[name], **changes)}


def accepted(features: dict[str, Feature], row: dict[str, Any]) -> bool:
    """Return whether the service takes a row."""
    try:
        RequestModel(features).decode(json.dumps({"rows": [row]}).encode())
    except RequestError:
        return False
    return True


# What changes, and a row that was valid before and isn't any more.
REFUSING: dict[str, tuple[dict[str, Feature], dict[str, Any]]] = {
    "one more feature": ({**FEATURES, "more": Feature(kind="number", nullable=True)}, {}),
    "one less": ({name: FEATURES[name] for name in FEATURES if name != "member"}, {}),
    "another name": ({("Member" if n == "member" else n): f for n, f in FEATURES.items()}, {}),
    "no null any more": (changed("reading", nullable=False), {}),
    "a higher minimum": (changed("amount", min=1), {"amount": 0.5}),
    "a lower maximum": (changed("amount", max=9.5), {"amount": 10}),
    "a bound where none was": (changed("reading", max=1e30), {"reading": 2e30}),
    "another bound where none was": (changed("reading", min=-1e30), {"reading": -2e30}),
    "number to text": (changed("amount", kind="category", min=None, max=None), {}),
    "text to number": (changed("colour", kind="number"), {}),
    "text to date": (changed("colour", kind="date"), {}),
    "number to boolean": (changed("amount", kind="boolean", min=None, max=None), {}),
    "boolean to number": (changed("member", kind="number"), {}),
    "date to number": (changed("since", kind="number"), {}),
}


@pytest.mark.parametrize(("features", "row"), REFUSING.values(), ids=REFUSING)
def test_what_refuses_a_valid_request_is_major(features: dict[str, Feature], row: dict[str, Any]):
    """Whoever sends it has to change something."""
    assert accepted(FEATURES, ROW | row)
    assert not accepted(features, ROW | row)
    assert versions.change_between(signature(), signature(features), same_data=True) == "major"


@pytest.mark.parametrize(
    "changes",
    [
        {"task": "multiclass", "classes": ("no", "yes", "perhaps")},
        {"task": "regression", "classes": ()},
        {"target": "very_late"},
        {"classes": ("yes", "no")},
        {"classes": ("on time", "late")},
    ],
    ids=["more classes", "task", "target", "order of the classes", "names of the classes"],
)
def test_an_answer_that_means_something_else_is_major(changes: dict[str, Any]):
    """Nothing is refused, and whoever reads the answer would be wrong."""
    assert versions.change_between(signature(), signature(**changes), same_data=True) == "major"


@pytest.mark.parametrize(
    "features",
    [
        changed("amount", min=-1),
        changed("amount", max=None),
        changed("amount", nullable=True),
        changed("reading", min=-LARGEST_FLOAT32),
        changed("colour", top=5),
        changed("since", kind="category"),
    ],
    ids=["lower minimum", "no maximum", "null too", "the widest bound", "fewer levels", "a date as text"],
)
def test_features_that_changed_compatibly_are_minor(features: dict[str, Feature]):
    """Every request that was valid still is."""
    assert accepted(features, ROW)
    assert versions.change_between(signature(), signature(features), same_data=True) == "minor"


def test_other_training_data_is_minor():
    """The same requests, and answers that may differ."""
    assert versions.change_between(signature(), signature(), same_data=False) == "minor"


@pytest.mark.parametrize(
    "features",
    [FEATURES, changed("amount", about="how much"), dict(reversed(FEATURES.items()))],
    ids=["nothing", "a text about a feature", "the order of the features"],
)
def test_everything_else_is_a_patch(features: dict[str, Feature]):
    """Other options, another seed, other words."""
    assert versions.change_between(signature(), signature(features, sha256="b" * 64), same_data=True) == "patch"


LEAST = st.none() | st.sampled_from([-1e39, -5.0, 0.0, 2.5])
MOST = st.none() | st.sampled_from([0.0, 2.5, 7.0, 1e39])
KINDS = st.sampled_from(["number", "category", "boolean", "date"])


@st.composite
def a_feature(draw: st.DrawFn) -> Feature:
    """Draw a feature of any kind."""
    kind, nullable = draw(KINDS), draw(st.booleans())
    if kind != "number":
        return Feature(kind=kind, nullable=nullable, about=draw(st.sampled_from(["", "x"])))
    least, most = draw(LEAST), draw(MOST)
    if least is not None and most is not None:
        least, most = min(least, most), max(least, most)
    return Feature(kind="number", nullable=nullable, min=least, max=most)


@st.composite
def a_pair(draw: st.DrawFn) -> tuple[dict[str, Feature], dict[str, Feature]]:
    """Draw features, and what became of them: kept, changed in one thing, replaced or dropped; and perhaps one more."""
    old = draw(st.dictionaries(st.sampled_from("abcd"), a_feature(), min_size=1, max_size=3))
    new = {}
    for name, feature in old.items():
        other = draw(a_feature())
        field = draw(st.sampled_from(["kind", "nullable", "min", "max", "about", "", "", "all", "drop"]))
        if field in ("all", "drop"):
            new |= {name: other} if field == "all" else {}
        elif field and (field not in ("min", "max") or feature.kind == other.kind == "number"):
            new[name] = msgspec.structs.replace(feature, **{field: getattr(other, field)})
        else:
            new[name] = feature
    return old, new | draw(st.just({}) | st.just({}) | st.dictionaries(st.just("z"), a_feature(), max_size=1))


def a_value(feature: Feature) -> st.SearchStrategy[Any]:
    """Return values that a feature takes, the outermost among them."""
    if feature.kind == "number":
        least, most = versions.limits(feature)
        value = st.floats(least, most) | st.just(least) | st.just(most)
    elif feature.kind == "boolean":
        value = st.booleans()
    elif feature.kind == "date":
        value = st.dates(min_value=date(1, 1, 1)).map(str)
    else:
        value = st.text('aé"\n😀', max_size=256)
    return st.none() | value if feature.nullable else value


@pytest.mark.filterwarnings("ignore:overflow encountered in cast")
@settings(max_examples=300)
@given(st.data())
def test_below_major_every_valid_request_stays_valid(data: st.DataObject):
    """Whatever changes: asked of the very code that the service decodes requests with."""
    old, new = data.draw(a_pair())
    row = data.draw(st.fixed_dictionaries({name: a_value(feature) for name, feature in old.items()}))
    assert accepted(old, row)
    if versions.change_between(signature(old), signature(new), same_data=True) != "major":
        assert accepted(new, row)


@pytest.mark.parametrize(
    ("change", "base", "taken", "expected"),
    [
        ("major", "", [], "1.0.0"),
        ("patch", "", [], "1.0.0"),
        ("patch", "1.0.0", ["1.0.0"], "1.0.1"),
        ("minor", "1.0.3", ["1.0.0", "1.0.3"], "1.1.0"),
        ("major", "1.2.3", ["1.2.3"], "2.0.0"),
        ("patch", "1.0.0", ["1.0.0", "1.0.1", "1.1.0"], "1.0.2"),
        ("minor", "1.0.0", ["1.0.0", "1.3.0", "1.10.2", "2.4.0"], "1.11.0"),
        ("major", "1.0.0", ["1.0.0", "3.0.0", "10.0.0"], "11.0.0"),
        ("patch", "1.2.0", ["1.1.9"], "1.2.1"),
        ("minor", "", ["2.1.0"], "3.0.0"),
        ("minor", "by hand", ["2.1.0", "by hand"], "3.0.0"),
        ("patch", "7", ["7", "", "nonsense"], "7.0.1"),
    ],
)
def test_the_next_version_is_free(change: versions.Change, base: str, taken: list[str], expected: str):
    """After the base, beyond what others have; what is no version counts for nothing."""
    assert versions.next_version(change, base, taken) == expected
