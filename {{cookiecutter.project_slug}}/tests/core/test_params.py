"""params.yaml: what is refused, and how the refusal helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from {{cookiecutter.__package}}.core import params

Write = Callable[..., Path]


@pytest.fixture
def written(project: Path, tmp_path: Path) -> Write:
    """Write the project's params.yaml with changes laid over it; None takes a key out."""

    def write(changes: dict[str, Any]) -> Path:
        values = YAML(typ="safe", pure=True).load((project / "params.yaml").read_text(encoding="utf-8"))
        for place, value in changes.items():
            *sections, key = place.split(".")
            section = values
            for name in sections:
                section = section[name]
            if value is None:
                del section[key]
            else:
                section[key] = value
        path = tmp_path / "params.yaml"
        YAML().dump(values, path)
        return path

    return write


def overlay(folder: Path, text: str) -> Path:
    """Write an overlay."""
    path = folder / "params.smoke.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_project_s_own_parameters_load(project: Path):
    """params.yaml is valid, alone and with the overlay of the smoke mode."""
    full = params.load_params(project / "params.yaml")
    smoke = params.load_params(project / "params.yaml", project / "params.smoke.yaml")
    assert smoke.features == full.features
    assert smoke != full


def test_the_written_values_arrive(written: Write):
    """What the file says is what the record holds, dates and nested options included."""
    path = written({"seed": 77, "split.train": ["2020-01-01", "2020-02-01"], "model.options": {"max_iter": 3}})
    found = params.load_params(path)
    assert found.seed == 77
    assert [day.isoformat() for day in found.split.train] == ["2020-01-01", "2020-02-01"]
    assert found.model.options == {"max_iter": 3}


@pytest.mark.parametrize(
    ("place", "nearest"),
    [
        ("sed", "seed"),
        ("data.sorce", "data.source"),
        ("data.row", "data.rows"),
        ("flights.late_after_minute", "flights.late_after_minutes"),
        ("split.hold_out", "split.holdout"),
        ("model.estimater", "model.estimator"),
        ("evaluation.treshold", "evaluation.thresholds"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_known_one(written: Write, place: str, nearest: str):
    """A misspelt key is refused at any depth, and the message says what was probably meant."""
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(written({place: 1}))
    assert f"params.yaml: {place} is not" in str(refused.value)
    assert f"{nearest}." in str(refused.value)


def test_an_unknown_key_of_a_feature_is_named(written: Write, real_params: params.Params):
    """Keys inside the list of features are checked too, and the feature is named."""
    name = next(iter(real_params.features))
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(written({f"features.{name}.nulable": True}))
    assert f"features.{name}.nulable is not" in str(refused.value)
    assert f"features.{name}.nullable." in str(refused.value)


def test_an_unknown_key_of_a_threshold_is_named(written: Write):
    """Keys inside the thresholds are checked too, and the metric is named."""
    with pytest.raises(params.ParamsError, match=r"evaluation\.thresholds\.some_metric\.maximum .*\.max\."):
        params.load_params(written({"evaluation.thresholds": {"some_metric": {"maximum": 3}}}))


def test_an_unknown_key_of_an_overlay_is_named_with_its_file(project: Path, tmp_path: Path):
    """A misspelt key in an overlay isn't blamed on params.yaml."""
    smoke = overlay(tmp_path, "data:\n  rwos: 5\n")
    with pytest.raises(params.ParamsError, match=r"^params\.smoke\.yaml: data\.rwos .* data\.rows\.$"):
        params.load_params(project / "params.yaml", smoke)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": "many"}, "seed"),
        ({"task": "clustering"}, "task"),
        ({"data": 5}, "data"),
        ({"data.rows": -3}, "data.rows"),
        ({"flights.weather_lead_hours": 25}, "flights.weather_lead_hours"),
        ({"split.train": ["2013-01-01"]}, "split.train"),
        ({"split.live": ["2013-07-01", "someday"]}, "split.live"),
        ({"evaluation.smallest_slice": 0}, "evaluation.smallest_slice"),
        ({"evaluation.thresholds": {"some_metric": {"max": "high"}}}, "evaluation.thresholds.some_metric.max"),
    ],
)
def test_a_value_of_the_wrong_kind_names_its_key(written: Write, changes: dict[str, Any], named: str):
    """A value that can't be used is refused under the name of its key."""
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(written(changes))
    assert str(refused.value).startswith(f"params.yaml: {named}")


def test_a_wrong_value_in_a_feature_names_the_feature(written: Write, real_params: params.Params):
    """Among sixteen features, the message says which one is wrong."""
    name = list(real_params.features)[-1]
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(written({f"features.{name}.kind": "numbr"}))
    assert f"features.{name}.kind" in str(refused.value)


def test_a_wrong_value_in_an_overlay_names_the_overlay(project: Path, tmp_path: Path):
    """A bad value in an overlay isn't blamed on params.yaml, where it can't be found."""
    with pytest.raises(params.ParamsError, match=r"params\.smoke\.yaml.*data\.rows"):
        params.load_params(project / "params.yaml", overlay(tmp_path, "data: {rows: none of them}\n"))


@pytest.mark.parametrize("place", ["seed", "data.target", "split.holdout", "model.estimator"])
def test_a_missing_key_is_named(written: Write, place: str):
    """A key that has no default is asked for by name."""
    with pytest.raises(params.ParamsError, match=rf"`{place.split('.')[-1]}`"):
        params.load_params(written({place: None}))


def test_a_key_that_is_written_twice_is_refused(project: Path, tmp_path: Path):
    """The second of two equal keys doesn't win silently."""
    path = tmp_path / "params.yaml"
    path.write_text((project / "params.yaml").read_text(encoding="utf-8") + "\nseed: 1\n", encoding="utf-8")
    with pytest.raises(params.ParamsError, match=r"params\.yaml is no valid YAML: .*duplicate key \"seed\""):
        params.load_params(path)


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n", "key: [\n", "\tseed: 1\n"])
def test_a_file_that_holds_no_sections_is_refused(tmp_path: Path, text: str):
    """An empty or broken file is refused by its name."""
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(params.ParamsError, match=r"^params\.yaml\b"):
        params.load_params(path)


def test_a_file_in_another_encoding_is_refused(project: Path, tmp_path: Path):
    """An editor that saves latin-1 ('°F' is in params.yaml) gets a sentence, not a stack trace."""
    path = tmp_path / "params.yaml"
    text = (project / "params.yaml").read_text(encoding="utf-8")
    path.write_bytes((text + "\n# 23 °F\n").encode("latin-1", errors="replace"))
    with pytest.raises(params.ParamsError, match=r"^params\.yaml\b"):
        params.load_params(path)


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path):
    """The message says which file was looked for, and where."""
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(tmp_path / "params.yaml")
    assert str(refused.value) == f"params.yaml is missing in {tmp_path}."


def test_an_overlay_replaces_values_and_keeps_the_rest(project: Path, tmp_path: Path, real_params: params.Params):
    """Sections are merged key by key, so that an overlay holds only what differs."""
    smoke = overlay(tmp_path, "data:\n  rows: 12\nmodel:\n  options:\n    max_iter: 1\n")
    found = params.load_params(project / "params.yaml", smoke)
    assert found.data.rows == 12
    assert found.data.target == real_params.data.target
    assert found.model.options == {**real_params.model.options, "max_iter": 1}


def test_an_overlay_replaces_lists_as_a_whole(project: Path, tmp_path: Path):
    """A period in an overlay is the period, not an addition to it."""
    found = params.load_params(
        project / "params.yaml", overlay(tmp_path, 'split: {train: ["2013-02-01", "2013-03-01"]}')
    )
    assert [day.month for day in found.split.train] == [2, 3]


def test_the_last_overlay_wins(project: Path, tmp_path: Path):
    """Overlays are laid on in the order they are given."""
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("seed: 1\nname: first\n", encoding="utf-8")
    second.write_text("seed: 2\n", encoding="utf-8")
    found = params.load_params(project / "params.yaml", first, second)
    assert (found.seed, found.name) == (2, "first")


@pytest.mark.parametrize("section", ["", "data", "flights", "split", "model", "evaluation"])
def test_the_record_can_t_be_changed(real_params: params.Params, section: str):
    """A notebook can't quietly run with other parameters than those it shows."""
    record = getattr(real_params, section) if section else real_params
    name = record.__struct_fields__[0]
    with pytest.raises(AttributeError, match="immutable"):
        setattr(record, name, getattr(record, name))


@pytest.mark.parametrize(
    ("task", "classes"), [("classification", []), ("classification", ["one"]), ("regression", ["a", "b"])]
)
def test_classes_that_do_not_fit_the_task_are_refused(written: Write, task: str, classes: list[str]):
    """A classification needs two classes to tell apart, a regression none."""
    values = YAML(typ="safe", pure=True).load(written({"task": task}).read_text(encoding="utf-8"))
    values["data"]["classes"] = classes
    path = written({"task": task, "data": values["data"]})
    with pytest.raises(params.ParamsError, match=f"data.classes lists {len(classes)}; a {task} needs"):
        params.load_params(path)
