"""Bentos that are wrong in a way that golden rows don't show: each is the project's own with one fault in its code."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

# What is put before a line of a module: a fault that begins once the first requests, the golden rows among them, are
# answered.
COUNTED = "self.asked = getattr(self, 'asked', 0) + 1; "
FAULTS = {
    # Three requests of ten fail.
    "errors": (
        "live/api/predict.py",
        "        variant, prediction = self.predicted(columns, exchange)\n        return Answer(200, encode",
        COUNTED + "\n        if self.asked > 2 and self.asked % 10 in (0, 3, 6):\n"
        "            raise RequestError(500, 'broken', 'A fault of the test.')",
    ),
    # The service ends; in a container, its main process is the first.
    "dying": (
        "live/api/predict.py",
        "        variant, prediction = self.predicted(columns, exchange)\n        return Answer(200, encode",
        COUNTED + "\n        if self.asked > 2:\n            __import__('os').kill(1, 15)",
    ),
    # Every answer takes 0.3 seconds longer.
    "slow": (
        "live/api/predict.py",
        "        columns = self.requests.decode(await read_body(exchange, receive, self.largest_body))\n",
        "import asyncio; await asyncio.sleep(0.3)",
    ),
    # Probabilities move by 0.3.
    "shifted": (
        "live/variants/lineup.py",
        "        exchange.rows, exchange.variant = len(prediction.values), variant.name\n",
        COUNTED + "\n        if self.asked > 2:\n"
        "            moved = prediction.probabilities * 0.7 + [[0, 0.3]]\n"
        "            prediction = prediction._replace(probabilities=moved.astype('float32'))",
    ),
}


def copied(bento: Path, destination: Path) -> Path:
    """Return a copy of a Bento."""
    shutil.copytree(bento, destination)
    return destination


def faulty(bento: Path, destination: Path, fault: str, package: str = "flight_delays") -> Path:
    """Return a copy of a Bento with a fault in its code."""
    module, before, line = FAULTS[fault]
    path = copied(bento, destination) / "src" / package / module
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{module} isn't any more what this fault was written for"
    path.write_text(text.replace(before, f"        {line}\n{before}"), encoding="utf-8")
    return destination


def instruction(fault: str, root: str, package: str = "flight_delays") -> str:
    """Return a line of a Dockerfile that puts a fault into the code of the Bento that lies in `root`."""
    module, before, line = FAULTS[fault]
    path, changed = f"{root}/src/{package}/{module}", f"        {line}\n{before}"
    program = (
        f"from pathlib import Path; path = Path({path!r}); text = path.read_text(); "
        f"assert text.count({before!r}) == 1; path.write_text(text.replace({before!r}, {changed!r}))"
    )
    return f"RUN {json.dumps(['/opt/venv/bin/python', '-c', program])}"


def damaged(bento: Path, destination: Path) -> Path:
    """Return a copy of a Bento whose model isn't the one in its signature."""
    (copied(bento, destination) / "src" / "models" / "model.onnx").write_bytes(b"not the model")
    return destination
