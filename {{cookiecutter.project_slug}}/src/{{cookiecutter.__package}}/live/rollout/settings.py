"""The settings of a deploy: deploy/settings.env, which is in git, with a host's own host.env on top. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from .target import RolloutError

LINE = re.compile(r"^\s*(?:export\s+)?([A-Za-z_]\w*)\s*=\s*(.*?)\s*$")
# What reaches the service; the rest is for Compose and the proxy.
SERVICE = ("LIVE_", "OTEL_", "FORWARDED_")
# Where a container looks for these is the compose file's business.
FIXED = ("LIVE_PREDICTIONS", "LIVE_PRIVATE_PORT", "LIVE_PRIVATE_HOST")


class Settings(NamedTuple):
    """All settings by name."""

    values: Mapping[str, str]

    @property
    def service(self) -> dict[str, str]:
        """Those that reach the service."""
        return {k: v for k, v in self.values.items() if k.startswith(SERVICE) and k not in FIXED and v}

    def require_decided(self) -> None:
        """Make sure that somebody has decided who may ask.

        Raises:
            RolloutError: nobody has.
        """
        if not self.values.get("LIVE_AUTH"):
            raise RolloutError(
                "Nothing says who may ask the service: set LIVE_AUTH in deploy/settings.env, or in host.env on the "
                "host, to keys, jwt, or none if everybody may."
            )


def merged(first: str | None, second: str | None) -> Settings:
    """Return the settings of two files; what the second one says counts."""
    return Settings({**parsed(first), **parsed(second)})


def parsed(text: str | None) -> dict[str, str]:
    """Return the settings in a text: NAME=value, with quotation marks or without, and lines of comments."""
    found = {}
    for line in (text or "").splitlines():
        known = LINE.match(line)
        if known:
            name, value = known.groups()
            quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
            found[name] = value[1:-1] if quoted else value
    return found


def env_text(values: Mapping[str, str]) -> str:
    """Return settings as Compose reads them, to the letter: in single quotes nothing stands for something else."""
    lines = ["# Written by `live deploy`: change settings.env in the repository, or host.env beside this file."]
    lines += [f"{name}='{value.replace(chr(39), chr(92) + chr(39))}'" for name, value in sorted(values.items())]
    return "\n".join(lines) + "\n"
