"""`live keys`, as a person uses it: a key is shown once, and the service knows whose it is."""

from __future__ import annotations

import json
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.live import cli
from {{cookiecutter.__package}}.live.edge.auth.keyring import Keyring

from ..conftest import forked

TODAY = datetime.now(UTC).date()


@pytest.fixture(autouse=True)
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of keys, in the folder where the command runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIVE_API_KEYS", raising=False)
    return tmp_path / "keys.json"


def live(*arguments: str) -> Result:
    """Call `live keys`."""
    return CliRunner().invoke(cli.main, ["keys", *arguments])


def sentence(result: Result) -> str:
    """Return what a command said that had to fail."""
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
    assert re.fullmatch(r"Error: [^\n]*\.\n", result.output), result.output
    return result.output


def test_a_key_is_shown_once_and_is_its_owner_s(path: Path):
    """Alone on the standard output, so that it can be handed on; the file has only its hash, for its owner alone."""
    made = live("new", "--name", "reports", "--scope", "predict", "--scope", "admin", "--days", "30")
    assert made.exit_code == 0, made.output
    assert re.fullmatch(r"live_[\w-]{43}\n", made.stdout)
    assert "shown this once" in made.stderr
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert made.stdout.strip() not in path.read_text()
    ring = Keyring(path)
    assert ring.caller(made.stdout.strip().encode()) == ("reports", {"predict", "admin"})
    ring.close()
    (entry,) = json.loads(path.read_text())["keys"]
    assert entry["expires"] == (TODAY + timedelta(days=30)).isoformat()


def test_without_options_a_key_has_a_name_of_its_own_asks_for_predictions_and_lasts(path: Path):
    """Names are counted on past those that are taken."""
    for _ in range(2):
        assert live("new").exit_code == 0
    assert live("revoke", "key-1").exit_code == 0
    assert live("new").exit_code == 0
    entries = {key.pop("id"): key for key in json.loads(path.read_text())["keys"]}
    assert set(entries) == {"key-1", "key-2"}
    assert all(set(key) == {"sha256", "scopes"} and key["scopes"] == ["predict"] for key in entries.values())


def test_the_list_says_whose_until_when_and_never_a_hash(path: Path):
    """Also of those that have expired."""
    live("new", "--name", "reports", "--days", "1")
    live("new", "--name", "ops", "--scope", "admin")
    known = json.loads(path.read_text())
    known["keys"][0]["expires"] = "2020-01-31"
    path.write_text(json.dumps(known))
    listed = live("list")
    assert listed.stdout == "reports  predict; expired after 2020-01-31\nops      admin; does not expire\n"
    assert not any(key["sha256"][:8] in listed.output for key in known["keys"])


def test_a_key_that_is_taken_back_is_gone(path: Path):
    """The last one too, so that nobody can ask any more."""
    secret = live("new", "--name", "reports").stdout.strip().encode()
    ring = Keyring(path)
    assert live("revoke", "reports").exit_code == 0
    ring.refresh()
    assert ring.caller(secret) is None
    ring.close()
    assert "There is no key in" in live("list").stderr


def test_the_file_is_the_one_that_the_service_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """LIVE_API_KEYS, unless --file names another."""
    monkeypatch.setenv("LIVE_API_KEYS", "private/service.json")
    assert live("new", "--name", "a").exit_code == 0
    assert live("new", "--name", "b", "--file", "other.json").exit_code == 0
    assert (tmp_path / "private" / "service.json").exists()
    assert live("list").stdout.startswith("a ")
    assert live("list", "--file", "other.json").stdout.startswith("b ")


WRONG = [
    (["new", "--name", "reports"], "There is a key reports already"),
    (["new", "--name", "our reports"], "'our reports' is no name"),
    (["new", "--name", "jwt:x"], "'jwt:x' is no name"),
    (["revoke", "nobody"], "There is no key nobody in keys.json: `live keys list`"),
    (["list", "--file", "none.json"], "live keys new"),
    (["revoke", "reports", "--file", "none.json"], "can't be read"),
]


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_what_can_t_be_done_is_said_in_a_sentence_and_changes_nothing(path: Path, arguments: list[str], said: str):
    """The keys that there are stay valid."""
    live("new", "--name", "reports")
    before = path.read_bytes()
    assert said in sentence(live(*arguments))
    assert path.read_bytes() == before


@pytest.mark.parametrize("arguments", [["new", "--scope", "all"], ["new", "--days", "0"], ["new", "--days", "99999"]])
def test_an_option_that_can_t_be_makes_no_key(path: Path, arguments: list[str]):
    """Click names what it takes."""
    assert live(*arguments).exit_code == 2
    assert not path.exists()


def test_a_damaged_file_is_left_as_it_is(path: Path):
    """Nobody's keys are lost by making another one."""
    path.write_text("{")
    for arguments in (["new"], ["list"], ["revoke", "reports"]):
        assert "it isn't JSON" in sentence(live(*arguments))
    assert path.read_text() == "{"


def test_of_keys_made_at_once_none_is_lost(path: Path):
    """Two people who each make one, at the same moment."""
    waits, go = os.pipe()

    def work() -> None:
        os.read(waits, 1)
        assert live("new").exit_code == 0

    children = [forked(work) for _ in range(8)]
    os.write(go, b"." * len(children))
    assert [os.waitpid(child, 0)[1] for child in children] == [0] * len(children)
    assert {key["id"] for key in json.loads(path.read_text())["keys"]} == {f"key-{n}" for n in range(1, 9)}
