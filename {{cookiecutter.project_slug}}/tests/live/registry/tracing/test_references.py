"""From anything on the way between the data and a response to the models it led to."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.__package}}.core.schema import sha256
from {{cookiecutter.__package}}.live.registry.tracing import references, sources
from {{cookiecutter.__package}}.live.registry.tracing.meanings import Meaning

# A record of conftest.py, which tests can't import.
World = Any
TABLE, NOTEBOOK, MODEL = "data/processed/train.parquet", "reports/03_train.ipynb", "models/model.onnx"


@pytest.fixture(scope="module")
def known(world: World) -> sources.Sources:
    """All that can be asked in the project."""
    return sources.load_sources(world.root, {})


def led_to(found: Meaning) -> list[str]:
    """Return the models that something led to."""
    return [led.sha256 for led in found.models]


def refusal(known: sources.Sources, word: str) -> str:
    """Return the one sentence, or the few, with which a word is refused."""
    with pytest.raises(references.TraceError) as refused:
        references.find(known, word)
    assert "\n" not in str(refused.value)
    assert str(refused.value).endswith(".")
    return str(refused.value)


FIRST: dict[str, Callable[[World], str]] = {
    "its hash": lambda world: world.first.sha256,
    "six digits of it": lambda world: world.first.sha256[:6],
    "its hash in capitals": lambda world: world.first.sha256.upper(),
    "its semantic version": lambda world: "1.0.0",
    "its version as a tag": lambda world: "v1.0.0",
    "MLflow's number": lambda world: "1",
    "an alias": lambda world: "former",
    "its run": lambda world: world.first.run_id,
    "digits of its run": lambda world: world.first.run_id[:8],
    "the commit it was trained on": lambda world: world.first.trained_on,
    "the commit of its dvc.lock": lambda world: world.first.commit,
    "digits of that commit": lambda world: world.first.commit[:7],
    "DVC's hash of it": lambda world: world.first.md5[MODEL],
    "the notebook that made it": lambda world: world.first.md5[NOTEBOOK],
    "digits of that notebook": lambda world: world.first.md5[NOTEBOOK][:6],
    "its signature": lambda world: world.first.md5["models/signature.json"],
    "the notebook that evaluated it": lambda world: world.first.md5["reports/04_evaluate.ipynb"],
}


@pytest.mark.parametrize("word", FIRST.values(), ids=FIRST)
def test_what_led_to_one_model_leads_to_it(known: sources.Sources, world: World, word: Callable[[World], str]):
    """Hashes, names and numbers, whole or as six digits."""
    assert led_to(references.find(known, word(world))) == [world.first.sha256]


BOTH: dict[str, Callable[[World], str]] = {
    "the data by its SHA-256": lambda world: sha256((world.root / TABLE).read_bytes()),
    "the data by its MD5": lambda world: world.first.md5[TABLE],
    "the table it was made from": lambda world: world.first.md5["data/raw/table.parquet"],
    "the notebook that prepared it": lambda world: world.first.md5["reports/02_prepare.ipynb"],
    "the folder of one's own tables": lambda world: world.first.md5["data/external"],
    "a table of one's own": lambda world: md5(world.root / "data/external/own.csv"),
    "code that both have read": lambda world: sha256((world.root / "src/code.py").read_bytes()),
    "a commit between them": lambda world: world.prose,
}


def md5(path: Path) -> str:
    """Return the hash by which DVC knows a file."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


@pytest.mark.parametrize("word", BOTH.values(), ids=BOTH)
def test_what_led_to_two_models_leads_to_both(known: sources.Sources, world: World, word: Callable[[World], str]):
    """One table makes many models, and a commit may name one and be what another was trained on."""
    assert led_to(references.find(known, word(world))) == [world.first.sha256, world.second.sha256]


def test_it_is_said_how_something_led_to_a_model(known: sources.Sources, world: World):
    """A commit may hold the dvc.lock of one model and be where another was trained."""
    found = references.find(known, world.prose)
    assert [led.how for led in found.models] == ["named by the dvc.lock of", "trained on"]
    assert found.what == f"commit {world.prose[:12]}"
    assert references.find(known, world.first.md5[NOTEBOOK]).what.startswith(f"{NOTEBOOK} (MD5 ")


@pytest.mark.parametrize("word", ["HEAD", "main", "champion", "2", "1.1.0"])
def test_names_lead_to_the_model_of_today(known: sources.Sources, world: World, word: str):
    """What is checked out, a branch, the champion."""
    assert led_to(references.find(known, word)) == [world.second.sha256]


@pytest.mark.parametrize("path", [MODEL, NOTEBOOK, "metrics/evaluation.json", "models/signature.json"])
def test_a_file_leads_to_the_model_it_belongs_to(known: sources.Sources, world: World, path: str):
    """By what it says, if it names a model, and else by its hashes, wherever it lies."""
    assert led_to(references.find(known, str(world.root / path))) == [world.second.sha256]


def test_a_table_leads_to_the_models_made_from_it(known: sources.Sources, world: World):
    """Two of them."""
    assert led_to(references.find(known, str(world.root / TABLE))) == [world.first.sha256, world.second.sha256]


def test_a_saved_response_leads_to_the_model_that_answered(known: sources.Sources, world: World, tmp_path: Path):
    """By model.sha256, which every response has."""
    answered = {"predictions": [1], "model": {"name": "tiny", "sha256": world.first.sha256}, "request_id": "0" * 32}
    (tmp_path / "response.json").write_text(json.dumps(answered), encoding="utf-8")
    found = references.find(known, str(tmp_path / "response.json"))
    assert (found.what, led_to(found)) == ("the model of response.json", [world.first.sha256])


def test_a_response_of_a_model_from_elsewhere_is_refused(known: sources.Sources, tmp_path: Path):
    """It says which model it was, and what has no record of it."""
    (tmp_path / "response.json").write_text(json.dumps({"model": {"sha256": "a" * 64}}), encoding="utf-8")
    said = refusal(known, str(tmp_path / "response.json"))
    assert said.startswith(f"response.json was answered by the model {'a' * 64}. Nothing here knows")


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"model": 3}', '{"model": {"sha256": 3}}', '{"error": {}}'])
def test_a_file_that_nothing_knows_is_refused(known: sources.Sources, tmp_path: Path, text: str):
    """Neither a response nor a file of the history: the sentence says both, with the hash that was looked for."""
    (tmp_path / "some.json").write_text(text, encoding="utf-8")
    said = refusal(known, str(tmp_path / "some.json"))
    assert "model.sha256" in said
    assert sha256(text.encode()) in said


def test_a_request_id_can_not_be_resolved_yet(known: sources.Sources):
    """The sentence says why, and what to pass instead; with dashes too."""
    for word in ("0123456789abcdef0123456789abcdef", "01234567-89ab-cdef-0123-456789abcdef"):
        said = refusal(known, word)
        assert "If it is a request_id: no log of predictions is kept yet" in said
        assert "pass the response" in said


def test_a_word_that_nothing_knows_is_refused(known: sources.Sources, world: World):
    """A version that there isn't, a hash of nothing, half a word, what is in git and no commit."""
    blob = world.git("rev-parse", "HEAD:src/code.py")
    for word in ("3.0.0", "17", "ffffffffffff", "nonsense", "--all", "", blob):
        assert refusal(known, word).startswith(f"Nothing here knows {word}: it is no version of tiny")


def test_too_few_digits_are_refused_with_a_hint(known: sources.Sources, world: World):
    """Five digits of a hash are too likely to be another's."""
    assert "Pass at least six digits of a hash." in refusal(known, world.first.md5[MODEL][:5])


def test_digits_of_two_things_are_refused_with_both(copied: World):
    """The sentence lists the candidates, and more digits decide."""
    twin = copied.first.sha256[:10] + ("1" if copied.first.sha256[10] == "0" else "0") * 54
    copied.client.set_tag(copied.second.run_id, "input.data/twin.csv", twin)
    known = sources.load_sources(copied.root, {})
    said = refusal(known, copied.first.sha256[:10])
    assert f"model {copied.first.sha256[:12]}; data/twin.csv (SHA-256 {twin[:12]})" in said
    assert led_to(references.find(known, copied.first.sha256[:11])) == [copied.first.sha256]
    assert led_to(references.find(known, twin)) == [copied.second.sha256]


def test_two_names_of_one_model_are_no_two_things(known: sources.Sources, world: World):
    """Tables with the same bytes have the same hash, and lead to the same models."""
    found = references.find(known, md5(world.root / "data/external/own.csv"))
    assert found.what.startswith("data/external/own.csv (MD5 ")


def test_a_run_that_made_no_model_is_refused(copied: World):
    """It failed, or was a draft's: the sentence says that nothing came of it."""
    run = copied.client.create_run("1", tags={"stage": "train"}).info.run_id
    assert refusal(sources.load_sources(copied.root, {}), run) == f"run {run} led to no model that anything here knows."


def test_a_version_that_was_registered_by_hand_is_refused(copied: World):
    """Without the tag sha256 nobody knows its bytes."""
    copied.client.create_model_version("tiny", "runs:/x/model")
    assert refusal(sources.load_sources(copied.root, {}), "3") == "tiny 3 led to no model that anything here knows."


def test_a_commit_that_is_only_a_run_s_memory_leads_to_its_model(copied: World):
    """The repository lost it, and the run still names it."""
    copied.client.set_tag(copied.second.run_id, "git.commit", "dead" * 10)
    assert led_to(references.find(sources.load_sources(copied.root, {}), "deaddead")) == [copied.second.sha256]


def test_a_draft_that_was_deleted_leads_to_the_model_it_made(copied: World):
    """It says so itself, in the experiment of drafts, for as long as MLflow keeps it."""
    home = copied.client.create_experiment("tiny-drafts")
    draft = copied.client.create_run(home, tags={"stage": "train", "model.sha256": copied.first.sha256}).info.run_id
    copied.client.delete_run(draft)
    assert led_to(references.find(sources.load_sources(copied.root, {}), draft)) == [copied.first.sha256]


def test_without_mlflow_git_and_dvc_still_lead_there(copied: World):
    """The lineage that DVC keeps with the model names its run, its commit and its data."""
    (copied.root / "mlflow.db").unlink()
    known = sources.load_sources(copied.root, {})
    for word in (copied.first.run_id, copied.first.trained_on, copied.first.sha256[:6], copied.first.commit[:7]):
        assert led_to(references.find(known, word)) == [copied.first.sha256]
    assert led_to(references.find(known, sha256((copied.root / TABLE).read_bytes()))) == [
        copied.first.sha256,
        copied.second.sha256,
    ]
    assert "MLflow could not be asked: There is no mlflow.db here" in refusal(known, "1.0.0")


def test_git_alone_knows_a_model_by_both_its_hashes(copied: World):
    """A fresh clone has neither MLflow's database nor DVC's cache; the evaluation in git says which model it was of."""
    (copied.root / "mlflow.db").unlink()
    shutil.rmtree(copied.root / ".dvc/cache")
    shutil.rmtree(copied.root / "models")
    known = sources.load_sources(copied.root, {})
    for word in (copied.first.sha256, copied.first.sha256[:6], copied.first.commit, copied.first.md5[NOTEBOOK][:9]):
        assert led_to(references.find(known, word)) == [copied.first.sha256]
    assert "`dvc fetch --all-commits models/lineage.json models/signature.json`" in refusal(known, "f" * 12)


def test_a_model_that_only_dvc_knows_is_named_by_what_brings_more(copied: World):
    """Nothing was evaluated, nothing is in the cache, and MLflow isn't there."""
    copied.git("rm", "--quiet", "-r", "metrics")
    lock = (copied.root / "dvc.lock").read_text(encoding="utf-8")
    copied.write("dvc.lock", lock.replace(copied.second.md5[MODEL], "a" * 32))
    here = copied.commit("A third model")
    (copied.root / "mlflow.db").unlink()
    shutil.rmtree(copied.root / ".dvc/cache")
    shutil.rmtree(copied.root / "models")
    said = refusal(sources.load_sources(copied.root, {}), here)
    assert said.startswith(f"commit {here[:12]} led to the model that DVC knows as {'a' * 32}")
    assert "`dvc fetch --all-commits" in said


def test_a_run_says_which_model_dvc_means(copied: World):
    """MLflow alone knows both hashes, as the run has them as tags."""
    for made in (copied.first, copied.second):
        for tag, hash in {"model.sha256": made.sha256, "model.md5": made.md5[MODEL]}.items():
            copied.client.set_tag(made.run_id, tag, hash)
    for folder in (".dvc/cache", "models", "metrics"):
        shutil.rmtree(copied.root / folder)
    here = copied.commit("No metrics any more")
    # Without the history, which has the evaluations of before.
    copied.git("replace", "--graft", here)
    copied.write("dvc.lock", (copied.root / "dvc.lock").read_text(encoding="utf-8") + "\n")
    alone = copied.commit("A lock without an evaluation")
    assert led_to(references.find(sources.load_sources(copied.root, {}), alone)) == [copied.second.sha256]


def test_a_shallow_clone_says_that_it_is_one(copied: World, tmp_path: Path):
    """What the history would know is one command away."""
    copied.git("clone", "--quiet", "--depth", "1", copied.root.as_uri(), str(tmp_path / "shallow"))
    known = sources.load_sources(tmp_path / "shallow", {})
    assert led_to(references.find(known, copied.second.sha256)) == [copied.second.sha256]
    assert "`git fetch --unshallow`" in refusal(known, copied.first.sha256)


def test_a_project_in_a_folder_of_a_repository_is_followed_too(world: World, tmp_path: Path):
    """A repository may hold more than the project."""
    whole, root = tmp_path / "whole", tmp_path / "whole" / "part"
    shutil.copytree(world.root, root)
    shutil.move(root / ".git", tmp_path / "set-aside")
    moved = world._replace(root=whole)
    moved.git("init", "--quiet", "--initial-branch=main")
    here = moved.commit("All at once")
    known = sources.load_sources(root, {})
    assert led_to(references.find(known, here)) == [world.second.sha256]
    assert led_to(references.find(known, world.second.md5[NOTEBOOK])) == [world.second.sha256]


def test_dvc_locks_with_conflict_marks_are_passed_over(copied: World):
    """Somebody committed one in the middle of a merge: the rest of the history is followed."""
    copied.write("dvc.lock", "<<<<<<< ours\nstages:\n=======\n>>>>>>> theirs\n")
    here = copied.commit("Oh no")
    known = sources.load_sources(copied.root, {})
    assert led_to(references.find(known, copied.second.commit)) == [copied.second.sha256]
    assert refusal(known, here) == f"commit {here[:12]} led to no model that anything here knows."


def test_a_model_of_another_branch_is_found(copied: World):
    """What was trained on a branch that isn't checked out, and even if a merge took the other side's dvc.lock."""
    copied.git("checkout", "--quiet", "-b", "old", copied.first.commit)
    known = sources.load_sources(copied.root, {})
    assert led_to(references.find(known, copied.second.sha256)) == [copied.second.sha256]
    assert led_to(references.find(known, "main")) == [copied.second.sha256]
    copied.git("merge", "--quiet", "--no-ff", "--strategy=ours", "-m", "Ours", "main")
    copied.git("branch", "--quiet", "-D", "main")
    (copied.root / "mlflow.db").unlink()
    shutil.rmtree(copied.root / ".dvc/cache")
    known = sources.load_sources(copied.root, {})
    assert led_to(references.find(known, copied.second.md5[NOTEBOOK])) == [copied.second.sha256]
