"""Two colours, a proxy and Prometheus as one project of Docker Compose, in a folder of a host.

The folder holds all that there is to know: routes/live.yml says who answers, releases.jsonl what was released, .env
what each colour runs. Who is on the host at three in the morning needs `docker compose` and nothing else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from .host import Host
from .inside import Inside
from .last_words import last_words
from .record import Entry, entries_in, line_of
from .routing import BLUE, GREEN, Colour, RouteError, Weights, routes, weights_in
from .settings import Settings, env_text, merged
from .target import Pinned, RolloutError

START_SECONDS, STOP_SECONDS, PULL_SECONDS, FOLLOW_SECONDS = 120, 60, 1200, 15
# How long the way back waits for a proxy to say that it follows; the file is the truth either way.
BACK_SECONDS = 2
# Prometheus shows a key, and an empty one where none is wanted.
FOLDERS = (
    'cd "$0" && mkdir -p routes secrets certificates && { test -e secrets/metrics.key || : >secrets/metrics.key; }'
)


class Compose(Inside):
    """The folder on a host, and the project in it; `source` is the deploy/ of this repository."""

    addresses: Mapping[Colour, str] = {BLUE: "http://blue:3000", GREEN: "http://green:3000"}

    def __init__(
        self, host: Host, folder: PurePosixPath, project: str, source: Path, headers: Mapping[str, str]
    ) -> None:
        super().__init__(host, project, headers)
        self.folder, self.source = folder, source
        # How often each colour had been started again when this release began with it.
        self.restarts: dict[Colour, int] = {}

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep everybody else from releasing here until the block ends."""
        with self.host.held(self.folder / "release.lock"):
            yield

    def lay_out(self) -> Settings:
        """Bring this repository's deploy/ to the host, and return the settings that hold there."""
        for path in sorted(self.source.rglob("*")):
            if path.is_file():
                self.host.write(self.folder / path.relative_to(self.source).as_posix(), path.read_text("utf-8"), "644")
        self.host.required(self.host.run("sh", "-c", FOLDERS, str(self.folder)), "Folders can't be made")
        settings = self.settings()
        self.host.write(self.folder / "service.env", env_text(settings.service))
        return settings

    def settings(self) -> Settings:
        """Return the settings that hold on the host: those of deploy/settings.env, with its own host.env on top."""
        return merged(self.host.read(self.folder / "settings.env"), self.host.read(self.folder / "host.env"))

    def pin(self, image: str) -> Pinned:
        """Fetch an image if it isn't there, and return the name by which it is started."""
        self.lay_out()
        known = self.inspected(image)
        if known is None:
            done = self.host.run("docker", "pull", "--quiet", image, seconds=PULL_SECONDS)
            self.host.required(done, f"{image} can't be pulled")
            known = self.inspected(image)
        if known is None:
            raise RolloutError(f"There is no image {image} on {self.host.name}.")
        if "@sha256:" in image:
            return Pinned(image, image.partition("@")[2])
        # What no registry knows has no digest, but its id is one of what is in it.
        name = next(iter(known["RepoDigests"] or ()), known["Id"])
        return Pinned(name, name.rpartition("@")[2])

    def inspected(self, image: str) -> dict[str, Any] | None:
        """Return what Docker knows of an image, or None if it isn't there."""
        done = self.host.run("docker", "image", "inspect", image)
        if done.code and "No such image" not in done.errors:
            self.host.required(done, "Docker can't be asked")
        found = json.loads(done.said or "[]")
        return found[0] if found else None

    def start(self, colour: Colour, pinned: Pinned) -> None:
        """Start a colour on an image, unless it runs on that already."""
        self.write_env({colour: pinned.image})
        before = self.container(colour)
        self.compose("up", "--detach", "--no-deps", "--quiet-pull", colour, seconds=START_SECONDS)
        after = self.container(colour)
        same = before and after and before["Id"] == after["Id"]
        self.restarts[colour] = after["RestartCount"] if same and after else 0

    def stop(self, colour: Colour) -> None:
        """Stop a colour, and let it answer what it has begun."""
        self.compose("stop", colour, seconds=STOP_SECONDS)

    def open(self, colour: Colour) -> None:
        """Start proxy and Prometheus, unless they run, as requests pass there; return when a colour sees the proxy."""
        words = ("up", "--detach", "--no-deps", "--no-recreate", "--quiet-pull", "proxy", "prometheus")
        self.compose(*words, seconds=PULL_SECONDS)
        deadline = time.monotonic() + FOLLOW_SECONDS
        while self.reloads(colour) is None:
            if time.monotonic() > deadline:
                raise RolloutError("The proxy doesn't answer: `docker compose logs proxy` in the folder says why.")
            time.sleep(0.25)

    def write_env(self, images: Mapping[Colour, str]) -> None:
        """Write .env, from which Compose takes what its file leaves open; a colour not named keeps its image."""
        settings = self.settings()
        settings.require_decided()
        before = merged(self.host.read(self.folder / ".env"), None).values
        first = next(iter(images.values()))
        chosen = {c: images.get(c) or before.get(f"{c.upper()}_IMAGE") or first for c in (BLUE, GREEN)}
        kept = {"COMPOSE_PROJECT_NAME": self.project, **{f"{c.upper()}_IMAGE": image for c, image in chosen.items()}}
        self.host.write(self.folder / ".env", env_text({**settings.values, **kept}))

    def compose(self, *words: str, seconds: float) -> str:
        """Run `docker compose` in the folder.

        Raises:
            RolloutError: it fails.
        """
        done = self.host.run("docker", "compose", "--project-directory", str(self.folder), *words, seconds=seconds)
        return self.host.required(done, f"`docker compose {words[0]} {words[-1]}` failed").said

    def container(self, colour: Colour) -> dict[str, Any] | None:
        """Return what Docker knows of a colour's container, or None if there is none."""
        done = self.host.run("docker", "container", "inspect", self.name(colour))
        return json.loads(done.said)[0] if not done.code else None

    def ill(self, colour: Colour) -> str:
        """Return why a colour can't answer, or nothing."""
        known = self.container(colour)
        if known is None:
            return "there is no such container."
        state, restarts = known["State"], known["RestartCount"]
        if state["Status"] == "running" and restarts <= self.restarts.get(colour, restarts):
            return ""
        how = (
            "it took more memory than it may" if state["OOMKilled"] else f"it ended with exit code {state['ExitCode']}"
        )
        logs = self.host.run("docker", "logs", "--tail", "40", self.name(colour))
        return f"{how}, and its log says: {last_words(logs.said + logs.errors)}"

    def weights(self) -> Weights:
        """Return which share each colour gets."""
        try:
            return weights_in(self.host.read(self.folder / "routes/live.yml"))
        except RouteError as error:
            raise RolloutError(str(error)) from None

    def route(self, weights: Weights, *, insist: bool = True) -> None:
        """Give each colour another share, and return when the proxy follows, or soon after where nobody insists.

        Where shares change again before it has looked, it sees no change at all.
        """
        path = self.folder / "routes/live.yml"
        if not weights:
            self.host.required(self.host.run("rm", "-f", str(path)), "The routes can't be taken away")
            return
        try:
            text = routes(weights, self.addresses, self.settings().values)
        except RouteError as error:
            raise RolloutError(str(error)) from None
        if self.host.read(path) == text:
            return
        observer = max(weights, key=lambda colour: weights[colour])
        before = self.reloads(observer)
        self.host.write(path, text, "644")
        if before is None or self.followed(observer, before, FOLLOW_SECONDS if insist else BACK_SECONDS) or not insist:
            return
        raise RolloutError(
            f"The proxy doesn't follow {self.folder}/routes: `docker compose logs proxy` there says why; or the "
            f"containers named {self.project}-… are those of another folder."
        )

    def followed(self, observer: Colour, before: int, seconds: float) -> bool:
        """Return, as soon as it is known, whether the proxy takes new routes within so many seconds."""
        deadline = time.monotonic() + seconds
        while self.reloads(observer) in (before, None):
            if time.monotonic() > deadline:
                return False
            time.sleep(0.1)
        return True

    def entries(self) -> list[Entry]:
        """Return the log of releases, the oldest first."""
        return entries_in(self.host.read(self.folder / "releases.jsonl"))

    def note(self, entry: Entry) -> None:
        """Add to the log of releases."""
        self.host.append(self.folder / "releases.jsonl", line_of(entry))
