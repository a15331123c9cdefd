"""Starting and stopping the service: what is checked first, and what is said when it can't start."""

from __future__ import annotations

import shutil
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import server


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that somebody listens on."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.fixture
def own_bento(bento: Path, tmp_path: Path) -> Path:
    """A copy of the Bento that a test may damage."""
    return shutil.copytree(bento, tmp_path / "bento")


def test_a_taken_port_is_refused_with_another_one(taken: int):
    """The sentence names the port and the command that takes another."""
    with pytest.raises(server.ServerError, match=rf"^Port {taken} .* in use.*`make serve PORT=\d+`\.$"):
        server.check_port("127.0.0.1", taken)


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_an_address_that_is_not_ours_is_refused(host: str):
    """A host that can't be listened on is a sentence too."""
    with pytest.raises(server.ServerError, match=f"on {host} can't be used"):
        server.check_port(host, 3000)


def test_a_free_port_can_be_used(taken: int):
    """What was found free passes the check, and isn't one that somebody has."""
    found = server.free_port()
    server.check_port("127.0.0.1", found)
    assert found != taken


def test_without_a_bento_the_sentence_says_how_to_build_one(tmp_path: Path):
    """Nothing was packaged yet."""
    with pytest.raises(server.ServerError, match=r"There is no Bento in .*: run `make pipeline` first"):
        server.check_bento(tmp_path / "bento")


def test_a_good_bento_passes(bento: Path):
    """What 05_package builds can be served."""
    server.check_bento(bento)


def test_a_damaged_model_in_the_bento_is_refused(own_bento: Path):
    """The service doesn't start on other bytes than those that were evaluated."""
    data.save_bytes(b"damaged", own_bento / "src" / "models" / "model.onnx")
    with pytest.raises(server.ServerError, match=r"model\.onnx is not the model .*`make pipeline`"):
        server.check_bento(own_bento)


@pytest.mark.parametrize("name", ["model.onnx", "signature.json"])
def test_a_missing_model_in_the_bento_is_refused(own_bento: Path, name: str):
    """Half a Bento isn't served."""
    (own_bento / "src" / "models" / name).unlink()
    with pytest.raises(server.ServerError, match=rf"There is no {name} in .*`make pipeline`"):
        server.check_bento(own_bento)


def interpreter(folder: Path, program: str) -> str:
    """Write something that is started as Python would be, and runs this program instead of BentoML."""
    (folder / "program.py").write_text(program, encoding="utf-8")
    path = folder / "python"
    path.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{folder}/program.py" "$@"\n', encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def test_a_server_that_ends_at_once_is_reported_with_its_log(bento: Path, tmp_path: Path):
    """Whoever starts it sees why it didn't, without waiting for a minute."""
    python = interpreter(tmp_path, "import nothing_of_this_name")
    with (
        pytest.raises(server.ServerError, match=r"did not become ready .*No module named 'nothing_of_this_name'"),
        server.running(bento, python=python),
    ):
        pass


READY = """
import http.server, sys

class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/readyz" else 404)
        self.end_headers()

port = int(sys.argv[sys.argv.index("--port") + 1])
http.server.ThreadingHTTPServer(("127.0.0.1", port), Ready).serve_forever()
"""


def test_nothing_listens_once_it_is_stopped(bento: Path, tmp_path: Path):
    """The block's end is the server's end, also when the block fails."""
    python = interpreter(tmp_path, READY)
    with pytest.raises(ZeroDivisionError), server.running(bento, python=python) as url:
        fail_after_asking(url)
    with pytest.raises(urllib.error.URLError):
        urllib.request.urlopen(f"{url}/readyz", timeout=10)
    server.check_port("127.0.0.1", int(url.rsplit(":", 1)[1]))


def fail_after_asking(url: str) -> None:
    """Fail as a notebook's cell may, once the server has answered."""
    with urllib.request.urlopen(f"{url}/readyz", timeout=10) as response:
        raise ZeroDivisionError(response.status)
