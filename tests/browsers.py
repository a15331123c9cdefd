"""A real browser for the tests: Debian's Chromium, which talks to this machine alone."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import debian
import pytest
from playwright.sync_api import Browser, sync_playwright

QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]


def chromium(tested: str) -> str:
    """Return Debian's Chromium, installed if need be and allowed; without it, say what isn't tested."""
    if not shutil.which("chromium"):
        debian.install("chromium")
    path = shutil.which("chromium")
    if path is None:
        warnings.warn(f"Chromium is missing and can't be installed here: {tested} was NOT tested.", stacklevel=1)
        pytest.skip("Chromium is missing: `apt-get install chromium`")
    return path


@contextmanager
def launched(tested: str) -> Iterator[Browser]:
    """Start a browser, and end it."""
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *QUIET]
        browser = playwright.chromium.launch(executable_path=chromium(tested), args=arguments)
        yield browser
        browser.close()
