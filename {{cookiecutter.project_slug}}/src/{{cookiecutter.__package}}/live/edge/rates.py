"""How often one caller may ask."""

from __future__ import annotations

from ..settings import Settings
from .exchange import Exchange


class Rates:
    """Lets requests through until their caller has asked too often."""

    async def take(self, exchange: Exchange) -> None:
        """Count a request.

        Raises:
            RequestError: 429, with the seconds to wait in Retry-After.
        """


def rates_of(settings: Settings) -> Rates | None:
    """Return the limits that the settings ask for, or None if they ask for none.

    Raises:
        SettingError: LIVE_RATE_LIMIT or LIVE_RATE_STORAGE can't be used.
    """
    return Rates() if settings.rate_limit else None
