"""Where a service may listen without saying who may ask."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.live.edge.auth import binding
from {{cookiecutter.__package}}.live.settings import SettingError, Settings

LOCAL = ["127.0.0.1", "127.8.9.1", "::1", "localhost", "::ffff:127.0.0.1"]
OPEN = ["0.0.0.0", "::", "", "192.0.2.1", "10.0.0.7", "fe80::1", "::ffff:192.0.2.1", "nowhere.invalid", "a" * 300]


@pytest.mark.parametrize(("host", "local"), [(host, True) for host in LOCAL] + [(host, False) for host in OPEN])
def test_only_addresses_of_this_machine_are_local(host: str, local: bool):
    """What can't be looked up is taken for one of the others."""
    assert binding.is_local(host) is local


@pytest.mark.parametrize("host", OPEN)
@pytest.mark.parametrize("private", [False, True])
def test_an_open_address_is_refused_without_authentication(host: str, private: bool):
    """The private port's too: one sentence that says what to do."""
    settings = Settings(private_port=9000, private_host=host) if private else Settings()
    with pytest.raises(SettingError, match=r"set LIVE_AUTH to keys or jwt, or to none .*127\.0\.0\.1\.$"):
        binding.require_guarded(settings, ["127.0.0.1"] if private else [host])


@pytest.mark.parametrize("auth", ["keys", "jwt", "keys,jwt", "none"])
def test_an_open_address_is_fine_where_somebody_decided_who_may_ask(auth: str):
    """Also that everybody may."""
    binding.require_guarded(Settings(auth=auth, private_port=9000, private_host="0.0.0.0"), ["0.0.0.0"])


@pytest.mark.parametrize("host", LOCAL)
def test_on_this_machine_nothing_has_to_be_set(host: str):
    """The address of a private port counts only where there is one."""
    binding.require_guarded(Settings(private_host="0.0.0.0"), [host])
    binding.require_guarded(Settings(private_port=9000), [host])
    binding.require_guarded(Settings(), [])


def test_a_misspelt_way_guards_nothing():
    """LIVE_AUTH=of isn't `none`, on any address."""
    with pytest.raises(SettingError, match="LIVE_AUTH is 'of'"):
        binding.require_guarded(Settings(auth="of"), ["127.0.0.1"])


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
@pytest.mark.parametrize("form", ["--fd {}", "--fd={}"])
def test_a_worker_s_socket_says_where_it_listens(family: socket.AddressFamily, form: str):
    """And stays open."""
    host = "0.0.0.0" if family == socket.AF_INET else "::"
    with socket.socket(family) as own:
        own.bind((host, 0))
        arguments = ["service.py", ".", *form.format(own.fileno()).split(), "--worker-id", "1"]
        assert binding.listening(arguments) == [host]
        own.listen()


def test_without_a_socket_of_the_network_there_is_no_address(tmp_path: Path):
    """As where the service is used in a notebook, or through a socket in the file system."""
    assert binding.listening(["pytest", "-q"]) == []
    with socket.socket(socket.AF_UNIX) as own:
        own.bind(str(tmp_path / "s"))
        assert binding.listening(["service.py", "--fd", str(own.fileno())]) == []


@pytest.mark.parametrize("number", ["9999", "x", "-1"])
def test_a_socket_that_can_t_be_asked_isn_t_taken_for_a_local_one(number: str):
    """Nobody knows where it listens."""
    with pytest.raises(SettingError, match="On an unknown address"):
        binding.require_guarded(Settings(), binding.listening(["service.py", "--fd", number]))


ASKED = [
    ("bentoml serve bento --host 192.0.2.1 --port 3000", {"BENTOML_HOST": "127.0.0.1"}, ["192.0.2.1"]),
    ("bentoml serve --host=127.0.0.1", {}, ["127.0.0.1"]),
    ("bentoml serve", {}, ["0.0.0.0"]),
    ("bentoml serve --reload", {}, ["127.0.0.1"]),
    ("bentoml serve", {"BENTOML_HOST": "127.0.0.1"}, ["127.0.0.1"]),
    ("pytest -q", {"BENTOML_HOST": "0.0.0.0"}, []),
]


@pytest.mark.parametrize(("command", "environ", "hosts"), ASKED)
def test_the_command_is_refused_before_anything_listens(command: str, environ: dict[str, str], hosts: list[str]):
    """So that it ends with a sentence and not with the end of its first worker."""
    assert binding.asked_for(command.split(), environ) == hosts
