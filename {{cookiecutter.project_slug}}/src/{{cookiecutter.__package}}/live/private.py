"""A port of its own for what only insiders read: metrics, the documents, and whether the service is well."""

from __future__ import annotations

import asyncio
import socket
from contextlib import nullcontext

import uvicorn

from .edge.middleware import Edge
from .settings import Settings


class PrivatePort:
    """A second server in the same process. All processes of a service share its port: the kernel chooses one."""

    def __init__(self, public: Edge, settings: Settings) -> None:
        self.edge = Edge(public.app, gate=public.gate, private=True)
        self.host, self.port = settings.private_host, settings.private_port
        self.server: uvicorn.Server | None = None
        self.task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Listen, if there is such a port."""
        if self.port is None:
            return
        listening = socket.create_server((self.host, self.port), reuse_port=True)
        config = uvicorn.Config(self.edge, log_config=None, lifespan="off", server_header=False)
        self.server = uvicorn.Server(config)
        # Signals are for the public server, which ends this one.
        self.server.capture_signals = nullcontext  # type: ignore[method-assign]
        self.task = asyncio.ensure_future(self.server.serve([listening]))

    async def close(self) -> None:
        """Stop listening, once what was asked is answered."""
        if self.server and self.task:
            self.server.should_exit = True
            await self.task
