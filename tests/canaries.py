"""A release under steady load, and what became of every request: what the tests of canaries share."""

from __future__ import annotations

import asyncio
import json
import subprocess
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from journey import golden
from loading import Asked, Load

LONGEST = 240
PER_SECOND = 240


class Released(NamedTuple):
    """What became of a release: what it said, its exit code, and every request of the load."""

    said: str
    code: int
    asked: list[Asked]

    @property
    def outcomes(self) -> Counter[int | str]:
        """How often each outcome was had; a kept connection that was closed is asked again by every client."""
        return Counter(one.outcome for one in self.asked)

    @property
    def failed(self) -> list[Asked]:
        """The requests that got no good answer."""
        return [one for one in self.asked if one.outcome not in (200, "late")]

    @property
    def sentence(self) -> str:
        """The one sentence in which a release says why it ended."""
        (line,) = [line for line in self.said.splitlines() if line.startswith("Error: ")]
        return line


@asynccontextmanager
async def steady(project: Path, port: int) -> AsyncIterator[list[Load]]:
    """Ask each golden row on a connection of its own, all of them PER_SECOND times a second together."""
    rows = golden(project)["rows"]
    async with AsyncExitStack() as stack:
        bodies = [json.dumps({"rows": [row]}).encode() for row in rows]
        yield [await stack.enter_async_context(Load(port, body, 1, every=len(rows) / PER_SECOND)) for body in bodies]


def under_load(
    project: Path,
    port: int,
    begin: Callable[[], subprocess.Popen[str]],
    during: Callable[[subprocess.Popen[str]], None] | None = None,
) -> Released:
    """Begin a release while a port is asked, wait for its end, and print what it cost.

    `during` is called in a thread while that goes on.
    """

    async def run() -> Released:
        async with steady(project, port) as loads:
            await asyncio.sleep(1)
            deploy = begin()
            try:
                meanwhile = asyncio.to_thread(during, deploy) if during else asyncio.sleep(0)
                talk = asyncio.to_thread(deploy.communicate, timeout=LONGEST)
                (said, _), _ = await asyncio.gather(talk, meanwhile)
            finally:
                if deploy.poll() is None:
                    deploy.kill()
            await asyncio.sleep(1)
        return Released(said, deploy.returncode, [one for load in loads for one in load.asked])

    found = asyncio.run(run())
    first, last = min(found.failed, default=None), max(found.failed, default=None)
    lasted = f", from the first to the last {last.sent - first.sent:.1f} s" if first and last else ""
    print(f"{found.said}\nexit code {found.code}; {dict(found.outcomes)}{lasted}")
    return found
