"""What an image starts: `python -m …live` serves the Bento that this file lies in, on every address of the container.

It takes the port from PORT and everything else from the settings, and loads nothing that requirements/serve.txt lacks.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .launch import become_server, check_start
from .server import ServerError
from .settings import SettingError

BENTO = Path(__file__).resolve().parents[3]
EVERYWHERE = "0.0.0.0"


def main() -> None:
    """Become BentoML's server, or say in one sentence why not."""
    try:
        port = port_of(os.environ.get("PORT", "3000"))
        check_start(BENTO, EVERYWHERE, port)
    except (ServerError, SettingError) as error:
        sys.exit(f"Error: {error}")
    become_server(BENTO, EVERYWHERE, port)


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
