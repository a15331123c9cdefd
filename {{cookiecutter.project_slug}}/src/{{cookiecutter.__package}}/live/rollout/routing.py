"""The proxy's routes: which colour gets which share of the requests. Pure.

The file is the truth of who serves. Traefik follows it as soon as another one takes its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

Colour = Literal["blue", "green"]
BLUE: Colour = "blue"
GREEN: Colour = "green"
Weights = Mapping[Colour, int]
HEALTH = {"path": "/readyz", "interval": "1s", "timeout": "1s"}
HEADER = "# Written by `live deploy`: which colour answers. Traefik follows it at once.\n"


class RouteError(ValueError):
    """The file with the routes, or a setting for it, can't be used; the message says what to do."""


def other(colour: Colour) -> Colour:
    """Return the colour beside this one."""
    return GREEN if colour == BLUE else BLUE


def routes(weights: Weights, addresses: Mapping[Colour, str], settings: Mapping[str, str]) -> str:
    """Return the file for these weights; a colour without one is not asked at all, not even whether it is well.

    Raises:
        RouteError: TLS is none of what it may be, or the name lacks for which certificates are asked.
    """
    services: dict[str, Any] = {
        colour: {"loadBalancer": {"servers": [{"url": addresses[colour]}], "healthCheck": HEALTH}} for colour in weights
    }
    shares = [{"name": colour, "weight": weight} for colour, weight in weights.items()]
    services["live"] = {"weighted": {"services": shares}}
    http = {**entrances(settings), "services": services}
    return HEADER + msgspec.yaml.encode({"http": http} | certificates(settings)).decode()


def entrances(settings: Mapping[str, str]) -> dict[str, Any]:
    """Return the routers: all paths lead to the service, over TLS where that is set.

    Raises:
        RouteError: TLS is none of what it may be, or the name lacks for which certificates are asked.
    """
    way, domain = settings.get("TLS") or "none", settings.get("DOMAIN", "")
    if way not in ("none", "files", "acme"):
        raise RouteError(f"TLS is {way!r} in the settings of the deploy: it takes none, files or acme.")
    if way == "acme" and not (domain and settings.get("ACME_EMAIL")):
        raise RouteError("TLS is acme in the settings of the deploy: that needs DOMAIN and ACME_EMAIL, too.")
    rule = f"Host(`{domain}`)" if domain else "PathPrefix(`/`)"
    if way == "none":
        return {"routers": {"live": {"rule": rule, "entryPoints": ["web"], "service": "live"}}}
    tls = {"certResolver": "acme"} if way == "acme" else {}
    return {
        "routers": {
            "live": {"rule": rule, "entryPoints": ["websecure"], "service": "live", "tls": tls},
            "plain": {"rule": rule, "entryPoints": ["web"], "service": "live", "middlewares": ["secure"]},
        },
        "middlewares": {"secure": {"redirectScheme": {"scheme": "https", "permanent": True}}},
    }


def certificates(settings: Mapping[str, str]) -> dict[str, Any]:
    """Return which certificate is served, where it is one's own."""
    if settings.get("TLS") != "files":
        return {}
    files = {"certFile": "/etc/traefik/certificates/tls.crt", "keyFile": "/etc/traefik/certificates/tls.key"}
    return {"tls": {"certificates": [files]}}


def weights_in(text: str | None) -> dict[Colour, int]:
    """Return the weights that a file has; none if there is no file.

    Raises:
        RouteError: it is damaged.
    """
    if text is None:
        return {}
    try:
        shares = msgspec.yaml.decode(text)["http"]["services"]["live"]["weighted"]["services"]
        return {share["name"]: int(share["weight"]) for share in shares if share["name"] in (BLUE, GREEN)}
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        raise RouteError(
            "The proxy's routes (routes/live.yml in the folder of the deploy) are damaged: take them away if nothing "
            "is served yet, or mend them by hand; the weights are what counts."
        ) from None


def serving(weights: Weights) -> Colour | None:
    """Return the colour that answers most requests, or None if none does."""
    answering = {colour: weight for colour, weight in weights.items() if weight > 0}
    return max(answering, key=lambda colour: answering[colour], default=None)
