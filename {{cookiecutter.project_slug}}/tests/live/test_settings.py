"""What the environment may change about the service."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.live import settings


def test_without_settings_there_are_defaults():
    """One worker, which answers as the champion."""
    assert settings.load_settings({}) == settings.Settings()
    assert (settings.workers(), settings.Settings().variant) == (1, "champion")


def test_settings_are_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch):
    """LIVE_WORKERS and LIVE_VARIANT."""
    monkeypatch.setenv("LIVE_WORKERS", "3")
    monkeypatch.setenv("LIVE_VARIANT", "challenger")
    assert (settings.workers(), settings.load_settings(os.environ).variant) == (3, "challenger")


@pytest.mark.parametrize("value", ["many", "0", "-1", "1.5"])
def test_a_number_of_workers_that_is_none_is_refused_by_name(monkeypatch: pytest.MonkeyPatch, value: str):
    """Whoever mistypes it in .env learns which setting it was."""
    monkeypatch.setenv("LIVE_WORKERS", value)
    with pytest.raises(ValueError, match="LIVE_WORKERS"):
        settings.workers()


def test_a_server_is_started_with_the_caller_s_environment_and_reports_nothing():
    """Telemetry is off, whatever the caller says; everything else arrives."""
    found = settings.service_environment({"LIVE_VARIANT": "challenger", "BENTOML_DO_NOT_TRACK": "False"})
    assert found["LIVE_VARIANT"] == "challenger"
    assert found["BENTOML_DO_NOT_TRACK"] == "True"


def test_a_folder_is_meant_from_where_the_service_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """BentoML's processes work in a folder of their own."""
    monkeypatch.chdir(tmp_path)
    named = dict.fromkeys(settings.PATHS, " there/noted")
    found = settings.service_environment(named)
    assert {name: found[name] for name in named} == dict.fromkeys(named, str(tmp_path / "there" / "noted"))
    assert settings.anchored({"LIVE_PREDICTIONS": "", "LIVE_API_KEYS": "/keys.json"}) == {"LIVE_API_KEYS": "/keys.json"}
