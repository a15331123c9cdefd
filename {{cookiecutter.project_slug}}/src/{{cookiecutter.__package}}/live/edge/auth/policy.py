"""Which ways of authentication a service takes, and whether it may go without."""

from __future__ import annotations

from ...settings import Settings
from ..exchange import Caller, Exchange

ANYBODY = Caller("", frozenset({"predict", "admin"}))


class Guard:
    """Says who asks. Without authentication, everybody may ask everything."""

    async def caller(self, exchange: Exchange) -> Caller:
        """Return who asks.

        Raises:
            RequestError: 401, if nobody can tell.
        """
        return ANYBODY


def guard_of(settings: Settings) -> Guard | None:
    """Return the guard that the settings ask for, or None where everybody may ask everything.

    Raises:
        SettingError: a setting that authentication needs is missing or wrong.
    """
    return None
