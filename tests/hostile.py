"""Sending the hostile requests of corpus.py, raw, to a running service.

Run by the Python of a served project, which has pyarrow: `python hostile.py PORT GOLDEN [GROUP …]` sends the named
groups, all but the slow ones if none is named, and prints what became of each as a line of JSON.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any

from corpus import HALF, MARKER, Hostile, corpus, post

AT_ONCE = 24
SECONDS, SLOW_SECONDS = 1.0, 12.0


def main(port: int, golden: Path, groups: list[str]) -> None:
    """Send what was asked for, and say what became of it."""
    kept = json.loads(golden.read_text(encoding="utf-8"))
    wanted = [one for one in corpus(kept["rows"][0]) if (one.group in groups if groups else one.group != "slow")]
    for line in asyncio.run(sent(port, kept, wanted)):
        print(json.dumps(line))


async def sent(port: int, kept: Any, wanted: list[Hostile]) -> list[dict[str, Any]]:
    """Send requests in batches of a group, and after each group one that is good."""
    results = []
    for group in dict.fromkeys(one.group for one in wanted):
        of_group = [one for one in wanted if one.group == group]
        size = len(of_group) if group == "slow" else AT_ONCE
        for start in range(0, len(of_group), size):
            results += await asyncio.gather(*(outcome(port, one) for one in of_group[start : start + size]))
        good = await outcome(port, Hostile(group, "a good request", [post({"rows": kept["rows"]})]))
        results.append({**good, "good": True})
    return results


async def outcome(port: int, one: Hostile) -> dict[str, Any]:
    """Send one request, and return the statuses of its answers, and how long after its last byte they came."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    received = bytearray()
    reading = asyncio.create_task(read(reader, received, one.answers))
    limit = SLOW_SECONDS if one.group == "slow" else SECONDS
    started = time.perf_counter()
    try:
        for step in one.steps:
            if reading.done():
                break
            if isinstance(step, float):
                await asyncio.sleep(step)
            elif step == HALF:
                writer.write_eof()
            else:
                writer.write(step)
                await writer.drain()
    except OSError:
        pass
    if one.group != "slow":
        started = time.perf_counter()
    done, _ = await asyncio.wait([reading], timeout=limit + 5)
    seconds = time.perf_counter() - started
    reading.cancel()
    writer.transport.abort()
    known = {"group": one.group, "name": one.name, "seconds": round(seconds, 3), "limit": limit}
    ended = bool(done) and (seconds <= limit)
    return {**known, "ended": ended, "statuses": statuses(bytes(received)), "repeats": MARKER.encode() in received}


async def read(reader: asyncio.StreamReader, received: bytearray, answers: int) -> None:
    """Read until the connection ends or so many answers have begun."""
    try:
        while piece := await reader.read(65536):
            received += piece
            if len(statuses(bytes(received))) >= answers:
                return
    except OSError:
        return


def statuses(received: bytes) -> list[int]:
    """Return the statuses of the answers, without those that only say to go on."""
    found = [int(status) for status in re.findall(rb"HTTP/1\.[01] (\d{3})", received)]
    return [status for status in found if status >= 200]


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
