"""Where a service listens: beyond this machine, it doesn't do so without authentication."""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise

from ...settings import SettingError, Settings
from .policy import ways


def require_guarded(settings: Settings, hosts: Iterable[str]) -> None:
    """Make sure that everybody who can reach these addresses, or the private port's, has to say who asks.

    The private port is one like any other: what is on it isn't for everybody on the network either.

    Raises:
        SettingError: others than this machine can reach one, and LIVE_AUTH says nothing.
    """
    if ways(settings):
        return
    private = [settings.private_host] if settings.private_port is not None else []
    for host in [*hosts, *private]:
        if not is_local(host):
            raise SettingError(
                f"On {host}, others than this machine could ask, and nothing says who may: set LIVE_AUTH to keys or "
                f"jwt, or to none if everybody may, or listen on 127.0.0.1."
            )


def is_local(host: str) -> bool:
    """Return whether an address, or all that a name stands for, can be reached from this machine alone."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host or "0.0.0.0", None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    addresses = [ipaddress.ip_address(address.partition("%")[0]) for address in found]
    plain = [getattr(address, "ipv4_mapped", None) or address for address in addresses]
    return bool(plain) and all(address.is_loopback for address in plain)


def asked_for(arguments: Sequence[str], environ: Mapping[str, str]) -> list[str]:
    """Return the address that the command `bentoml serve` will listen on, before it does; of itself it takes them all.

    A worker asks its socket, which has the last word: BentoML can be configured in other ways, too.
    """
    if "serve" not in arguments:
        return []
    values = [value for name, value in pairwise(arguments) if name == "--host"]
    values += [name.removeprefix("--host=") for name in arguments if name.startswith("--host=")]
    developing = {"--development", "--reload"} & set(arguments)
    return values[-1:] or [environ.get("BENTOML_HOST") or ("127.0.0.1" if developing else "0.0.0.0")]


def listening(arguments: Sequence[str]) -> list[str]:
    """Return the address that a worker of BentoML was told to listen on, by the number of its socket in `--fd`.

    Nothing if it was told none, as where the service is used without a port, or one that other machines can't reach.
    """
    values = [value for name, value in pairwise(arguments) if name == "--fd"]
    values += [name.removeprefix("--fd=") for name in arguments if name.startswith("--fd=")]
    if not values:
        return []
    try:
        with socket.socket(fileno=os.dup(int(values[-1]))) as own:
            return [str(own.getsockname()[0])] if own.family in (socket.AF_INET, socket.AF_INET6) else []
    except (OSError, ValueError):
        return ["an unknown address"]
