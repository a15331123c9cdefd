"""What DVC asks of params.yaml is there, or a sentence says so before DVC stops."""

from __future__ import annotations

from pathlib import Path

import pytest

from {{cookiecutter.__package}}.core.project import WorkspaceError
from {{cookiecutter.__package}}.lab.staleness import parameters


def test_the_projects_own_sections_are_there(project: Path):
    """Whatever table it learns from."""
    parameters.require_parameters(project)


def test_a_section_that_was_taken_out_is_named_with_what_to_write(tmp_path: Path):
    """Its defaults would do, but DVC has to see it."""
    stage = "stages:\n  ingest: {cmd: lab run 01_ingest, deps: [], params: [seed, flights]}"
    (tmp_path / "dvc.yaml").write_text(stage)
    (tmp_path / "params.yaml").write_text("seed: 1\nflights: {}\n")
    parameters.require_parameters(tmp_path)
    (tmp_path / "params.yaml").write_text("seed: 1\n")
    with pytest.raises(WorkspaceError, match=r"params.yaml lacks flights, .* stage ingest: write `flights: {}` where"):
        parameters.require_parameters(tmp_path)
