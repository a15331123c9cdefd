"""GitHub on loopback, and the commands that talk to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from {{cookiecutter.__package}}.lab.github import commands

from .github_server import REPOSITORY, TOKEN, Server, running

COMMANDS = {"comment": commands.comment, "issue": commands.issue, "propose": commands.propose}
Lab = Callable[..., Result]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A repository, as a workflow's environment names it."""
    with running(Server()) as server:
        environ = {"GITHUB_API_URL": server.address, "GITHUB_REPOSITORY": REPOSITORY, "GITHUB_TOKEN": TOKEN}
        environ |= {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_RUN_ID": "7"}
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        yield server


@pytest.fixture
def report(tmp_path: Path) -> Path:
    """A report of another job."""
    path = tmp_path / "report.md"
    path.write_text("# The gate lets this model pass\n", encoding="utf-8")
    return path


@pytest.fixture
def lab(server: Server) -> Lab:
    """Run a command to its end; the token is never in what it says."""

    def run(name: str, *arguments: object) -> Result:
        command: click.Command = COMMANDS[name]
        result = CliRunner().invoke(command, [str(argument) for argument in (*arguments, "--wait", 0)])
        assert TOKEN not in result.output
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        if result.exit_code:
            assert result.output.startswith("Error: ")
            assert result.output.count("\n") == 1, result.output
        return result

    return run
