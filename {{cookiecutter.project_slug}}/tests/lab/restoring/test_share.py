"""`lab share`: what a workflow made, pushed where that is set up."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.__package}}.lab.restoring import commands


@pytest.fixture
def remote(pipeline_ran: Path, run_dvc: Callable[..., str]) -> Path:
    """Where the remote would be, which isn't there yet."""
    run_dvc(pipeline_ran, "remote", "add", "--default", "storage", str(pipeline_ran.parent / "storage"))
    return pipeline_ran.parent / "storage"


def test_it_pushes_what_dvc_lock_names(remote: Path):
    """All of it, so that a colleague can pull."""
    remote.mkdir()
    result = CliRunner().invoke(commands.share)
    assert (result.exit_code, result.output) == (0, f"Shared on {remote}.\n")
    assert list((remote / "files" / "md5").glob("*/*"))


def test_where_nothing_is_set_up_it_says_so(remote: Path):
    """A workflow of a new project is green."""
    result = CliRunner().invoke(commands.share)
    assert result.exit_code == 0
    assert result.output == f"DVC's remote, {remote}, can't be asked from here.\n"
    assert not remote.exists()
