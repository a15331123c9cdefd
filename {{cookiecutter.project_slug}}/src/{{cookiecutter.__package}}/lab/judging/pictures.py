"""The pictures of an executed notebook as files, so that they can be looked at without opening it."""

from __future__ import annotations

import base64
import re
from pathlib import Path

from ..files.notebooks import load_notebook

SHOWN = re.compile(r"[a-z_]+")


def save_pictures(copy: Path, folder: Path) -> list[str]:
    """Write every figure that an executed notebook shows, named after what its cell shows; return the names."""
    if not copy.exists():
        return []
    names: list[str] = []
    for number, cell in enumerate(load_notebook(copy)["cells"]):
        figures = [
            output["data"]["image/png"] for output in cell.get("outputs", ()) if "image/png" in output.get("data", {})
        ]
        for figure in figures:
            last = "".join(cell["source"]).strip().splitlines()[-1]
            name = last if SHOWN.fullmatch(last) and f"{last}.png" not in names else f"cell-{number}"
            folder.mkdir(parents=True, exist_ok=True)
            (folder / f"{name}.png").write_bytes(base64.b64decode("".join(figure)))
            names.append(f"{name}.png")
    return names
