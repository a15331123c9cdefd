"""What an image starts: `python -m …live` serves the Bento that this file lies in, on every address of the container.

It takes the port from PORT and everything else from the settings, and loads nothing that requirements/serve.txt lacks.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .server import ServerError, check_bento, check_port, command
from .settings import service_environment

BENTO = Path(__file__).resolve().parents[3]
EVERYWHERE = "0.0.0.0"


def main() -> None:
    """Become BentoML's server, so that signals reach it."""
    try:
        port = port_of(os.environ.get("PORT", "3000"))
        check_bento(BENTO)
        check_port(EVERYWHERE, port)
    except ServerError as error:
        sys.exit(f"Error: {error}")
    arguments = command(BENTO, EVERYWHERE, port)
    os.execve(arguments[0], arguments, service_environment(os.environ))


def port_of(text: str) -> int:
    """Return a port that is given as text.

    Raises:
        ServerError: it is none.
    """
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ServerError(f"PORT is {text!r}: it takes a number from 1 to 65535.")
    return int(text)


if __name__ == "__main__":
    main()
