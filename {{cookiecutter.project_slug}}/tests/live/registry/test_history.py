"""`live history` and `live show`: what people and programs are told."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.live.registry import authorship

from .conftest import Project


def test_the_history_is_a_table_the_newest_first(climbed: Project):
    """When in UTC, who, what, from where to where, why."""
    climbed.done("rollback", "--why", "late\nin July")
    heading, first, *_, last = climbed.done("history").splitlines()
    assert heading.split() == ["when", "(UTC)", "who", "action", "from", "->", "to", "why", "commit"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ada  rollback  1\.1\.0 -> 1\.0\.1  late in July", first)
    assert "none -> 1.0.0" in last


def test_a_long_reason_is_cut_in_the_table_alone(climbed: Project):
    """A program gets all of it."""
    climbed.done("rollback", "--why", "x" * 500)
    assert f"  {'x' * 59}…" in climbed.done("history")
    assert "x" * 60 not in climbed.done("history")
    assert json.loads(climbed.done("history", "--json"))[0]["why"] == "x" * 500


def test_a_program_gets_every_release_with_all_that_is_known(climbed: Project):
    """Nothing but JSON on the standard output."""
    first = json.loads(climbed.done("history", "--json"))[0]
    assert set(first) == {
        *("number", "when", "who", "action", "from", "to", "sha256", "why", "commit", "compared", "state")
    }
    assert (first["number"], first["from"], first["to"], first["state"]) == (3, "1.0.1", "1.1.0", "done")
    assert first["sha256"] == climbed.sha256("1.1.0")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", first["when"])


def test_before_the_first_release_the_history_says_so(registered: Project):
    """And to a program it is an empty list."""
    assert (
        registered.done("history") == "Nothing was released of made-up yet: `live promote` makes its first champion.\n"
    )
    assert json.loads(registered.live("history", "--json").stdout) == []


def test_the_champion_is_shown_with_where_it_comes_from(climbed: Project):
    """Bytes, gate, run and commit, since when it is live, by whom and why."""
    climbed.done("rollback", "--why", "late in July")
    shown = climbed.done("show")
    number = climbed.number("1.0.1")
    assert shown.startswith("made-up 1.0.1\n")
    assert f"sha256      {climbed.sha256('1.0.1')}\n" in shown
    assert f"registered  as number {number} at 2" in shown
    assert "gate        passed, compared with nobody, by choice\n" in shown
    assert re.search(r"champion    since \S+Z, rollback by ada \(late in July\)\n", shown)
    assert f"  run       {climbed.look().versions[number].run_id}" in shown
    assert f"! code      {'c' * 12}  not in this repository\n" in shown
    assert "with uncommitted changes" in shown
    for link in ("lock", "inputs", "bytes", "data", "notebook"):
        assert f"\n! {link:<8}  " in shown, shown
    assert shown.endswith(" of 8 links do not resolve: code, lock, inputs, bytes, data, notebook.\n")


def test_any_version_can_be_shown(climbed: Project):
    """One that was champion, one that never was, with what the gate said of it."""
    assert "champion    no, but it was\n" in climbed.done("show", "1.0.0")
    climbed.gate("2.0.0", passed=False, failed=("latency",), champion=climbed.sha256("1.0.0"))
    assert "gate        failed (latency), against 1.0.0\n" in climbed.done("show", "2.0.0")
    assert "champion    no\n" in climbed.done("show", "2.0.0")
    assert "has no version 7" in climbed.refused("show", "7")


def test_without_a_champion_show_says_what_can_be_shown(registered: Project):
    """The newest version, for example."""
    assert "made-up has no champion: `live promote` makes one, and `live show 2.0.0`" in registered.refused("show")
    registered.alias("1.0.0")
    assert "champion    yes, made by hand in MLflow\n" in registered.done("show")


def test_who_releases_is_found_in_this_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """LIVE_ACTOR, who started the workflow, git's user, the login."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "none"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(tmp_path / "none"))
    monkeypatch.setenv("LOGNAME", "login")
    assert authorship.who(tmp_path, {}) == "login"
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    subprocess.run(["git", "config", "user.name", "Ada L."], cwd=tmp_path, check=True)
    assert authorship.who(tmp_path, {}) == "Ada L."
    assert authorship.who(tmp_path, {"GITHUB_ACTOR": "octo"}) == "octo"
    assert authorship.who(tmp_path, {"GITHUB_ACTOR": "octo", "LIVE_ACTOR": "me"}) == "me"
    assert authorship.commit(tmp_path) == ""


def test_a_machine_without_git_and_names_still_says_something(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """An image has often neither."""
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("pwd.getpwuid", lambda number: {}[number])
    assert authorship.who(tmp_path, {}).isdecimal()
