"""The command `live loadtest`: what it refuses, and a short run against a real service."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import cli, client, server
from {{cookiecutter.__package}}.live.loadtest import session

KEY = "a-key-that-nobody-may-read"


def loadtest(*arguments: str | Path, **environ: str) -> Result:
    """Call `live loadtest`."""
    return CliRunner().invoke(cli.main, ["loadtest", *map(str, arguments)], env=environ)


def assert_sentence(result: Result, *parts: str) -> None:
    """Fail unless the command ended with exit code 1 and one sentence that has these parts."""
    assert (result.exit_code, type(result.exception)) == (1, SystemExit), result.output
    assert result.output.startswith("Error: ")
    assert len(result.output.splitlines()) == 1
    for part in parts:
        assert part in result.output


@pytest.fixture
def two_rows(tmp_path: Path) -> Path:
    """A file with two rows."""
    data.save_json({"rows": [{"x": 1}, {"x": 2}]}, tmp_path / "rows.json")
    return tmp_path / "rows.json"


@pytest.fixture
def asked() -> Iterator[list[tuple[str, str | None]]]:
    """Requests that a service of our own got, the address first; the first three are answered."""
    got: list[tuple[str, str | None]] = []

    class Breaking(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            got.append((self.path, self.headers["x-api-key"]))
            body = b'{"predictions": [1], "request_id": "1"}'
            self.send_response(200 if len(got) < 5 else 500)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Breaking) as listening:
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        got.append((f"http://127.0.0.1:{listening.server_port}", None))
        yield got
        listening.shutdown()


@pytest.mark.parametrize("url", ["http://example.org", "http://10.0.0.7:3000", "https://model.example.org/x"])
def test_another_machine_is_only_put_under_load_if_that_is_allowed(url: str, two_rows: Path):
    """It could be anybody's. Nothing is sent before it is said."""
    assert_sentence(loadtest("--url", url, "--golden", two_rows), "another machine", "--allowed", "ALLOWED=yes")
    session.require_mine(url, allowed=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "[::1]"])
def test_this_machine_may_be_put_under_load(host: str):
    """By whichever of its names."""
    session.require_mine(f"http://{host}:3000", allowed=False)


@pytest.mark.parametrize("url", ["localhost:3000", "ftp://127.0.0.1", "nonsense", "http://", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_one_sentence(url: str, two_rows: Path):
    """With an example of one."""
    assert_sentence(loadtest("--url", url, "--golden", two_rows), "no address")


@pytest.mark.parametrize("option", ["--users", "--seconds", "--rows"])
@pytest.mark.parametrize("value", ["0", "-1", "many", "1000000"])
def test_figures_out_of_range_are_refused_by_name(option: str, value: str, two_rows: Path):
    """A load test ends by itself, and a slip of the finger doesn't start a million users."""
    result = loadtest(option, value, "--golden", two_rows)
    assert result.exit_code == 2
    assert option in result.output


def test_without_a_service_there_is_one_sentence(two_rows: Path):
    """It says what to run first."""
    url = f"http://127.0.0.1:{server.free_port()}"
    assert_sentence(loadtest("--url", url, "--golden", two_rows), f"Nothing answers at {url}", "`make serve`")


def test_rows_are_repeated_until_there_are_enough():
    """Ten thousand rows take no more than a few real ones."""
    assert json.loads(session.body_of(["a", "b"], 5)) == {"rows": ["a", "b", "a", "b", "a"]}


def test_a_request_without_a_key_has_no_header_for_it():
    """LIVE_API_KEY, left empty, is none."""
    assert "x-api-key" not in client.headers({"LIVE_API_KEY": " "})
    assert client.headers({"LIVE_API_KEY": KEY})["x-api-key"] == KEY


def test_the_share_of_requests_decides_a_percentile():
    """Of a hundred requests, the 99th slowest counts, not the slowest."""
    times = [(1.0, 50), (2.0, 49), (500.0, 1)]
    assert [session.percentile(times, share) for share in (0.5, 0.99, 1)] == [1, 2, 500]


def test_a_service_that_breaks_under_load_fails_the_command(asked: list, two_rows: Path, tmp_path: Path):
    """The line says how many requests failed; the key went with every one of them, and is in no report."""
    report = tmp_path / "reports" / "load.html"
    given = ["--users", 2, "--seconds", 3, "--golden", two_rows, "--report", report]
    result = loadtest("--url", asked[0][0], *given, LIVE_API_KEY=KEY)
    assert result.exit_code == 1, result.output
    line = re.fullmatch(
        r"[\d,]+ requests/s, p50 .+ ms, p99 .+ ms, ([\d,]+) of ([\d,]+) requests failed; see .+\n", result.output
    )
    assert line, result.output
    failed, sent = (int(number.replace(",", "")) for number in line.groups())
    # The first was sent beforehand, to see whether there is a service.
    assert (sent, failed) == (len(asked) - 2, sent - 2)
    assert set(asked[1:]) == {("/v1/predict", KEY)}
    assert KEY not in report.read_text(encoding="utf-8") + result.output


def test_a_served_model_bears_a_few_users(address: str, bento: Path, tmp_path: Path):
    """No request fails, and the page about it needs nothing from elsewhere."""
    report, golden = tmp_path / "load.html", bento / "src" / "models" / "golden.json"
    given = ["--users", 4, "--seconds", 2, "--rows", 30, "--golden", golden, "--report", report]
    result = loadtest("--url", address, *given)
    assert result.exit_code == 0, result.output
    assert " 0 of " in result.output
    page = report.read_text(encoding="utf-8")
    assert address in page
    elsewhere = r"""(?:<(?:script|link|img|iframe)[^>]+(?:src|href)=|@import |url\()["']?(?:https?:)?//"""
    assert re.findall(elsewhere, page) == []
