"""The one edge: every request comes in here and is answered here, whatever happens behind it.

An exception that leaves an ASGI application would leave its caller without an answer, so that none does.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from ..answers import Answer, RequestError, refusal
from ..observing.traces import Traces
from .access import AccessLog
from .auth.policy import Guard
from .exchange import Application, Caller, Exchange, Message, Receive, Scope, Send
from .metrics import Metrics
from .overload import Queue
from .rates import Rates
from .routes import Route, find

Handler = Callable[[Exchange, Receive], Awaitable[Answer]]
logger = logging.getLogger(__name__)


class Gate(NamedTuple):
    """What the edge asks of a request, and who answers it: a handler for each path that BentoML doesn't answer."""

    handlers: Mapping[str, Handler]
    metrics: Metrics
    access: AccessLog | None = None
    guard: Guard | None = None
    rates: Rates | None = None
    queue: Queue | None = None
    traces: Traces | None = None
    # Whether `inner` paths are on a port of their own.
    parted: bool = False


class Edge:
    """A pure ASGI application in front of `app`, which is BentoML's.

    It is there before the model is loaded, and answers 503 until `gate` is set. On the private port, which is
    `private`, there are the inner paths alone, and BentoML's checks of health.
    """

    def __init__(self, app: Application | None = None, *, gate: Gate | None = None, private: bool = False) -> None:
        self.app, self.gate, self.private = app, gate, private

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; whatever goes wrong becomes an answer in the shape of an error."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        exchange = Exchange(scope, self.found(scope["path"]))
        try:
            await self.answered(exchange, receive, send)
        except asyncio.CancelledError:
            # The server stops without waiting any longer, or the caller has gone.
            exchange.status = exchange.status or 499
            raise
        except Exception as error:
            # The caller has gone in the middle of the answer: there is nobody to tell.
            logger.error("request %s: its answer failed with %s", exchange.request_id, type(error).__name__)
        finally:
            self.note(exchange)

    def found(self, path: str) -> Route | None:
        """Return the route of a path if this port has it."""
        route = find(path)
        if route is None or self.gate is None or (route.bento and not route.inner):
            return route
        if self.private:
            return route if route.inner else None
        return None if route.inner and self.gate.parted else route

    async def answered(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        """Send the answer to a request."""
        try:
            route = await self.let_in(exchange)
            if route.bento:
                await self.app(exchange.scope, receive, Watched(exchange, send))
                return
            assert self.gate is not None, "nothing is let in before"
            answer = await self.gate.handlers[route.path](exchange, receive)
        except RequestError as error:
            exchange.error = error.code
            answer = refusal(error, exchange.request_id)
        except Exception as error:
            # What is in an exception may be what was asked.
            logger.error("request %s failed with %s", exchange.request_id, type(error).__name__)
            exchange.error = "internal"
            broken = RequestError(500, "internal", "The service failed to answer; its log names this request.")
            answer = refusal(broken, exchange.request_id)
        if not exchange.status:
            await respond(exchange, answer, send)

    async def let_in(self, exchange: Exchange) -> Route:
        """Return the route of a request that may be answered.

        Raises:
            RequestError: there is no such path or method, or its caller is unknown, may not ask, or asks too often.
        """
        route, gate = exchange.route, self.gate
        if route is None or not (route.bento or gate is None or route.path in gate.handlers):
            raise RequestError(404, "not_found", "There is no such path: try POST /v1/predict or GET /v1/info.")
        if exchange.method not in route.methods:
            allow = ((b"allow", route.allowed.encode()),)
            said = f"This path takes {route.allowed.replace(', HEAD', '')} only."
            raise RequestError(405, "method_not_allowed", said, headers=allow)
        if gate is None:
            if route.bento and not route.inner:
                return route
            raise RequestError(503, "starting", "The model is being loaded.", headers=((b"retry-after", b"1"),))
        if route.scope is None:
            return route
        if gate.queue:
            gate.queue.enter()
        if gate.guard:
            exchange.caller = await self.known(gate.guard, exchange)
            if route.scope not in exchange.caller.scopes:
                lacking = ((b"www-authenticate", b'Bearer error="insufficient_scope"'),)
                said = f"This key may not ask this: it lacks the scope {route.scope}."
                raise RequestError(403, "forbidden", said, headers=lacking)
        if gate.rates:
            await gate.rates.take(exchange)
        return route

    async def known(self, guard: Guard, exchange: Exchange) -> Caller:
        """Return who asks; attempts of somebody unknown are limited as well, by address.

        Raises:
            RequestError: nobody knows them (401), or they have tried too often (429).
        """
        try:
            return await guard.caller(exchange)
        except RequestError:
            if self.gate and self.gate.rates:
                await self.gate.rates.take(exchange)
            raise

    def note(self, exchange: Exchange) -> None:
        """Count and log a request, and let nothing of that reach its caller; checks of health are only counted."""
        if self.gate is None:
            return
        try:
            self.gate.metrics.note(exchange)
            quiet = exchange.route is not None and exchange.route.bento and exchange.status == 200
            if self.gate.access and not quiet:
                self.gate.access.note(exchange)
            if self.gate.traces and not quiet:
                self.gate.traces.note(exchange, time.time_ns())
        except Exception as error:
            logger.error("request %s could not be noted: %s", exchange.request_id, type(error).__name__)


class Watched:
    """Sends what BentoML answers, with the request's id, and notes its status."""

    def __init__(self, exchange: Exchange, send: Send) -> None:
        self.exchange, self.send = exchange, send

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.exchange.status = message["status"]
            message = {
                **message,
                "headers": [*message["headers"], (b"x-request-id", self.exchange.request_id.encode())],
            }
        else:
            self.exchange.size += len(message.get("body", b""))
        await self.send(message)


async def respond(exchange: Exchange, answer: Answer, send: Send) -> None:
    """Send an answer; to HEAD without its body."""
    exchange.status, exchange.size = answer.status, len(answer.body)
    headers = [
        (b"content-type", answer.media_type),
        (b"content-length", str(len(answer.body)).encode()),
        (b"x-request-id", exchange.request_id.encode()),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if exchange.method == "HEAD" else answer.body})
