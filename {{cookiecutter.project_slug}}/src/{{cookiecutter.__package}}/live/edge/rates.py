"""How often one caller may ask."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network
from math import ceil
from typing import TYPE_CHECKING

from ..answers import RequestError
from ..settings import SettingError, Settings
from .exchange import Exchange
from .windows import Windows

if TYPE_CHECKING:
    from limits import RateLimitItem

MEMORY = "memory://"
LONGEST_ADDRESS = 64


class Rates:
    """Lets requests through until their caller has asked too often. Each process counts for itself."""

    def __init__(self, limits: list[RateLimitItem]) -> None:
        self.limits = limits
        self.windows = [Windows(limit.amount, limit.get_expiry()) for limit in limits]

    async def take(self, exchange: Exchange) -> None:
        """Count a request; one that is refused isn't counted.

        Raises:
            RequestError: 429, with the seconds to wait in Retry-After.
        """
        who = asker(exchange)
        for window, limit in zip(self.windows, self.limits, strict=True):
            seconds = window.wait(who)
            if seconds:
                raise too_often(limit, seconds)
        for window in self.windows:
            window.count(who)

    async def close(self) -> None:
        """Nothing is open."""


def asker(exchange: Exchange) -> str:
    """Return whom a request is counted for: its caller, or where it came from if nobody knows who asks."""
    if exchange.caller and exchange.caller.name:
        return f"name/{exchange.caller.name}"
    address = exchange.address
    return f"address/{network(address[:LONGEST_ADDRESS])}" if ":" in address else f"address/{address[:LONGEST_ADDRESS]}"


@lru_cache(maxsize=4096)
def network(address: str) -> str:
    """Return the part of an IPv6 address that one household has: it chooses the rest as often as it likes."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped) if mapped else str(ip_network((int(found), 64), strict=False))


def too_often(limit: RateLimitItem, seconds: float) -> RequestError:
    """Return the refusal of a request that comes too early by that many seconds."""
    wait = max(1, ceil(seconds))
    said = f"More than {limit.amount} requests in {limit.get_expiry()} seconds: ask again in {wait}."
    return RequestError(429, "too_often", said, headers=((b"retry-after", str(wait).encode()),))


def rates_of(settings: Settings) -> Rates | None:
    """Return the limits that the settings ask for, or None if they ask for none.

    Raises:
        SettingError: LIVE_RATE_LIMIT or LIVE_RATE_STORAGE can't be used.
    """
    if not settings.rate_limit:
        return None
    from limits import parse_many

    try:
        limits = sorted(parse_many(settings.rate_limit), key=lambda limit: limit.get_expiry())
    except ValueError:
        limits = []
    if not limits or any(limit.amount < 1 or limit.get_expiry() < 1 for limit in limits):
        raise SettingError(
            f"LIVE_RATE_LIMIT is {settings.rate_limit!r}: it takes limits such as 100/second;5000/minute."
        )
    if settings.rate_storage == MEMORY:
        return Rates(limits)
    from .shared_rates import SharedRates

    return SharedRates(limits, settings.rate_storage)
