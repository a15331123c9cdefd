"""The service around a made-up model as one process puts it together, with golden rows and a card beside the model."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from {{cookiecutter.__package}}.core import data
from {{cookiecutter.__package}}.live import assembly, golden, runtime, settings
from {{cookiecutter.__package}}.live.edge import middleware
from {{cookiecutter.__package}}.live.variants import lineup

Get = Callable[..., httpx.Response]
CARD = """<!doctype html><html><head><style>h1 { color: red; }</style></head>
<body><h1>Card</h1><p style="text-align:right">1</p><p style="text-align:right">2</p></body></html>"""
LINEAGE = {"name": "made-up", "version": "7", "run_id": "", "git_commit": "", "git_dirty": False, "inputs": {}}


@pytest.fixture
def folder(model_folder: Path, served: runtime.Model, rows: list[dict[str, Any]]) -> Path:
    """A folder such as models/, with golden rows and a card."""
    data.save_json(LINEAGE, model_folder / "lineage.json")
    data.save_json(golden.golden_rows(served, rows[:24]), model_folder / "golden.json")
    (model_folder / "card.html").write_text(CARD, encoding="utf-8")
    return model_folder


@pytest.fixture
def asking(folder: Path) -> Iterator[Callable[..., Get]]:
    """Start the service with settings, and return how to ask it: path, method, and what is sent as JSON."""
    opened: list[assembly.Assembled] = []

    def start(**changes: Any) -> Get:
        chosen = settings.Settings(**changes)
        opened.append(assembly.Assembled(chosen, lineup.load_lineup(folder, chosen), folder))
        transport = httpx.ASGITransport(middleware.Edge(gate=opened[-1].gate))

        async def send(path: str, method: str, content: Any, headers: dict[str, str]) -> httpx.Response:
            async with httpx.AsyncClient(transport=transport, base_url="http://service", trust_env=False) as client:
                return await client.request(method, path, json=content, headers=headers)

        def get(path: str = "/", method: str = "GET", content: Any = None, **headers: str) -> httpx.Response:
            return asyncio.run(send(path, method, content, headers))

        return get

    yield start
    for each in opened:
        each.close()


@pytest.fixture
def get(asking: Callable[..., Get]) -> Get:
    """Ask the service as it is without settings."""
    return asking()


@pytest.fixture
def hostile() -> SimpleNamespace:
    """Texts that end a script, begin a comment or a new line, or are one of the page's own places."""
    texts = ("</script><script>alert(1)</script>", "<!--<script>", "<img src=x onerror=alert(1)>", "a\u2028b\u2029c")
    return SimpleNamespace(texts=(*texts, "__DATA__", "__SCRIPT__", "]]>", "\\u003c", "' onfocus='alert(1)"))
