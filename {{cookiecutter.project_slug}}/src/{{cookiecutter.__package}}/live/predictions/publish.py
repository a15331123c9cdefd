"""The process that publishes: `python -m …live.predictions.publish FOLDER --retain-days 90`."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from .publishing import publish


def main(arguments: list[str]) -> None:
    """Publish what is finished in a folder, and delete what is too old."""
    folder, _, days = arguments
    # Answering comes first.
    os.nice(10)
    try:
        for sentence in publish(Path(folder), int(days)).sentences:
            print(sentence, file=sys.stderr)
    except OSError as error:
        sys.exit(f"Predictions in {folder} could not be published: {(error.strerror or type(error).__name__).lower()}.")


if __name__ == "__main__":
    main(sys.argv[1:])
