"""From a model back to its data, link by link; and what is said of each link that is broken."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.__package}}.core.schema import sha256
from {{cookiecutter.__package}}.live.registry.tracing import links
from {{cookiecutter.__package}}.live.registry.tracing.chains import chain

# Records of conftest.py, which tests can't import.
World = Made = Any
TABLE, NOTEBOOK, MODEL = "data/processed/train.parquet", "reports/03_train.ipynb", "models/model.onnx"
NAMES = ["version", "run", "code", "lock", "inputs", "bytes", "data", "notebook"]


def followed(world: World, made: Made | None = None, **options: Any) -> links.Chain:
    """Return the chain of a model, the second unless another is given."""
    found = chain(world.root, (made or world.second).sha256, **options)
    assert [link.name for link in found.links] == NAMES
    assert not any("\n" in said for link in found.links for said in link.says)
    return found


def link(found: links.Chain, name: str) -> links.Link:
    """Return a link of a chain by its name."""
    return next(link for link in found.links if link.name == name)


def broken(world: World, *names: str, made: Made | None = None) -> str:
    """Fail unless just these links are broken; return what the first of them says."""
    found = followed(world, made)
    assert found.broken == list(names), "\n".join(links.lines(found))
    return "\n".join(link(found, names[0]).says)


def said(world: World, name: str, made: Made | None = None) -> str:
    """Return what a link says that resolves, as all others do."""
    found = followed(world, made)
    assert found.broken == [], "\n".join(links.lines(found))
    return "\n".join(link(found, name).says)


def drop_run(world: World, run: str) -> None:
    """Make MLflow forget a run, as if it had been recorded in another store."""
    with sqlite3.connect(world.root / "mlflow.db") as database:
        for table in ("tags", "runs"):
            database.execute(f"DELETE FROM {table} WHERE run_uuid = ?", (run,))
    database.close()


def test_every_link_of_a_model_resolves(world: World):
    """Registry, MLflow, git and DVC tell one story, of the champion as of the model before it."""
    for made in (world.first, world.second):
        assert followed(world, made).broken == []


def test_a_chain_is_printed_in_a_few_aligned_lines(world: World):
    """Readable when nobody is awake: what it is, from where, and how to get it."""
    model, short = world.second, links.short
    started = link(followed(world), "run").facts["started"]
    assert links.lines(followed(world)) == [
        f"  model     {model.sha256}",
        "  version   tiny 1.1.0, number 2 in MLflow, champion",
        "            passed the gate against 1.0.0",
        f"  run       {model.run_id}  {links.moment(started)}  train-official in tiny",
        f"  code      {short(model.trained_on)}  {when(world, model.trained_on)}  Prose",
        "            with uncommitted changes; `inputs` says whether a commit has them now",
        f"  lock      {short(model.commit)}  {when(world, model.commit)}  Second model",
        f"  inputs    3 of 3 files in git are at {short(model.commit)} as its run read them",
        f"  bytes     {MODEL}  sha256 {short(model.sha256)}  md5 {short(model.md5[MODEL])}"
        "  in DVC's cache and has both hashes",
        f"  data      {TABLE}  sha256 {short(hash_of(world, TABLE))}  md5 {short(model.md5[TABLE])}"
        "  in DVC's cache and has both hashes",
        f"            data/raw/table.parquet        {' ' * 19}  md5 {short(model.md5['data/raw/table.parquet'])}"
        "  in DVC's cache",
        f"            data/external/own.csv         {' ' * 19}  md5 {own_table(world)}  in DVC's cache",
        f"  notebook  {NOTEBOOK}  md5 {short(model.md5[NOTEBOOK])}  in DVC's cache",
        f"            dvc get . {NOTEBOOK} --rev {short(model.commit)} --out 03_train-{short(model.commit)}.ipynb",
        "",
        "Every link resolves.",
    ]


def when(world: World, commit: str) -> str:
    """Return when a commit was written, as git says it."""
    return world.git("-c", "log.date=iso", "log", "-1", "--format=%ad", "--date=format:%Y-%m-%d %H:%M UTC", commit)


def hash_of(world: World, path: str) -> str:
    """Return the SHA-256 of a file of the project."""
    return sha256((world.root / path).read_bytes())


def own_table(world: World) -> str:
    """Return the beginning of the hash by which DVC tracks the table of one's own."""
    return (world.root / "data/external/own.csv.dvc").read_text(encoding="utf-8").split("md5: ")[1][:12]


def test_programs_read_the_same(world: World):
    """Each link has its facts: ids in full, numbers as numbers."""
    model, found = world.second, followed(world)
    facts = {one.name: one.facts for one in found.links}
    assert facts["version"]["number"] == 2
    assert facts["version"]["gate"]["champion"] == world.first.sha256
    assert facts["run"]["id"] == model.run_id
    assert (facts["code"]["id"], facts["code"]["dirty"]) == (model.trained_on, True)
    assert (facts["lock"]["id"], facts["lock"]["md5"]) == (model.commit, model.md5[MODEL])
    assert set(facts["inputs"]["recorded"]) == {"notebooks/code/03_train.py", "src/code.py", "params.yaml"}
    assert facts["bytes"]["state"] == facts["notebook"]["state"] == "kept"
    assert facts["data"]["files"][0]["sha256"] == hash_of(world, TABLE)
    assert model.commit[:12] in facts["notebook"]["get"]


def test_the_command_that_is_printed_fetches_the_notebook(world: World, tmp_path: Path):
    """What it brings is the copy with outputs that belongs to this model, not today's."""
    get = link(followed(world, world.first), "notebook").facts["get"].split()
    world.dvc(*get[1:-1], str(tmp_path / "got.ipynb"))
    assert json.loads((tmp_path / "got.ipynb").read_bytes())["said"] == ["train", world.first.sha256]


# The version.


def test_a_model_without_a_version_is_followed_nevertheless(copied: World):
    """Its version was deleted; its lineage lies with it."""
    copied.client.delete_model_version("tiny", "2")
    assert "No version of tiny has this hash" in broken(copied, "version")


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (None, "the gate has not judged it"),
        ("not JSON", "the gate has not judged it"),
        ("[]", "the gate has not judged it"),
        ({"passed": True, "champion": None}, "passed the gate with no champion to beat"),
        ({"passed": True, "champion": "e" * 64}, "passed the gate against eeeeeeeeeeee"),
        ({"passed": False, "failed": ["threshold roc_auc", "latency"]}, "FAILED the gate with no champion to beat"),
        ({"passed": False, "failed": ["threshold roc_auc", "latency"]}, "threshold roc_auc, latency"),
        ({"sha256": "e" * 64, "passed": True}, "other bytes under this version (eeeeeeeeeeee), not these"),
    ],
)
def test_the_verdict_of_the_gate_is_told(copied: World, gate: dict | str | None, words: str):
    """None, one that can't be read, passed, failed with its rules, and one about other bytes."""
    copied.client.delete_model_version_tag("tiny", "2", "gate")
    if gate is not None:
        text = gate if isinstance(gate, str) else json.dumps({"sha256": copied.second.sha256, **gate})
        copied.client.set_model_version_tag("tiny", "2", "gate", text)
    assert words in said(copied, "version")


def test_all_versions_of_the_same_bytes_are_told(copied: World):
    """The champion comes first; the other is named, with its run."""
    other = copied.client.create_run("1", tags={"stage": "train"}).info.run_id
    copied.register(copied.second.sha256, other, "1.2.0")
    assert "1.1.0, number 2 in MLflow, champion" in said(copied, "version")
    assert "the same bytes are registered as 1.2.0 too" in said(copied, "version")
    assert f"the same bytes were made by {other} too" in said(copied, "run")


def test_a_version_without_a_semantic_one_has_its_number(copied: World):
    """As those had that were registered before there were semantic versions."""
    copied.client.delete_model_version_tag("tiny", "2", "version")
    assert said(copied, "version").startswith("tiny, number 2 in MLflow, champion")


# The run.


def test_a_run_that_says_which_model_it_made_needs_no_version(copied: World):
    """It has the model's hashes as tags, and so leads to dvc.lock even where nothing else does."""
    copied.client.delete_model_version("tiny", "2")
    for name, value in {"model.sha256": copied.second.sha256, "model.md5": copied.second.md5[MODEL]}.items():
        copied.client.set_tag(copied.second.run_id, name, value)
    shutil.rmtree(copied.root / "metrics")
    copied.lose(copied.second, "models/lineage.json")
    copied.lose(copied.second, "models/signature.json")
    (copied.root / MODEL).unlink()
    assert "No version" in broken(copied, "version")


def test_a_deleted_run_can_be_brought_back(copied: World):
    """MLflow keeps it for a while; the sentence is the command."""
    copied.client.delete_run(copied.second.run_id)
    assert f"`mlflow runs restore --run-id {copied.second.run_id}`" in broken(copied, "run")


def test_a_run_of_another_store_is_known_by_the_model_s_lineage(copied: World):
    """It was trained elsewhere: its id, its commit and its inputs travelled with the model."""
    drop_run(copied, copied.second.run_id)
    told = broken(copied, "run")
    assert told.startswith(f"{copied.second.run_id}  not in this store: set MLFLOW_TRACKING_URI")


def test_a_run_that_nobody_knows_leaves_the_lock(copied: World):
    """Without MLflow and without its lineage git still knows dvc.lock, and the inputs by DVC's hashes."""
    (copied.root / "mlflow.db").unlink()
    for made in (copied.first, copied.second):
        copied.lose(made, "models/lineage.json")
    found = followed(copied)
    assert found.broken == ["version", "run", "code"]
    assert "Nothing here says which run made it" in link(found, "run").says[0]
    assert "`dvc fetch --all-commits models/lineage.json models/signature.json`" in link(found, "run").says[1]
    assert link(found, "code").says == ("Without its run nobody knows which commit was checked out.",)
    assert "2 of 2 files in git are" in link(found, "inputs").says[0]
    assert link(found, "inputs").says[0].endswith("as dvc.lock names them")


def test_the_run_in_git_is_followed_rather_than_one_that_is_not(copied: World):
    """A training again made the same bytes; what the first run read was never committed."""
    lost = copied.client.create_run("1", tags={"stage": "train", "git.commit": "dead" * 10}).info.run_id
    copied.client.delete_model_version("tiny", "2")
    copied.register(copied.second.sha256, lost, "1.1.0")
    assert said(copied, "run").startswith(copied.second.run_id)
    assert f"the same bytes were made by {lost} too" in said(copied, "run")


# MLflow itself.


def test_where_mlflow_does_not_answer_the_rest_is_followed(copied: World, monkeypatch: pytest.MonkeyPatch):
    """The sentence is the one that everything says where the server is down."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    assert "where no server answers" in broken(copied, "version", "run")
    assert "MLflow could not be asked" in link(followed(copied), "run").says[0]


def test_a_database_that_is_none_is_one_sentence(copied: World):
    """It is damaged, or another program's."""
    copied.write("mlflow.db", "no database " * 100)
    assert broken(copied, "version", "run").startswith("MLflow's store can't be used as it is: ")


def test_no_database_is_made_where_there_is_none(copied: World):
    """Asking leaves nothing behind that looks like a record."""
    (copied.root / "mlflow.db").unlink()
    assert "There is no mlflow.db here" in broken(copied, "version", "run")
    assert not (copied.root / "mlflow.db").exists()


# The commit that was checked out.


def test_a_commit_that_is_not_here_is_told_with_what_to_do(copied: World):
    """Somebody trained on a commit that was never pushed."""
    copied.client.set_tag(copied.second.run_id, "git.commit", "dead" * 10)
    told = broken(copied, "code")
    assert told.startswith("deaddeaddead  not in this repository\n`git fetch --all`")


def test_a_training_outside_git_is_told(copied: World):
    """No commit was recorded; that of dvc.lock has the code all the same."""
    copied.client.set_tag(copied.second.run_id, "git.commit", "none")
    assert broken(copied, "code") == "It was trained outside a git repository: no commit is recorded."


def test_a_commit_on_no_branch_is_told_before_git_drops_it(copied: World):
    """It was amended after the training."""
    dangling = copied.git("commit-tree", "HEAD^{tree}", "-m", "Amended since")
    copied.client.set_tag(copied.second.run_id, "git.commit", dangling)
    told = said(copied, "code")
    assert "Amended since" in told
    assert f"on no branch any more, so that git may drop it: `git branch keep-{dangling[:7]} {dangling[:7]}`" in told


def test_a_commit_on_another_branch_is_told(copied: World):
    """What is checked out doesn't have it: neither the code nor the dvc.lock."""
    copied.git("checkout", "--quiet", "-b", "old", copied.first.commit)
    assert "not in what is checked out, but in main" in said(copied, "code")
    assert "not in what is checked out, but in main" in said(copied, "lock")
    assert "not in what is checked out" not in said(copied, "lock", copied.first)


def test_a_shallow_clone_is_told(copied: World):
    """One command brings the rest of the history."""
    shallow = copied._replace(root=copied.root.parent / "shallow")
    copied.git("clone", "--quiet", "--depth", "1", copied.root.as_uri(), str(shallow.root))
    shutil.copytree(copied.root / ".dvc/cache", shallow.root / ".dvc/cache")
    shutil.copy(copied.root / "mlflow.db", shallow.root)
    assert "`git fetch --unshallow`" in broken(shallow, "code")


# The commit of dvc.lock.


def test_a_model_that_is_not_committed_yet_says_so(copied: World):
    """Only the dvc.lock that lies here names it; all else can be followed from there."""
    copied.git("reset", "--quiet", "--soft", copied.prose)
    assert broken(copied, "lock").startswith("Not committed yet: only the dvc.lock that lies here names it; commit it")
    assert link(followed(copied), "inputs").says == ("3 of 3 files in git are here as its run read them",)
    assert link(followed(copied), "notebook").facts["get"] == f"dvc checkout {NOTEBOOK}"
    copied.lose(copied.second, NOTEBOOK)
    assert link(followed(copied), "notebook").facts["get"] == f"dvc pull {NOTEBOOK}"


def test_a_model_that_no_lock_names_was_trained_elsewhere(copied: World):
    """The registry knows it, and this repository doesn't."""
    stranger = copied.second._replace(sha256="e" * 64)
    run = copied.client.create_run("1", tags={"git.commit": copied.prose, "input.data/x.csv": "f" * 64}).info.run_id
    copied.register(stranger.sha256, run, "2.0.0")
    found = followed(copied, stranger)
    assert found.broken == ["lock", "inputs", "bytes", "data", "notebook"]
    assert "No dvc.lock in this repository's history names it" in link(found, "lock").says[0]
    assert link(found, "data").says[0] == "data/x.csv  sha256 ffffffffffff"


def test_without_a_repository_the_lock_that_lies_there_is_followed(copied: World):
    """An export of the project has no history."""
    shutil.rmtree(copied.root / ".git")
    found = followed(copied)
    assert "make this a git repository" in link(found, "lock").says[0]
    assert found.broken == ["code", "lock"]


def test_of_two_commits_with_the_same_lock_the_one_that_is_checked_out_is_followed(copied: World):
    """A branch was squashed into main: whoever is on main wants main's commit."""
    squashed = copied.git("commit-tree", "HEAD^{tree}", "-p", copied.prose, "-m", "Squashed")
    copied.git("branch", "squashed", squashed)
    assert said(copied, "lock").startswith(copied.second.commit[:12])
    copied.git("checkout", "--quiet", "squashed")
    assert said(copied, "lock").startswith(squashed[:12])


def test_the_lock_of_another_run_is_told_as_such(copied: World):
    """Asked for a run whose own dvc.lock is nowhere, the chain says which run wrote the one that it follows."""
    from {{cookiecutter.__package}}.live.registry.tracing.chains import chain_of
    from {{cookiecutter.__package}}.live.registry.tracing.evidence import gather
    from {{cookiecutter.__package}}.live.registry.tracing.sources import load_sources

    other = copied.client.create_run("1", tags={"stage": "train", "git.commit": copied.prose}).info.run_id
    found = chain_of(gather(load_sources(copied.root, {}), copied.second.sha256, other))
    assert f"written by run {copied.second.run_id}, which made the same bytes" in link(found, "lock").says
    assert link(found, "run").facts["others"] == [copied.second.run_id]


# The files in git that it was made from.


def test_code_that_was_changed_after_the_training_is_found_where_it_was(copied: World):
    """The commit of dvc.lock holds it as it is now; the commit that was checked out, as it ran."""
    copied.write("src/code.py", "trees = 3\n")
    copied.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    told = said(copied, "inputs")
    assert told.startswith("2 of 3 files in git are at ")
    assert told.endswith(f"\nsrc/code.py: as it was read at {copied.second.trained_on[:12]}, changed since")


def test_a_file_that_the_commit_lacks_is_named(copied: World):
    """It was read and never committed."""
    copied.client.set_tag(copied.second.run_id, "input.src/local.py", "e" * 64)
    assert broken(copied, "inputs").endswith(f"src/local.py: not there as it was read, at {copied.second.commit[:12]}")


def test_parameters_that_the_training_does_not_read_may_change(copied: World):
    """A threshold was changed before the commit, which trains nothing again."""
    text = (copied.root / "params.yaml").read_text(encoding="utf-8")
    copied.write("params.yaml", text.replace("rows: 100", "rows: 50"))
    copied.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    assert "2 of 3 files" in said(copied, "inputs")
    assert "params.yaml: changed since, but not in what the training reads of it" in said(copied, "inputs")
    copied.write("params.yaml", text.replace("trees: 20", "trees: 21"))
    copied.git("commit", "--quiet", "--all", "--amend", "--no-edit")
    assert "params.yaml: not there as it was read, at " in broken(copied, "inputs")


# What DVC keeps.


@pytest.mark.parametrize(("name", "path"), [("bytes", MODEL), ("data", TABLE), ("notebook", NOTEBOOK)])
def test_what_is_not_in_the_cache_is_told_with_the_way_to_it(copied: World, name: str, path: str):
    """One command fetches it from the remote as it was at that commit."""
    copied.lose(copied.second, path)
    told = broken(copied, name)
    assert "not in DVC's cache" in told
    assert f"dvc get . {path} --rev {copied.second.commit[:12]} --out " in told


@pytest.mark.parametrize(("name", "path"), [("bytes", MODEL), ("data", TABLE), ("notebook", NOTEBOOK)])
def test_what_is_damaged_in_the_cache_is_told(copied: World, name: str, path: str):
    """The file is there and holds something else; only `quick` believes its name."""
    kept = copied.kept(copied.second, path)
    kept.chmod(0o644)
    kept.write_bytes(b"something else")
    assert "DAMAGED there" in broken(copied, name)
    quick = followed(copied, thorough=False)
    assert quick.broken == []
    # What wasn't hashed isn't said to have its hashes.
    assert "in DVC's cache, not hashed" in link(quick, name).says[0]


@pytest.mark.parametrize(("name", "path"), [("bytes", MODEL), ("data", TABLE), ("notebook", NOTEBOOK)])
def test_what_lies_in_its_place_is_enough(copied: World, name: str, path: str):
    """A project without a cache still has today's files, if they are the ones."""
    copied.kept(copied.second, path).unlink()
    assert "not in DVC's cache, but in its place here" in said(copied, name)


def test_data_with_another_hash_than_the_run_recorded_is_told(copied: World):
    """dvc.lock names a table, and the run read another."""
    copied.client.set_tag(copied.second.run_id, f"input.{TABLE}", "e" * 64)
    assert "in DVC's cache, but with ANOTHER SHA-256 than was recorded" in broken(copied, "data")


def test_many_files_that_are_missing_have_one_way(copied: World):
    """A fresh clone has none of them; one line says how each is fetched."""
    for path in (TABLE, "data/raw/table.parquet"):
        copied.lose(copied.second, path)
    assert broken(copied, "data").endswith(f"dvc get . PATH --rev {copied.second.commit[:12]} --out FILE")


@pytest.mark.parametrize("file", [".dvc/config", ".dvc/config.local"])
def test_the_cache_may_be_elsewhere(copied: World, file: str):
    """As `dvc config cache.dir` says, relative to the settings' own folder."""
    shutil.move(copied.root / ".dvc/cache", copied.root.parent / "shared")
    copied.write(file, "[cache]\n    dir = ../../shared\n")
    assert "in DVC's cache and has both hashes" in said(copied, "bytes")


def test_moments_are_in_utc(monkeypatch: pytest.MonkeyPatch):
    """Wherever whoever is awake sits."""
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        assert links.moment(1_700_000_000) == "2023-11-14 22:13 UTC"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_the_sum_counts_what_is_broken():
    """In words that agree."""
    resolved, unknown = links.found("run", "it ran"), [links.lost(name, "why") for name in ("code", "lock")]
    one = links.Chain(sha256="e" * 64, links=(resolved, unknown[0]))
    two = links.Chain(sha256="e" * 64, links=(resolved, *unknown))
    assert links.lines(one)[-1] == "1 of 2 links does not resolve: code."
    assert links.lines(two)[-1] == "2 of 3 links do not resolve: code, lock."
    assert links.lines(two)[1:3] == ["  run       it ran", "! code      why"]
