"""What a notebook's first output says: the mode, and which data it is about to read."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from {{cookiecutter.__package}}.core import data, schema
from {{cookiecutter.__package}}.lab import banner, stage

TABLE = "data/table.parquet"
MODES = {"official": "writes the tracked results", "draft": "breaks nothing", "smoke": "a sample and throwaway results"}


@pytest.fixture
def tabular(tiny: Path) -> Path:
    """A tiny project whose first stage makes a table that its second reads."""
    listed = (tiny / "dvc.yaml").read_text(encoding="utf-8").replace("data/table.txt", TABLE)
    (tiny / "dvc.yaml").write_text(listed, encoding="utf-8")
    return tiny


def opened(monkeypatch: pytest.MonkeyPatch, mode: str, name: str = "second") -> stage.Stage:
    """Open a stage in a mode."""
    monkeypatch.setenv("LAB_PROFILE", "smoke" if mode == "smoke" else "")
    monkeypatch.setenv("DVC_STAGE", name if mode == "official" else "")
    return stage.Stage(name)


@pytest.mark.parametrize("mode", MODES)
def test_the_banner_says_the_mode_and_the_table(tabular: Path, monkeypatch: pytest.MonkeyPatch, mode: str):
    """Which notebook, what this mode does, and rows and hash of the very file that will be read."""
    folders = {"smoke": ".smoke/", "draft": "", "official": ""}
    for folder, rows in (("", 1234), (".smoke/", 50)):
        path = tabular / folder / TABLE
        path.parent.mkdir(parents=True, exist_ok=True)
        data.save_table(pd.DataFrame({"x": range(rows)}), path)
    shown = opened(monkeypatch, mode)._repr_markdown_()
    first, second = shown.split("  \n")
    read = tabular / folders[mode] / TABLE
    assert first.startswith(f"**{mode.capitalize()}** of `02_second`: ")
    assert MODES[mode] in first
    rows = "50" if mode == "smoke" else "1,234"
    assert second == f"`{TABLE}` {rows} rows, sha256 `{schema.sha256(read.read_bytes())[:12]}`"


def test_a_table_that_is_not_made_yet_is_named(tabular: Path, monkeypatch: pytest.MonkeyPatch):
    """The banner says so, and leaves it to the cell that needs the table to say what to do."""
    assert f"`{TABLE}` is not there yet" in opened(monkeypatch, "draft")._repr_markdown_()


def test_without_a_table_the_source_is_named_without_its_password(tabular: Path, monkeypatch: pytest.MonkeyPatch):
    """The first notebook reads what params.yaml names; a URL's password isn't shown to whoever sees the notebook."""
    assert opened(monkeypatch, "draft", "first")._repr_markdown_().endswith("Source `made-up.csv`")
    text = (tabular / "params.yaml").read_text(encoding="utf-8")
    (tabular / "params.yaml").write_text(text.replace("made-up.csv", '"postgresql://me:geheim@db/shop"'))
    shown = opened(monkeypatch, "draft", "first")._repr_markdown_()
    assert "geheim" not in shown
    assert shown.endswith("Source `postgresql://db/shop`")


def test_a_stage_shows_its_banner_and_has_a_short_name(tabular: Path, monkeypatch: pytest.MonkeyPatch):
    """In a notebook the banner, in a terminal a line."""
    shown = opened(monkeypatch, "draft")
    assert shown._repr_markdown_() == banner.banner(shown)
    assert repr(shown) == "Stage('second', mode='draft')"
