"""How often one caller may ask, counted in memory and in a real Redis."""

from __future__ import annotations

import asyncio
import logging
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from {{cookiecutter.__package}}.live.answers import RequestError
from {{cookiecutter.__package}}.live.edge import windows
from {{cookiecutter.__package}}.live.edge.exchange import Caller, Exchange
from {{cookiecutter.__package}}.live.edge.rates import Rates, asker, rates_of
from {{cookiecutter.__package}}.live.settings import SettingError, Settings

Test = Callable[[Rates], Awaitable[None]]


def exchange(name: str = "reports", address: str = "192.0.2.1") -> Exchange:
    """Return a request of a caller, or of nobody known."""
    scope = {"type": "http", "method": "POST", "path": "/v1/predict", "headers": [], "client": (address, 5)}
    request = Exchange(scope, None)
    request.caller = Caller(name, frozenset({"predict"})) if name else None
    return request


async def outcomes(rates: Rates, count: int, request: Exchange | None = None) -> list[int]:
    """Ask so many times, and return the seconds to wait of each time, 0 where it went through."""
    found = []
    for _ in range(count):
        try:
            await rates.take(request or exchange())
        except RequestError as error:
            known = {429: "too_often"}[error.status] == error.code
            found.append(int(dict(error.headers)[b"retry-after"]) if known else -1)
        else:
            found.append(0)
    return found


def with_rates(limit: str, storage: str, test: Test) -> None:
    """Run a test on limits, in an event loop of their own."""

    async def run() -> None:
        rates = rates_of(Settings(rate_limit=limit, rate_storage=storage))
        assert rates is not None
        try:
            await test(rates)
        finally:
            await rates.close()

    asyncio.run(run())


@contextmanager
def redis_server(folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run Redis on loopback until the block ends."""
    program = shutil.which("redis-server")
    assert program
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 10
        while socket.socket().connect_ex(("127.0.0.1", port)):
            assert time.monotonic() < deadline, "redis-server doesn't listen"
            time.sleep(0.02)
        yield process
    finally:
        process.kill()
        process.wait()


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def redis_folder(tmp_path: Path) -> Path:
    """Where a real Redis may write; the test is skipped where there is none."""
    if not shutil.which("redis-server"):
        pytest.skip("there is no redis-server on the PATH: limits in Redis aren't tested here")
    return tmp_path


@pytest.fixture(params=["memory", "redis"])
def storage(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where is counted."""
    if request.param == "memory":
        yield "memory://"
        return
    folder, port = request.getfixturevalue("redis_folder"), free_port()
    with redis_server(folder, port):
        yield f"redis://127.0.0.1:{port}/0"


def test_so_many_go_through_and_no_more(storage: str):
    """The others are told when to come again: within the window, in whole seconds."""

    async def test(rates: Rates) -> None:
        found = await outcomes(rates, 8)
        assert found[:5] == [0] * 5
        assert all(1 <= wait <= 3600 for wait in found[5:])

    with_rates("5/hour", storage, test)


def test_who_waits_as_long_as_told_is_let_through(storage: str):
    """Retry-After is no guess."""

    async def test(rates: Rates) -> None:
        *_, wait = await outcomes(rates, 4)
        assert 1 <= wait <= 3
        await asyncio.sleep(wait)
        assert await outcomes(rates, 1) == [0]

    with_rates("3 per 2 second", storage, test)


def test_each_caller_is_counted_alone_wherever_it_comes_from(storage: str):
    """By its name if that is known, or else by its address, which can't pass for a name."""

    async def test(rates: Rates) -> None:
        asked = [
            exchange("a"),
            exchange("b"),
            exchange("", "192.0.2.1"),
            exchange("", "192.0.2.2"),
            exchange("192.0.2.1"),
        ]
        for request in asked:
            assert await outcomes(rates, 1, request) == [0]
            assert (await outcomes(rates, 1, request))[0] > 0
        assert (await outcomes(rates, 1, exchange("a", "198.51.100.7")))[0] > 0

    with_rates("1/hour", storage, test)


def test_of_several_limits_each_holds(storage: str):
    """Whatever their order; the refusal names the one that holds."""

    async def test(rates: Rates) -> None:
        assert [limit.get_expiry() for limit in rates.limits] == [1, 3600]
        found = await outcomes(rates, 4)
        assert found[:2] == [0, 0]
        assert max(found) <= 2
        await asyncio.sleep(2.1)
        assert await outcomes(rates, 1) == [0]
        await asyncio.sleep(2.1)
        await outcomes(rates, 1)
        with pytest.raises(RequestError, match="More than 3 requests in 3600 seconds: ask again in"):
            await rates.take(exchange())

    with_rates("3/hour;2/second", storage, test)


def test_all_processes_share_what_redis_counts(redis_folder: Path):
    """Which is what it is for."""
    port = free_port()

    async def test(rates: Rates) -> None:
        other = rates_of(Settings(rate_limit="4/hour", rate_storage=f"redis://127.0.0.1:{port}/0"))
        assert other is not None
        found = [*await outcomes(rates, 2), *await outcomes(other, 2), *await outcomes(rates, 1)]
        assert [wait > 0 for wait in found] == [False] * 4 + [True]
        await other.close()

    with redis_server(redis_folder, port):
        with_rates("4/hour", f"redis://127.0.0.1:{port}/0", test)


def test_while_redis_is_away_requests_go_through_quickly_and_it_is_said_once(
    redis_folder: Path, caplog: pytest.LogCaptureFixture
):
    """Killed, frozen and back again: no request is refused, none waits long, and then the limit holds again."""
    port = free_port()

    async def rushed(rates: Rates) -> None:
        started = time.monotonic()
        assert await outcomes(rates, 50) == [0] * 50
        assert time.monotonic() - started < 0.5

    async def back(rates: Rates) -> None:
        deadline = time.monotonic() + 5
        while not any(await outcomes(rates, 3, exchange("late"))):
            assert time.monotonic() < deadline, "the limit never came back"
            await asyncio.sleep(0.1)

    async def test(rates: Rates) -> None:
        with redis_server(redis_folder, port) as process:
            assert any(await outcomes(rates, 3))
            process.kill()
            process.wait()
            await rushed(rates)
        with redis_server(redis_folder, port) as process:
            await back(rates)
            process.send_signal(signal.SIGSTOP)
            await rushed(rates)
            process.send_signal(signal.SIGCONT)
            await back(rates)

    with caplog.at_level(logging.WARNING):
        with_rates("2/hour", f"redis://127.0.0.1:{port}/0", test)
    said = [record.getMessage() for record in caplog.records if "aren't limited" in record.getMessage()]
    assert len(said) == 1


def test_a_redis_that_was_never_there_refuses_nobody(caplog: pytest.LogCaptureFixture):
    """A wrong password or address: the log says so, without it."""

    async def test(rates: Rates) -> None:
        started = time.monotonic()
        assert await outcomes(rates, 100) == [0] * 100
        assert time.monotonic() - started < 0.5

    with_rates("1/hour", f"redis://:planted-secret@127.0.0.1:{free_port()}/0", test)
    assert "Requests aren't limited" in caplog.text
    assert "planted" not in caplog.text


def test_a_silent_redis_holds_no_request_up():
    """One that takes connections and says nothing: the first requests wait for a moment, all others not at all."""

    async def test(rates: Rates) -> None:
        started = time.monotonic()
        found = await asyncio.gather(*(outcomes(rates, 3) for _ in range(20)))
        assert found == [[0] * 3] * 20
        assert time.monotonic() - started < 0.5

    with socket.create_server(("127.0.0.1", 0)) as silent:
        with_rates("1/hour", f"redis://127.0.0.1:{silent.getsockname()[1]}/0", test)


@pytest.mark.parametrize("busy", [0.9, 1.0])
def test_in_any_stretch_of_time_hardly_more_go_through_than_allowed(busy: float):
    """Also across the border of two windows, where a count that starts afresh would let twice as many through."""
    clock = [0.0]
    window = windows.Windows(100, 60, now=lambda: clock[0])
    chance, let = random.Random(5), []
    while clock[0] < 600:
        clock[0] += chance.expovariate(10 if chance.random() < busy else 0.2)
        if not window.wait("a"):
            window.count("a")
            let.append(clock[0])
    busiest = max(sum(start <= moment < start + 60 for moment in let) for start in let)
    assert 90 <= busiest <= 130
    assert len(let) >= 950 * busy**2


def test_the_time_to_wait_is_the_time_to_wait():
    """A moment before, it is still too early; then one goes through."""
    clock = [0.0]
    window = windows.Windows(7, 10, now=lambda: clock[0])
    chance = random.Random(3)
    for _ in range(300):
        wait = window.wait("a")
        if not wait:
            window.count("a")
            clock[0] += chance.choice([0.0, 0.1, 3.0])
            continue
        before = clock[0]
        clock[0] = before + wait - 0.01
        assert window.wait("a") > 0
        clock[0] = before + wait
        assert window.wait("a") == 0


def test_memory_is_bounded_however_many_ask(monkeypatch: pytest.MonkeyPatch):
    """Those who ask again and again are remembered longest."""
    monkeypatch.setattr(windows, "MOST", 50)
    window = windows.Windows(3, 3600)
    for number in range(2000):
        for who in (f"once-{number}", "often"):
            if not window.wait(who):
                window.count(who)
    assert len(window.young) + len(window.old) <= 100
    assert window.wait("often") > 0


ADDRESSES = [
    ("192.0.2.1", "address/192.0.2.1"),
    ("::ffff:192.0.2.1", "address/192.0.2.1"),
    ("2001:db8:1:2:3:4:5:6", "address/2001:db8:1:2::/64"),
    ("2001:db8:1:2::9", "address/2001:db8:1:2::/64"),
    ("fe80::1%eth0", "address/fe80::/64"),
    ("", "address/"),
    ("no:address", "address/no:address"),
    ("x" * 999, "address/" + "x" * 64),
]


@pytest.mark.parametrize(("address", "who"), ADDRESSES)
def test_an_ipv6_caller_is_its_household(address: str, who: str):
    """It has more addresses than could ever be counted."""
    assert asker(exchange("", address)) == who


SETTINGS = [
    ({"rate_limit": "often"}, "LIVE_RATE_LIMIT is 'often': it takes limits such as"),
    ({"rate_limit": "0/second"}, "LIVE_RATE_LIMIT"),
    ({"rate_limit": ";"}, "LIVE_RATE_LIMIT"),
    ({"rate_storage": "memcached://planted"}, "LIVE_RATE_STORAGE takes memory://"),
    ({"rate_storage": "redis://:planted@host:port/0"}, "LIVE_RATE_STORAGE is no address of a Redis"),
]


@pytest.mark.parametrize(("changes", "said"), SETTINGS)
def test_settings_that_can_t_be_used_are_refused(changes: dict[str, str], said: str):
    """In one sentence, which repeats no password."""
    with pytest.raises(SettingError, match=said) as refused:
        rates_of(Settings(**{"rate_limit": "5/second", **changes}))
    assert "planted" not in str(refused.value)


def test_without_a_limit_nothing_is_counted():
    """Whatever the storage is."""
    assert rates_of(Settings(rate_storage="redis://127.0.0.1:1/0")) is None
