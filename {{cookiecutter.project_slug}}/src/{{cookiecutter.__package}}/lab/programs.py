"""The programs of the project's environment, which need not be active."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

BIN = Path(sys.executable).parent


def with_programs(environ: Mapping[str, str]) -> dict[str, str]:
    """Return an environment in which they are found first, as what DVC runs for a stage is `lab`."""
    return {**environ, "PATH": f"{BIN}{os.pathsep}{environ.get('PATH', os.defpath)}"}
