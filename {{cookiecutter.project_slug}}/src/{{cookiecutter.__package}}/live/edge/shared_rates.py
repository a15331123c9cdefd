"""Limits that all processes and machines of a service share, counted in Redis. Importing this loads its client."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from ..answers import RequestError
from ..settings import SettingError
from .exchange import Exchange
from .rates import Rates, asker, too_often

if TYPE_CHECKING:
    from limits import RateLimitItem

SCHEMES = ("redis://", "rediss://", "redis+unix://")
# How long a request waits for Redis, how often Redis is tried while it is away, and how often that is said.
MOST_SECONDS, PAUSE_SECONDS, QUIET_SECONDS = 0.05, 1.0, 10.0
CONNECT_SECONDS = 1.0
PREFIX = f"{__name__.partition('.')[0]}:rates"
logger = logging.getLogger(__name__)


class SharedRates(Rates):
    """Counts in Redis. While that is away, all requests go through: a limit is no reason to answer nobody.

    Raises:
        SettingError: the address can't be used. It isn't repeated, for it may hold a password.
    """

    def __init__(self, limits: list[RateLimitItem], url: str) -> None:
        if not url.startswith(SCHEMES):
            raise SettingError(f"LIVE_RATE_STORAGE takes memory://, or an address with {', '.join(SCHEMES)}.")
        self.limits = limits
        # A connection that broke is replaced at once, and once only.
        lasting = {
            "retry": Retry(NoBackoff(), 1),
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_timeout": CONNECT_SECONDS,
        }
        try:
            storage = RedisStorage(f"async+{url}", implementation="redispy", key_prefix=PREFIX, **lasting)  # type: ignore[arg-type]
        except Exception as error:
            raise SettingError(
                f"LIVE_RATE_STORAGE is no address of a Redis ({type(error).__name__}): redis://host:6379/0 is one."
            ) from None
        self.storage, self.limiter = storage, SlidingWindowCounterRateLimiter(storage)
        self.returning: asyncio.Task[None] | None = None
        self.quiet = float("-inf")

    async def take(self, exchange: Exchange) -> None:
        """Count a request; of several limits, those after the one that refuses it don't.

        Raises:
            RequestError: 429, with the seconds to wait in Retry-After.
        """
        if self.returning is not None:
            return
        try:
            async with asyncio.timeout(MOST_SECONDS):
                await self.counted(asker(exchange))
        except RequestError:
            raise
        except Exception as error:
            if self.returning is None:
                self.tell(type(error).__name__)
                self.returning = asyncio.create_task(self.wait_for_return())

    async def counted(self, who: str) -> None:
        """Count a request for one caller."""
        for limit in self.limits:
            if not await self.limiter.hit(limit, who):
                free, _ = await self.limiter.get_window_stats(limit, who)
                raise too_often(limit, free - time.time())

    async def wait_for_return(self) -> None:
        """Try Redis now and then until it answers, so that no request has to."""
        await asyncio.sleep(PAUSE_SECONDS)
        while not await self.storage.check():
            self.tell("still away")
            await asyncio.sleep(PAUSE_SECONDS)
        self.returning = None

    def tell(self, why: str) -> None:
        """Say that nothing is counted, unless that was said a moment ago."""
        now = time.monotonic()
        if now >= self.quiet:
            self.quiet = now + QUIET_SECONDS
            logger.error("Requests aren't limited: LIVE_RATE_STORAGE doesn't answer (%s).", why)

    async def close(self) -> None:
        """Close the connections."""
        if self.returning is not None:
            self.returning.cancel()
        await self.storage.bridge.storage.aclose()
