"""The paths that there are, who may ask them, and on which port. What isn't here is not found."""

from __future__ import annotations

from typing import Literal, NamedTuple

Scope = Literal["predict", "admin"]


class Route(NamedTuple):
    """A path. `scope` is what a caller needs for it, or None where anybody may ask; BentoML itself answers `bento`.

    Where there is a private port, `inner` paths are there alone.
    """

    path: str
    methods: tuple[str, ...]
    scope: Scope | None
    inner: bool = False
    bento: bool = False

    @property
    def allowed(self) -> str:
        """The methods as a header names them."""
        return ", ".join(self.methods)


READ = ("GET", "HEAD")
ROUTES = (
    Route("/", READ, None),
    Route("/v1/predict", ("POST",), "predict"),
    Route("/v1/info", READ, "predict"),
    Route("/v1/card", READ, "predict"),
    Route("/v1/traffic", READ, "predict"),
    Route("/v1/examples", READ, "predict"),
    Route("/v1/openapi.json", READ, None, inner=True),
    Route("/docs.json", READ, None, inner=True),
    Route("/schema.json", READ, None, inner=True, bento=True),
    Route("/metrics", READ, "admin", inner=True),
    Route("/livez", READ, None, bento=True),
    Route("/healthz", READ, None, bento=True),
    Route("/readyz", READ, None, bento=True),
)
BY_PATH = {
    path: route for route in ROUTES for path in {route.path, route.path.rstrip("/"), f"{route.path.rstrip('/')}/"}
}


def find(path: str) -> Route | None:
    """Return the route of a path, with or without a slash at its end."""
    return BY_PATH.get(path)
