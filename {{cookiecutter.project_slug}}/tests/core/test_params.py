"""params.yaml: what is refused, and how the refusal helps."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from {{cookiecutter.__package}}.core import data, metrics, params, schema, sections

Write = Callable[..., Path]
Load = Callable[..., params.Params]
# Every section and every kind of value that params.yaml may hold.
FULL = """
name: made-up
seed: 7
task: binary
data:
  source: made-up.csv
  id: key
  time: at
  target: outcome
  classes: ["no", "yes"]
  rows: null
flights:
  late_after_minutes: 15
features:
  amount: {kind: number, min: 0, max: 10, about: an amount in °F}
  colour: {kind: category, top: 5}
  member: {kind: boolean, nullable: true}
  since: {kind: date}
split:
  train: ["2013-01-01", "2013-06-01"]
  holdout: ["2013-06-01", "2013-07-01"]
  live: ["2013-07-01", "2014-01-01"]
model:
  estimator: hist_gradient_boosting
  options: {max_iter: 20, learning_rate: 0.1}
evaluation:
  primary: roc_auc
  slices: [colour]
  thresholds:
    roc_auc: {min: 0.7}
"""
LEAST = """
name: least
seed: 1
task: TASK
data: {source: table.csv, target: outcome}
model: {estimator: hist_gradient_boosting}
"""


@pytest.fixture
def full(tmp_path: Path) -> Path:
    """A params.yaml in which everything is said."""
    path = tmp_path / "params.yaml"
    path.write_text(FULL, encoding="utf-8")
    return path


@pytest.fixture
def full_params(full: Path) -> params.Params:
    """What it holds."""
    return params.load_params(full)


@pytest.fixture
def written(full: Path) -> Write:
    """Write params.yaml with changes laid over it; None takes a key out."""

    def write(changes: dict[str, Any]) -> Path:
        values = YAML(typ="safe", pure=True).load(FULL)
        for place, value in changes.items():
            *sections, key = place.split(".")
            section = values
            for name in sections:
                section = section[name]
            if value is None:
                del section[key]
            else:
                section[key] = value
        YAML().dump(values, full)
        return full

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
    assert (smoke.task, smoke.data.source, smoke.data.target) == (full.task, full.data.source, full.data.target)


def test_the_smoke_overlay_holds_nothing_to_a_full_run_s_standards(project: Path):
    """It is there to be quick: never more rows than a full run, and no threshold that a sample can't reach."""
    full = params.load_params(project / "params.yaml")
    smoke = params.load_params(project / "params.yaml", project / "params.smoke.yaml")
    assert smoke.data.rows is not None
    assert full.data.rows is None or smoke.data.rows <= full.data.rows
    assert not smoke.evaluation.thresholds


def test_the_smoke_overlay_judges_slices_of_the_example(project: Path):
    """A sample has smaller ones than the whole; of a small table of your own, even those of the whole are smaller."""
    full = params.load_params(project / "params.yaml")
    if full.data.source != params.EXAMPLE:
        pytest.skip("params.yaml names a table of your own, and this looks at the flights")
    smoke = params.load_params(project / "params.yaml", project / "params.smoke.yaml")
    assert smoke.evaluation.smallest_slice <= full.evaluation.smallest_slice


def test_the_project_asks_for_metrics_that_exist(real_params: params.Params):
    """What params.yaml names under evaluation is a metric of its task."""
    for name in (real_params.evaluation.primary, *(real_params.evaluation.thresholds or {})):
        assert metrics.metric(name, real_params.task)


def test_the_prepared_table_keeps_its_schema(project: Path):
    """If 01_ingest has run, what it wrote is what it says, whatever table that is."""
    if not (project / "data/raw/table.parquet").exists():
        pytest.skip("there is no prepared table yet: run `make pipeline` to have it tested too")
    known = schema.load_schema(project / "data/raw/schema.json")
    table = data.validated(data.load_table(project / "data/raw/table.parquet"), known)
    assert list(table.columns) == known.columns


@pytest.mark.parametrize(
    ("task", "primary"), [("binary", "roc_auc"), ("multiclass", "balanced_accuracy"), ("regression", "mae")]
)
def test_the_least_that_can_be_said_is_enough(tmp_path: Path, task: str, primary: str):
    """A source, a target, a task and an estimator: features, id, classes and parts are found or have defaults."""
    path = tmp_path / "params.yaml"
    path.write_text(LEAST.replace("TASK", task), encoding="utf-8")
    found = params.load_params(path)
    assert (found.features, found.data.id, found.data.time, found.data.classes) == ("auto", None, None, ())
    assert (found.split.train, found.split.holdout, found.split.live) == (None, 0.2, 0.2)
    assert found.split.periods == {}
    assert (found.evaluation.primary, found.evaluation.thresholds) == (primary, None)
    assert metrics.metric(primary, found.task)


def test_every_kind_of_feature_can_be_listed(full_params: params.Params):
    """Number, category, boolean and date, each with what belongs to it."""
    assert isinstance(full_params.features, dict)
    assert [feature.kind for feature in full_params.features.values()] == ["number", "category", "boolean", "date"]
    assert full_params.features["colour"].top == 5
    assert full_params.features["member"].nullable


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("data/external/by@hand/*.csv", "data/external/by@hand/*.csv"),
        ("sqlite:///data/shop.db", "sqlite:///data/shop.db"),
        ("postgresql://reader:geheim@host/shop?password=geheim", "postgresql://host/shop"),
    ],
)
def test_a_source_is_shown_without_secrets(source: str, shown: str):
    """In the banner and the prose of a notebook, whose copies travel."""
    assert params.Data(source=source, target="won").shown == shown


def test_classes_that_look_like_numbers_are_names(written: Write):
    """Nobody has to know that YAML takes 0 and 1 for numbers."""
    assert params.load_params(written({"data.classes": [0, 1]})).data.classes == ("0", "1")


def test_what_may_be_noted_of_answers_is_a_section(written: Write):
    """Everything, where nothing is said; columns by their names."""
    assert params.load_params(written({})).predictions == sections.Predictions()
    chosen = {"sample": 0.1, "drop": ["colour"], "pseudonymise": ["member"]}
    found = params.load_params(written({"predictions": chosen})).predictions
    assert found == sections.Predictions(sample=0.1, drop=("colour",), pseudonymise=("member",))


def test_with_features_that_are_found_later_nobody_can_say_yet_what_may_not_be_noted(written: Write):
    """It is asked again when the model is packaged."""
    found = params.load_params(written({"features": "auto", "predictions": {"drop": ["paint"]}}))
    assert list(found.predictions.faults(["colour"])) == [
        "predictions.drop lists 'paint', which is no feature: take it out, or correct its name."
    ]


PERIODS = {"train": ["2013-01-01", "2013-06-01"], "holdout": ["2013-06-01", "2013-07-01"]}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"data.classes": ["one"]}, "data.classes lists 1; task binary needs two."),
        ({"data.classes": ["a", "b", "c"]}, "data.classes lists 3; task binary needs two."),
        ({"task": "multiclass"}, "data.classes lists 2; task multiclass needs three or more."),
        ({"task": "regression"}, "data.classes lists 2; task regression needs none."),
        ({"split": PERIODS}, "split mixes periods and shares: give three periods, or no train and two shares."),
        ({"split.holdout": 0.2}, "split mixes periods and shares"),
        ({"data.time": None}, "split names periods, but data.time names no column: name it, or write shares"),
        ({"split": {"holdout": 0.5, "live": 0.5}}, "split.holdout and split.live take 1 of the rows: leave some"),
        ({"split": {"holdout": 0.9, "live": 0.3}}, "split.holdout and split.live take 1.2 of the rows: leave some"),
        ({"predictions": {"drop": ["paint"]}}, "predictions.drop lists 'paint', which is no feature: take it out, or"),
        ({"predictions": {"pseudonymise": ["key"]}}, "predictions.pseudonymise lists 'key', which is no feature: take"),
        (
            {"predictions": {"drop": ["colour"], "pseudonymise": ["colour"]}},
            "predictions lists 'colour' under drop and under pseudonymise: take it out of one of them.",
        ),
        ({"predictions": {"sample": 1.5}}, "predictions.sample: "),
        ({"features.request_row": {"kind": "number"}}, "features lists 'request_row', which has a name"),
        ({"features.outcome": {"kind": "number"}}, "features lists 'outcome', which is the data.target column: take"),
        ({"features.key": {"kind": "category"}}, "features lists 'key', which is the data.id column: take it out"),
        ({"features.at": {"kind": "date"}}, "features lists 'at', which is the data.time column: take it out"),
        (
            {"features.request_id": {"kind": "category"}},
            "features lists 'request_id', which has a name",
        ),
        (
            {"features.prediction": {"kind": "number"}},
            "features lists 'prediction', which has a name",
        ),
        ({"features. ": {"kind": "number"}}, "features lists ' ', which has no name: take it out, or rename"),
        (
            {'features."': {"kind": "number"}},
            "features lists '\"', which has a quotation mark",
        ),
    ],
)
def test_values_that_contradict_each_other_are_refused(written: Write, changes: dict[str, Any], sentence: str):
    """One sentence that names both, and begins with the file."""
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(written(changes))
    assert str(refused.value).startswith(f"params.yaml: {sentence}")
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize(
    "changes",
    [
        {"data.classes": None},
        {"task": "multiclass", "data.classes": ["a", "b", "c"], "evaluation.primary": None},
        {"task": "multiclass", "data.classes": None, "evaluation.primary": None},
        {"task": "regression", "data.classes": None, "evaluation.primary": None},
        {"split": {"holdout": 0.1, "live": 0.3}},
        {"split": {"holdout": 0.1, "live": 0.3}, "data.time": None},
        {"split": None, "data.time": None, "data.id": None},
        {"features": "auto"},
        {"features": None},
    ],
)
def test_values_that_go_together_are_taken(written: Write, changes: dict[str, Any]):
    """Each task, each way to split, with and without time and id, features listed or found."""
    assert params.load_params(written(changes))


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


def test_an_unknown_key_of_a_feature_is_named(written: Write, full_params: params.Params):
    """Keys inside the list of features are checked too, and the feature is named."""
    name = next(iter(full_params.features))
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(written({f"features.{name}.nulable": True}))
    assert f"features.{name}.nulable is not" in str(refused.value)
    assert f"features.{name}.nullable." in str(refused.value)


def test_an_unknown_key_of_a_threshold_is_named(written: Write):
    """Keys inside the thresholds are checked too, and the metric is named."""
    with pytest.raises(params.ParamsError, match=r"evaluation\.thresholds\.some_metric\.maximum .*\.max\."):
        params.load_params(written({"evaluation.thresholds": {"some_metric": {"maximum": 3}}}))


def test_an_unknown_key_of_an_overlay_is_named_with_its_file(full: Path, tmp_path: Path):
    """A misspelt key in an overlay isn't blamed on params.yaml."""
    smoke = overlay(tmp_path, "data:\n  rwos: 5\n")
    with pytest.raises(params.ParamsError, match=r"^params\.smoke\.yaml: data\.rwos .* data\.rows\.$"):
        params.load_params(full, smoke)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"seed": "many"}, "seed"),
        ({"task": "clustering"}, "task"),
        ({"data": 5}, "data"),
        ({"data.rows": -3}, "data.rows"),
        ({"flights.weather_lead_hours": 25}, "flights.weather_lead_hours"),
        ({"split.train": ["2013-01-01"]}, "split.train"),
        ({"split.train": ["2013-01-01", "2013-02-01", "2013-03-01"]}, "split.train"),
        ({"split": {"holdout": 1.0}}, "split.holdout"),
        ({"split": {"live": 0}}, "split.live"),
        ({"split": {"train": 0.6}}, "split.train"),
        ({"features": "all"}, "features"),
        ({"features.colour.top": 0}, "features.colour.top"),
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


def test_a_wrong_value_in_a_feature_names_the_feature(written: Write, full_params: params.Params):
    """Among many features, the message says which one is wrong."""
    name = list(full_params.features)[-1]
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(written({f"features.{name}.kind": "numbr"}))
    assert f"features.{name}.kind" in str(refused.value)


def test_a_wrong_value_in_an_overlay_names_the_overlay(full: Path, tmp_path: Path):
    """A bad value in an overlay isn't blamed on params.yaml, where it can't be found."""
    with pytest.raises(params.ParamsError, match=r"params\.smoke\.yaml.*data\.rows"):
        params.load_params(full, overlay(tmp_path, "data: {rows: none of them}\n"))


@pytest.mark.parametrize("place", ["name", "seed", "task", "data.source", "data.target", "model.estimator"])
def test_a_missing_key_is_named(written: Write, place: str):
    """A key that has no default is asked for by name."""
    with pytest.raises(params.ParamsError, match=rf"`{place.split('.')[-1]}`"):
        params.load_params(written({place: None}))


def test_a_key_that_is_written_twice_is_refused(full: Path, tmp_path: Path):
    """The second of two equal keys doesn't win silently."""
    path = tmp_path / "params.yaml"
    path.write_text(full.read_text(encoding="utf-8") + "\nseed: 1\n", encoding="utf-8")
    with pytest.raises(params.ParamsError, match=r"params\.yaml is no valid YAML: .*duplicate key \"seed\""):
        params.load_params(path)


@pytest.mark.parametrize("text", ["", "- a list\n", "just words\n", "key: [\n", "\tseed: 1\n"])
def test_a_file_that_holds_no_sections_is_refused(tmp_path: Path, text: str):
    """An empty or broken file is refused by its name."""
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(params.ParamsError, match=r"^params\.yaml\b"):
        params.load_params(path)


def test_a_file_in_another_encoding_is_refused(full: Path, tmp_path: Path):
    """An editor that saves latin-1 ('°F' is in params.yaml) gets a sentence, not a stack trace."""
    path = tmp_path / "params.yaml"
    text = full.read_text(encoding="utf-8")
    path.write_bytes((text + "\n# 23 °F\n").encode("latin-1", errors="replace"))
    with pytest.raises(params.ParamsError, match=r"^params\.yaml\b"):
        params.load_params(path)


def test_a_missing_file_is_named_with_its_folder(tmp_path: Path):
    """The message says which file was looked for, and where."""
    with pytest.raises(params.ParamsError) as refused:
        params.load_params(tmp_path / "params.yaml")
    assert str(refused.value) == f"params.yaml is missing in {tmp_path}."


def test_an_overlay_replaces_values_and_keeps_the_rest(full: Path, tmp_path: Path, full_params: params.Params):
    """Sections are merged key by key, so that an overlay holds only what differs."""
    smoke = overlay(tmp_path, "data:\n  rows: 12\nmodel:\n  options:\n    max_iter: 1\n")
    found = params.load_params(full, smoke)
    assert found.data.rows == 12
    assert found.data.target == full_params.data.target
    assert found.model.options == {**full_params.model.options, "max_iter": 1}


def test_an_overlay_replaces_lists_as_a_whole(full: Path, tmp_path: Path):
    """A period in an overlay is the period, not an addition to it."""
    found = params.load_params(full, overlay(tmp_path, 'split: {train: ["2013-02-01", "2013-03-01"]}'))
    assert [day.month for day in found.split.train] == [2, 3]


def test_the_last_overlay_wins(full: Path, tmp_path: Path):
    """Overlays are laid on in the order they are given."""
    first, second = tmp_path / "first.yaml", tmp_path / "second.yaml"
    first.write_text("seed: 1\nname: first\n", encoding="utf-8")
    second.write_text("seed: 2\n", encoding="utf-8")
    found = params.load_params(full, first, second)
    assert (found.seed, found.name) == (2, "first")


@pytest.mark.parametrize("section", ["", "data", "flights", "split", "model", "evaluation"])
def test_the_record_can_t_be_changed(full_params: params.Params, section: str):
    """A notebook can't quietly run with other parameters than those it shows."""
    record = getattr(full_params, section) if section else full_params
    name = record.__struct_fields__[0]
    with pytest.raises(AttributeError, match="immutable"):
        setattr(record, name, getattr(record, name))
