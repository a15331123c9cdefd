"""The command `live`, asked as a person asks it."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import cli, server


def live(*arguments: str | Path) -> Result:
    """Call `live`."""
    return CliRunner().invoke(cli.main, [str(argument) for argument in arguments])


def assert_sentence(result: Result, *parts: str) -> None:
    """Fail unless the command ended with exit code 1 and a message that has these parts, not a stack trace."""
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
    assert result.output.startswith("Error: ")
    for part in parts:
        assert part in result.output


@pytest.fixture
def kept(bento: Path) -> Path:
    """The golden rows of the Bento."""
    return bento / "src" / "models" / "golden.json"


@pytest.fixture
def other_server() -> Iterator[str]:
    """Somebody else's server, which knows nothing of predictions: the path says what it answers."""

    class Other(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            status, body = ANSWERS[self.path.split("/")[1].replace("%20", " ")]
            if status:
                self.send_response(status)
                self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as listening:
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()


ANSWERS = {
    "page": (200, b"<html>Grafana</html>"),
    "missing page": (404, b"<html>Not found</html>"),
    "missing JSON": (404, b'{"detail": "Not Found"}'),
    "null": (200, b"null"),
    "list": (200, b"[]"),
    "no HTTP": (None, b"-ERR unknown command\r\n"),
    "nothing": (None, b""),
}


def test_one_row_is_sent_and_its_answer_printed(address: str, kept: Path):
    """The first golden row, whose answer is known."""
    result = live("predict", "--url", address, "--rows", kept)
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["predictions"] == data.load_json(kept)["predictions"][:1]


def test_all_rows_are_sent_on_request(address: str, kept: Path):
    """Every golden row is answered."""
    result = live("predict", "--url", address, "--rows", kept, "--all")
    assert json.loads(result.output)["predictions"] == data.load_json(kept)["predictions"]


def test_a_refused_row_fails_the_command(address: str, tmp_path: Path):
    """A script that calls `live predict` notices; a person sees which field is wrong."""
    data.save_json({"rows": [{"nonsense": 1}]}, tmp_path / "rows.json")
    result = live("predict", "--url", address, "--rows", tmp_path / "rows.json")
    assert result.exit_code == 1
    assert "rows[0].nonsense" in result.output


def test_nothing_that_listens_is_one_sentence(kept: Path):
    """It says what to run first."""
    url = f"http://127.0.0.1:{server.free_port()}"
    assert_sentence(live("predict", "--url", url, "--rows", kept), f"Nothing answers at {url}", "`make serve`")


@pytest.mark.parametrize("path", ANSWERS)
def test_somebody_else_who_listens_is_one_sentence(other_server: str, kept: Path, path: str):
    """Port 3000 is popular: what doesn't answer as this service does isn't taken for it."""
    url = f"{other_server}/{path}".replace(" ", "%20")
    assert_sentence(live("predict", "--url", url, "--rows", kept), other_server)


def test_without_golden_rows_there_is_one_sentence(tmp_path: Path):
    """It says how to make them."""
    assert_sentence(live("predict", "--rows", tmp_path / "golden.json"), "golden.json", "`make pipeline`")


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"rows": 3}'])
def test_a_file_without_rows_is_one_sentence(tmp_path: Path, text: str):
    """A file that isn't what it should be is named."""
    path = tmp_path / "rows.json"
    path.write_text(text, encoding="utf-8")
    assert_sentence(live("predict", "--rows", path), "rows.json")


def test_serving_without_a_bento_is_one_sentence(tmp_path: Path):
    """It says how to build one."""
    assert_sentence(live("serve", "--bento", tmp_path / "bento"), "There is no Bento", "`make pipeline`")


def test_serving_on_a_taken_port_is_one_sentence(bento: Path, other_server: str):
    """It says which port, and how to take another."""
    port = other_server.rsplit(":", 1)[1]
    assert_sentence(live("serve", "--bento", bento, "--port", port), f"Port {port}", "`make serve PORT=")


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_that_is_none_is_refused(bento: Path, port: str):
    """Before anything is started."""
    assert live("serve", "--bento", bento, "--port", port).exit_code == 2


def test_help_names_the_commands():
    """`live --help` and `live -h` are the same."""
    assert live("--help").output == live("-h").output
    assert {"serve", "predict"} <= set(live("-h").output.split())
