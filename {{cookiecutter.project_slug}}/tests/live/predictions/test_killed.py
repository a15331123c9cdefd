"""kill -9 at any moment: whatever had reached the disk is there once, and nothing else is."""

from __future__ import annotations

import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from {{cookiecutter.__package}}.live.predictions import parquet
from {{cookiecutter.__package}}.live.predictions.lines import lines
from {{cookiecutter.__package}}.live.predictions.publishing import publish
from {{cookiecutter.__package}}.live.predictions.reading import read
from {{cookiecutter.__package}}.live.predictions.spool import Spool, spools

from ..conftest import forked

ROUNDS = 30
# What a publisher does to the disk; loading pyarrow before a fork keeps its imports out of the count.
PLACES = ("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir")
assert parquet.table_of


def test_what_was_synced_before_a_kill_is_there_once(tmp_path: Path, notes: Callable[..., Any], everything: Any):
    """A process that writes, syncs and publishes in turn is killed again and again."""
    folder, chance = tmp_path / "predictions", random.Random(5)
    acknowledged: list[str] = []
    for turn in range(ROUNDS):
        ready, says = os.pipe()

        def work(turn: int = turn, says: int = says) -> None:
            dice, count = random.Random(turn), 0
            while True:
                spool = Spool(folder)
                for _ in range(dice.randrange(1, 8)):
                    ids = [f"{turn}-{count + n}" for n in range(dice.randrange(1, 400))]
                    count += len(ids)
                    for line, records in lines(notes(ids), everything):
                        spool.write(line, records)
                    spool.sync()
                    os.write(says, f"{ids[0]} {len(ids)}\n".encode())
                spool.close()
                if dice.random() < 0.5:
                    publish(folder)

        child = forked(work)
        os.close(says)
        time.sleep(chance.uniform(0.0, 0.25))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        with os.fdopen(ready) as said:
            for line in said:
                first, count = line.split()
                start = int(first.partition("-")[2])
                acknowledged += [f"{turn}-{start + n}" for n in range(int(count))]
    done = publish(folder)
    assert done.damaged == 0
    assert spools(folder) == []
    found = Counter(read(folder)["request_id"].to_pylist())
    assert len(acknowledged) > 1000
    assert set(acknowledged) - set(found) == set()
    assert set(found.values()) == {1}


def test_a_publisher_may_die_anywhere(tmp_path: Path, notes: Callable[..., Any], everything: Any):
    """At each of its steps on the disk, one after the other; the next one leaves what it would have left."""
    survived = 0
    for place in range(1, 200):
        folder = tmp_path / str(place)
        for batch in (["a", "b"], ["c"]):
            spool = Spool(folder)
            midnight = notes([f"{one} later" for one in batch], 1_763_735_195.0 + 86_400)
            for line, records in lines([*notes(batch), *midnight], everything):
                spool.write(line, records)
            spool.close()

        def work(folder: Path = folder, place: int = place) -> None:
            steps = iter(range(1, 10_000))

            def step(event: str, _: tuple[Any, ...]) -> None:
                if event in PLACES and next(steps) == place:
                    os.kill(os.getpid(), signal.SIGKILL)

            sys.addaudithook(step)
            publish(folder)

        _, status = os.waitpid(forked(work), 0)
        wanted = ["a", "a later", "b", "b later", "c", "c later"]
        assert sorted(read(folder)["request_id"].to_pylist()) == wanted
        publish(folder)
        assert spools(folder) == []
        assert sorted(read(folder)["request_id"].to_pylist()) == wanted
        assert len(list(folder.glob("*/*.parquet"))) == 4
        assert list(folder.rglob("*.unfinished")) == []
        if not os.WIFSIGNALED(status):
            survived = place
            break
    assert survived > 15
