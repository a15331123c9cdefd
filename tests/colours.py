"""A release between two processes instead of two containers, run by the Python of a project.

`colours.py CONFIG BENTO` releases a Bento, `colours.py CONFIG back [VERSION]` goes back.

Everything else is what `live deploy` does: the same steps, the same files, the same proxy's metrics. So canaries can be
tried on machines without Docker, and many of them in little time. CONFIG is JSON: the project's package, the folder
that stands for the host's, its deploy/, and the ports of both colours and of the proxy's metrics.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path, PurePosixPath

CONFIG = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
PACKAGE = CONFIG["package"]


def module(name: str):
    """Return a module of the project's package."""
    return importlib.import_module(f"{PACKAGE}.live.{name}")


rollout = {
    name: module(f"rollout.{name}")
    for name in ("compose", "evidence", "host", "interruption", "last_words", "release", "rules", "target")
}
smoke = module("smoke")
STOP_SECONDS = 15


class Processes(rollout["compose"].Compose):
    """Blue and green are `live serve`, each in a session of its own, so that they outlive a release that is killed."""

    def __init__(self) -> None:
        super().__init__(
            rollout["host"].Host("this machine"), PurePosixPath(CONFIG["folder"]), "test", Path(CONFIG["deploy"]), {}
        )
        self.ports, self.private = CONFIG["ports"], CONFIG["private"]
        self.addresses = {colour: f"http://127.0.0.1:{port}" for colour, port in self.ports.items()}

    def file(self, name: str) -> Path:
        """Return a file in the folder."""
        return Path(self.folder, name)

    def pin(self, image: str):
        """Take a Bento by its folder, and the hash of its model and code for a digest."""
        digest = hashlib.sha256()
        for path in sorted(Path(image).rglob("*")):
            digest.update(path.read_bytes() if path.is_file() else b"")
        return rollout["target"].Pinned(image, f"sha256:{digest.hexdigest()}")

    def start(self, colour, pinned) -> None:
        """Serve a Bento, unless it is served already."""
        if self.running(colour) and self.file(f"{colour}.bento").read_text() == pinned.image:
            return
        self.stop(colour)
        command = [str(Path(sys.executable).with_name("live")), "serve", "--bento", pinned.image]
        environ = {**os.environ, "LIVE_PRIVATE_PORT": str(self.private[colour]), "LIVE_PREDICTIONS": ""}
        with self.file(f"{colour}.log").open("w") as log:
            process = subprocess.Popen(
                [*command, "--port", str(self.ports[colour])],
                env=environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        self.file(f"{colour}.pid").write_text(str(process.pid))
        self.file(f"{colour}.bento").write_text(pinned.image)

    def stop(self, colour) -> None:
        """Ask a colour to end, and wait until it has."""
        if not self.running(colour):
            return
        os.kill(self.pid(colour), signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while self.running(colour) and time.monotonic() < deadline:
            time.sleep(0.05)

    def open(self, colour) -> None:
        """The proxy is the test's."""

    def pid(self, colour) -> int:
        """Return the process of a colour, or 0."""
        path = self.file(f"{colour}.pid")
        return int(path.read_text()) if path.exists() else 0

    def running(self, colour) -> bool:
        """Return whether the process of a colour is alive, and no zombie."""
        try:
            state = Path(f"/proc/{self.pid(colour)}/stat").read_text()
        except OSError:
            return False
        return state.rpartition(")")[2].split()[0] != "Z"

    def ill(self, colour) -> str:
        """Return why a colour can't answer."""
        if self.running(colour):
            return ""
        path = self.file(f"{colour}.log")
        log = path.read_text(errors="replace") if path.exists() else "it was never started"
        return f"it ended, and its log says: {rollout['last_words'].last_words(log)}"

    def fetch(self, colour):
        """Ask a colour directly."""
        return smoke.over_http(self.addresses[colour], {"content-type": "application/json"})

    def golden(self, colour):
        """Return the golden rows of the Bento that a colour serves."""
        return smoke.load_golden(Path(self.file(f"{colour}.bento").read_text(), "src", "models", "golden.json"))

    def reloads(self, colour):
        """Ask the proxy how often it took new routes."""
        return rollout["evidence"].reloads_in(page(CONFIG["proxy"]))

    def seen(self, colours):
        """Read the same pages that are read in containers."""
        proxy = page(CONFIG["proxy"])
        return {c: rollout["evidence"].counts_of(c, proxy, page(self.private[c])) for c in colours}


def page(port: int) -> str:
    """Return the metrics that a port tells, or nothing."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


def main() -> None:
    """Release once."""
    target = Processes()
    rules = rollout["rules"].load_rules(Path(CONFIG["deploy"], "canary.yaml"))
    wanted = rollout["release"].Wanted(image=sys.argv[2], who="test", **CONFIG.get("wanted", {}))
    with module("commands.places").outcomes(), rollout["interruption"].interruptible(), target.held():
        target.lay_out()
        if sys.argv[2] == "back":
            roll_back(target, rules)
        else:
            rollout["release"].release(target, wanted, rules, say)


def roll_back(target: Processes, rules) -> None:
    """Take image and champion back together, as `live rollback` does; the registry is that of MLFLOW_TRACKING_URI."""
    store, transition = module("registry.store"), module("registry.transition")
    registry = store.open_registry(Path(CONFIG["folder"]), CONFIG["name"])
    wanted = sys.argv[3] if len(sys.argv) > 3 else None
    module("rollout.together").back(target, registry, wanted, transition.Author("test", "odd"), rules, say)


def say(text: str) -> None:
    """Print a line at once."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
