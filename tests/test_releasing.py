"""Going live and back: the gate on real flights, promotion, rollback and lineage, by the project's own commands."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import installed
import pytest
from journey import GIT, ask, cloned, commit, edit_params, evaluation, golden, make, run, served, stages_run, status

pytestmark = pytest.mark.journey
# A model that has learned until September, measured on October beside the one that has learned until May.
AUTUMN = {
    r'train: \["2013-01-01", "2013-06-01"\]': 'train: ["2013-01-01", "2013-10-01"]',
    r'holdout: \["2013-06-01", "2013-07-01"\]': 'holdout: ["2013-10-01", "2013-11-01"]',
    r'live: \["2013-07-01", "2014-01-01"\]': 'live: ["2013-11-01", "2014-01-01"]',
    r"roc_auc: \{min: 0\.72\}": "roc_auc: {min: 0.6}",
}
# A model that has hardly learned anything, and that no threshold stops.
WORSE = {r"max_iter: 200": "max_iter: 3"}


def live(project: Path, *arguments: str, check: bool = True) -> str:
    """Run `live` in the project's environment."""
    return run([str(project / ".venv" / "bin" / "live"), *arguments], project, check)


def told_off(project: Path, *arguments: str) -> str:
    """Run a `live` that has to fail, and return the one sentence it says."""
    output = live(project, *arguments, check=False)
    assert "Traceback" not in output, output
    errors = [line for line in output.splitlines() if line.startswith("Error: ")]
    assert len(errors) == 1, output
    return errors[0]


def read(project: Path, relative: str) -> Any:
    """Read one of the project's JSON files."""
    return json.loads((project / relative).read_text(encoding="utf-8"))


def gate(project: Path) -> Any:
    """Return metrics/gate.json."""
    return read(project, "metrics/gate.json")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, environments: Path) -> Iterator[Path]:
    """A project whose pipeline has run for the first time, committed; nothing is live yet."""
    project = cloned(tmp_path_factory.mktemp("releasing"))
    installed.lay_down(project, environments)
    make(project, "pipeline")
    commit(project, "Run the pipeline")
    return project


def test_without_a_champion_the_thresholds_decide_and_the_report_says_so(project: Path) -> None:
    """The first model has nothing to be compared with."""
    verdict = gate(project)
    assert (verdict["passed"], verdict["compared"], verdict["champion"]) == (True, False, None)
    assert verdict["sha256"] == evaluation(project)["sha256"]
    assert "no champion" in (project / "reports" / "gate.md").read_text(encoding="utf-8")


def test_before_the_first_promotion_there_is_nothing_to_show_and_nothing_to_go_back_to(project: Path) -> None:
    """Each says so in one sentence, and what to do."""
    assert "live promote" in told_off(project, "show")
    assert "Nothing was released" in live(project, "history")
    assert "live promote" in told_off(project, "rollback")


def test_promoting_makes_the_model_the_champion_and_doing_it_again_changes_nothing(project: Path) -> None:
    """The first version is 1.0.0, the history has one release, and git stays clean."""
    assert "1.0.0" in make(project, "promote", "WHY=the first one")
    assert "already" in make(project, "promote")
    (release,) = json.loads(live(project, "history", "--json"))
    assert (release["action"], release["from"], release["to"]) == ("promote", None, "1.0.0")
    assert release["why"] == "the first one"
    assert release["commit"] == run([*GIT, "rev-parse", "HEAD"], project).strip()
    assert status(project) == []


def test_a_response_leads_back_to_all_that_made_it(project: Path, tmp_path: Path) -> None:
    """From the answer's hash to version, run, commit, dvc.lock, data and notebook, and from each of them back."""
    with served(project) as port:
        answer = ask(port, golden(project)["rows"])
    assert answer["model"]["version"] == "1.0.0"
    saved = tmp_path / "answer.json"
    saved.write_text(json.dumps(answer), encoding="utf-8")
    chain = json.loads(live(project, "trace", str(saved), "--json"))["chain"]
    links = {link["name"]: link for link in chain["links"]}
    assert list(links) == ["version", "run", "code", "lock", "inputs", "bytes", "data", "notebook"]
    assert all(link["resolved"] for link in links.values()), live(project, "trace", answer["model"]["sha256"])
    data = next(f for f in links["data"]["facts"]["files"] if f["path"] == "data/processed/train.parquet")
    known = [
        answer["model"]["version"],
        links["run"]["facts"]["id"],
        links["code"]["facts"]["id"][:10],
        links["lock"]["facts"]["id"],
        data["sha256"],
        data["md5"],
        links["notebook"]["facts"]["md5"],
    ]
    for name in known:
        (found,) = json.loads(live(project, "trace", name, "--json"))["models"]
        assert found["sha256"] == answer["model"]["sha256"], name
    with closing(sqlite3.connect(project / "mlflow.db")) as database:
        query = "SELECT key, value FROM tags WHERE run_uuid = ? AND key LIKE 'model.%'"
        tags = dict(database.execute(query, (links["run"]["facts"]["id"],)))
    assert tags == {"model.sha256": answer["model"]["sha256"], "model.md5": links["lock"]["facts"]["md5"]}
    shown = live(project, "show")
    assert links["run"]["facts"]["id"] in shown
    assert shown.endswith("\nEvery link resolves.\n")


def test_the_autumn_model_beats_the_champion_on_october_and_by_how_much(project: Path) -> None:
    """Both answer the same flights; the report says which is better, with the interval of the difference."""
    edit_params(project, AUTUMN)
    assert stages_run(make(project, "pipeline"))[-4:] == ["train", "champion", "evaluate", "package"]
    verdict = gate(project)
    difference = verdict["difference"]
    assert verdict["passed"]
    assert verdict["champion"]["version"] == "1.0.0"
    assert difference["metric"] == "roc_auc"
    assert difference["challenger"] - difference["champion"] == pytest.approx(difference["gain"])
    assert difference["low"] < difference["gain"] < difference["high"]
    # Whole days are drawn, so the interval is wide.
    assert 0.005 < difference["gain"] < 0.03
    assert difference["high"] > 0.015
    report = (project / "reports" / "gate.md").read_text(encoding="utf-8")
    print(report)
    assert re.search(rf"\*\*The challenger is (better|ahead) by {difference['gain']:.4f}", report)
    assert f"between {difference['low']:+.4f} and {difference['high']:+.4f}" in report
    commit(project, "Learn until September")


def test_what_has_learned_from_more_is_a_minor_version(project: Path) -> None:
    """It takes the champion's place, and the card that travels with it says so."""
    assert "1.1.0" in make(project, "promote")
    assert read(project, "models/lineage.json")["version"] == "1.1.0"
    assert "1.1.0" in live(project, "show")
    card = project / "models" / "bento" / "src" / "models" / "card.html"
    assert "1.1.0" in card.read_text(encoding="utf-8")


def test_one_command_goes_back_and_the_history_tells_it(project: Path) -> None:
    """The version before answers its golden rows first; from the first one there is no way further back."""
    assert "1.0.0" in make(project, "rollback", "WHY=November looks odd")
    assert "1.0.0" in live(project, "show")
    told = json.loads(live(project, "history", "--json"))
    assert [(entry["action"], entry["from"], entry["to"]) for entry in told] == [
        ("rollback", "1.1.0", "1.0.0"),
        ("promote", "1.0.0", "1.1.0"),
        ("promote", None, "1.0.0"),
    ]
    assert "before" in told_off(project, "rollback")
    assert "1.1.0" in make(project, "rollback", "VERSION=1.1.0")


def test_a_worse_model_is_stopped_and_cannot_be_promoted(project: Path) -> None:
    """The stage fails with the rules that failed, the report is there all the same, and the champion stays."""
    edit_params(project, WORSE)
    output = run(["make", "--no-print-directory", "pipeline"], project, check=False)
    assert "Traceback" not in output
    assert "Error: 04_evaluate.ipynb" in output
    assert "regression" in output
    assert gate(project)["passed"] is False
    assert gate(project)["difference"]["high"] < 0
    assert "refused" in (project / "reports" / "gate.md").read_text(encoding="utf-8")
    assert "gate" in told_off(project, "promote")
    assert "1.1.0" in live(project, "show")
