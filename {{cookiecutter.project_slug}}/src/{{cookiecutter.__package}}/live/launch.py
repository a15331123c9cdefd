"""Becoming the server: everything is checked that can be before, and BentoML's command takes this process's place."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

from .edge.auth.binding import require_guarded
from .edge.auth.policy import check_guard
from .server import check_bento, check_port, command
from .settings import load_settings, service_environment


def check_start(bento: Path, host: str, port: int) -> None:
    """Make sure that a Bento can be served there, and that nobody may ask it who isn't meant to.

    Raises:
        ServerError: there is no Bento, its model is damaged, or the port can't be used.
        SettingError: a setting can't be used, or LIVE_AUTH is missing where others than this machine can ask.
    """
    check_bento(bento)
    settings = load_settings(os.environ)
    require_guarded(settings, [host])
    check_guard(settings)
    check_port(host, port)


def become_server(bento: Path, host: str, port: int) -> NoReturn:
    """Serve a Bento in this very process, so that signals reach the server."""
    arguments = command(bento, host, port)
    os.execve(arguments[0], arguments, service_environment(os.environ))
