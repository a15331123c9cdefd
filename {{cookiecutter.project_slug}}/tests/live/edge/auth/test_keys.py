"""API keys: what a file of them may hold, whose key is whose, and how a change of the file arrives."""

from __future__ import annotations

import json
import logging
import os
import stat
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from {{cookiecutter.__package}}.live.edge.auth import keys
from {{cookiecutter.__package}}.live.edge.auth.keyring import Keyring
from {{cookiecutter.__package}}.live.settings import SettingError

HASH = sha256(b"live_reports").hexdigest()
GOOD = {"id": "reports", "sha256": HASH, "scopes": ["predict"]}
TODAY = datetime.now(UTC).date()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the file of keys is."""
    return tmp_path / "keys.json"


@pytest.fixture
def ring_of(path: Path) -> Iterator[Callable[..., Keyring]]:
    """Write keys, and open what knows them."""
    opened = []

    def ring(*known: dict[str, Any], seconds: float = 60) -> Keyring:
        write(path, *known)
        opened.append(Keyring(path, seconds=seconds))
        return opened[-1]

    yield ring
    for one in opened:
        one.close()


def write(path: Path, *known: dict[str, Any]) -> None:
    """Write a file of keys, as another process would."""
    beside = path.with_suffix(".new")
    beside.write_text(json.dumps({"keys": known}))
    beside.replace(path)


BAD = {
    "not JSON": ("{", "it isn't JSON"),
    "not UTF-8": (b"\xff\xfe", "it isn't JSON"),
    "nested deeply": ("[" * 100_000, "can't be used"),
    "a list": ("[]", "expected `object`, got `array`"),
    "without keys": ("{}", "missing required field `keys`"),
    "no scope": ({"scopes": []}, "length >= 1"),
    "an unknown scope": ({"scopes": ["predict", "everything"]}, "the scopes are predict and admin"),
    "a short hash": ({"sha256": HASH[:-1]}, "64 hexadecimal digits"),
    "a key in place of its hash": ({"sha256": "live_planted-secret"}, "64 hexadecimal digits"),
    "a hash with a line's end": ({"sha256": f"{HASH}\n"}, "64 hexadecimal digits"),
    "a name with a space": ({"id": "our reports"}, "letters, digits"),
    "a name as a token has": ({"id": "jwt:reports"}, "letters, digits"),
    "an unknown field": ({"key": "live_planted-secret"}, "unknown field"),
    "no day": ({"expires": "soon"}, "can't be used"),
}


@pytest.mark.parametrize(("content", "said"), BAD.values(), ids=BAD)
def test_a_file_that_can_t_be_used_is_refused_in_one_sentence(path: Path, content: Any, said: str):
    """It names the file and what is wrong, and repeats nothing that may be a secret."""
    if isinstance(content, dict):
        content = json.dumps({"keys": [{**GOOD, **content}]})
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(SettingError) as refused:
        keys.load_keys(path)
    message = str(refused.value)
    assert str(path) in message
    assert said in message
    assert message.endswith(".")
    assert "\n" not in message
    assert "planted" not in message


@pytest.mark.parametrize(("other", "what"), [({**GOOD, "sha256": "0" * 64}, "id"), ({**GOOD, "id": "b"}, "sha256")])
def test_two_keys_with_one_id_or_one_hash_are_refused(path: Path, other: dict[str, Any], what: str):
    """Whose key it is would depend on their order."""
    write(path, {**GOOD, "id": "a", "sha256": "1" * 64}, GOOD, other)
    with pytest.raises(SettingError, match=rf"the keys at 1 and 2 have one {what}\."):
        keys.load_keys(path)


def test_a_missing_file_is_refused_with_the_command_that_makes_one(tmp_path: Path):
    """Also one that is a folder."""
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(SettingError, match="`live keys new --file"):
            keys.load_keys(path)


def test_several_keys_are_valid_at_once_each_with_its_own_name_and_scopes(ring_of: Callable[..., Keyring]):
    """So that a caller has its next key before the old one ends."""
    ring = ring_of(GOOD, {"id": "ops", "sha256": sha256(b"live_ops").hexdigest(), "scopes": ["admin", "predict"]})
    assert ring.caller(b"live_reports") == ("reports", {"predict"})
    assert ring.caller(b"live_ops") == ("ops", {"admin", "predict"})


@pytest.mark.parametrize("wrong", [b"", b"live_report", b"live_reports ", b"LIVE_REPORTS", b"\xff", HASH.encode()])
def test_whatever_isn_t_a_key_is_nobody_s(ring_of: Callable[..., Keyring], wrong: bytes):
    """Not even the hash in the file, which is no secret."""
    assert ring_of(GOOD).caller(wrong) is None


@pytest.mark.parametrize(("days", "valid"), [(-1, False), (0, True), (1, True)])
def test_a_key_is_valid_through_its_last_day(ring_of: Callable[..., Keyring], days: int, valid: bool):
    """Days are those of UTC."""
    ring = ring_of({**GOOD, "expires": (TODAY + timedelta(days=days)).isoformat()})
    assert (ring.caller(b"live_reports") is not None) is valid


def test_the_last_day_there_is_can_be_a_key_s(path: Path):
    """9999-12-31 is what people write who mean for good."""
    write(path, {**GOOD, "expires": "9999-12-31"})
    assert keys.load_keys(path)[0].until > 250_000_000_000


def test_a_change_of_the_file_arrives_without_a_restart(
    path: Path, ring_of: Callable[..., Keyring], eventually: Callable[[Callable[[], bool]], None]
):
    """A new key is let in, and one that was taken back no longer is."""
    ring = ring_of(GOOD, seconds=0.02)
    write(path, {**GOOD, "id": "next", "sha256": sha256(b"live_next").hexdigest()})
    eventually(lambda: ring.caller(b"live_next") is not None)
    assert ring.caller(b"live_reports") is None


@pytest.mark.parametrize("damage", ["torn", "removed", "a folder"])
def test_a_file_that_became_unusable_leaves_the_keys_as_they_were_and_is_named_once(
    path: Path, ring_of: Callable[..., Keyring], caplog: pytest.LogCaptureFixture, damage: str
):
    """A typing mistake in the file doesn't end the service; repairing it is seen."""
    ring = ring_of(GOOD)
    content = path.read_bytes()
    if damage == "torn":
        path.write_bytes(content[:-9])
    else:
        path.unlink()
        if damage == "a folder":
            path.mkdir()
    with caplog.at_level(logging.WARNING):
        ring.refresh()
        ring.refresh()
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "stay as they were" in caplog.text
    assert ring.caller(b"live_reports") is not None
    if damage == "a folder":
        path.rmdir()
    write(path)
    ring.refresh()
    assert ring.caller(b"live_reports") is None


def test_a_new_file_is_its_owner_s_alone_and_holds_no_secret(path: Path):
    """Also where new files are everybody's to read; who already may read an old one still may."""
    before = os.umask(0)
    try:
        secret, key = keys.made("reports", ["predict"], date(2030, 1, 31))
        keys.save_keys([key], path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        path.chmod(0o640)
        keys.save_keys([key, keys.made("next", ["admin"], None)[1]], path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    finally:
        os.umask(before)
    assert secret not in path.read_text()
    assert [one.id for one in keys.load_keys(path)] == ["reports", "next"]
    assert list(path.parent.iterdir()) == [path]


def test_a_secret_has_256_random_bits_and_says_what_it_is():
    """Scanners of repositories find keys that were committed by their beginning."""
    made = {keys.made("reports", ["predict"], None)[0] for _ in range(200)}
    assert len(made) == 200
    assert all(secret.startswith("live_") and len(secret) == 48 for secret in made)
