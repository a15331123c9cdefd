"""Load on a served project, and what became of every single request: asyncio, as threads would wait for each other."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from collections import Counter
from pathlib import Path
from typing import NamedTuple

SECONDS = 10


class Asked(NamedTuple):
    """One request: when it was sent, how long its answer took, and its status, or why there was none.

    `refused` is a connection that could not be opened; `late` is a request on a connection that was kept and that
    the server had closed by then, which HTTP tells clients to send again; `broken` is an answer that never came.
    """

    sent: float
    seconds: float
    outcome: int | str


class Load:
    """Asks the same again and again over some connections, until it is told to stop."""

    def __init__(self, port: int, body: bytes, connections: int, *, every: float = 0.0, headers: str = "") -> None:
        self.port, self.connections, self.every = port, connections, every
        self.request = (
            f"POST /v1/predict HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n{headers}"
            f"content-length: {len(body)}\r\n\r\n"
        ).encode() + body
        self.asked: list[Asked] = []
        self.stopping = False

    async def __aenter__(self) -> Load:
        self.tasks = [asyncio.create_task(self.ask(place)) for place in range(self.connections)]
        return self

    async def __aexit__(self, *_: object) -> None:
        self.stopping = True
        await asyncio.wait_for(asyncio.gather(*self.tasks), SECONDS + 5)

    async def ask(self, place: int) -> None:
        """Keep one connection busy: without pause, or once every so many seconds."""
        kept, due = None, time.monotonic() + self.every * place / self.connections
        while not self.stopping:
            if self.every:
                due += self.every
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            sent, reused = time.monotonic(), kept is not None
            try:
                kept = kept or await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), SECONDS)
            except OSError:
                self.asked.append(Asked(sent, time.monotonic() - sent, "refused"))
                await asyncio.sleep(0.05)
                continue
            status, open_still = await self.answered(kept, reused)
            self.asked.append(Asked(sent, time.monotonic() - sent, status))
            if not open_still:
                kept[1].close()
                kept = None
        if kept:
            kept[1].close()

    async def answered(
        self, kept: tuple[asyncio.StreamReader, asyncio.StreamWriter], reused: bool
    ) -> tuple[int | str, bool]:
        """Send one request, and return the status of its answer and whether the connection can be used again."""
        reader, writer = kept
        try:
            writer.write(self.request)
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), SECONDS)
            lines = head.decode().lower().split("\r\n")
            length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
            await asyncio.wait_for(reader.readexactly(length), SECONDS)
            return int(lines[0].split()[1]), "connection: close" not in lines
        except asyncio.IncompleteReadError as error:
            return ("late" if reused and not error.partial else "broken"), False
        except (OSError, TimeoutError) as error:
            return ("late" if reused and not isinstance(error, TimeoutError) else "broken"), False

    @property
    def outcomes(self) -> Counter[int | str]:
        """How often each outcome was had."""
        return Counter(one.outcome for one in self.asked)

    def seconds(self, outcome: int | str) -> list[float]:
        """Return how long the answers with this outcome took, the shortest first."""
        return sorted(one.seconds for one in self.asked if one.outcome == outcome)


def p99(seconds: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(seconds, n=100)[98] if len(seconds) > 1 else seconds[0]


def rows(project: Path, many: int) -> bytes:
    """Return a request with so many real rows."""
    known = json.loads((project / "models" / "golden.json").read_text(encoding="utf-8"))["rows"]
    return json.dumps({"rows": (known * (many // len(known) + 1))[:many]}).encode()


def children(process: int) -> list[int]:
    """Return the processes that one has started."""
    return [int(found) for found in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def kilobytes(process: int, name: str = "VmRSS") -> int:
    """Return a figure of /proc/PID/status."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
