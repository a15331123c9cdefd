"""Asking the colours and the proxy from within their own network, where no port has to be published for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..smoke import Fetch, Golden, Reply, golden_of, reply
from .evidence import Seen, counts_of, reloads_in
from .host import Host
from .routing import Colour
from .target import RolloutError

PROXY_METRICS = "http://proxy:8082/metrics"
PORT, PRIVATE_PORT = 3000, 9090
MODELS = "/opt/bento/src/models"
# Run by the Python of a colour's own image, as its network is where the others can be asked; the host needs no client.
ASK = """
import json, sys, urllib.error, urllib.request
def told(wanted):
    if "file" in wanted:
        return 200, open(wanted["file"], encoding="utf-8").read()
    body = wanted["body"].encode() if wanted.get("body") else None
    request = urllib.request.Request(wanted["url"], body, wanted["headers"])
    try:
        answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10)
    except urllib.error.HTTPError as error:
        answer = error
    except OSError as error:
        return 0, str(error)
    with answer:
        return answer.status, answer.read().decode()
print(json.dumps([told(wanted) for wanted in json.load(sys.stdin)]))
"""


class Inside:
    """The containers of a project on a host; `headers` go with every question."""

    def __init__(self, host: Host, project: str, headers: Mapping[str, str]) -> None:
        self.host, self.project, self.headers = host, project, dict(headers)

    def name(self, service: str) -> str:
        """Return what the container of a service is called."""
        return f"{self.project}-{service}"

    def fetch(self, colour: Colour) -> Fetch:
        """Return what asks a colour directly, past the proxy."""

        def ask(path: str, body: Any) -> Reply:
            content = None if body is None else json.dumps(body)
            question = {"url": f"http://127.0.0.1:{PORT}{path}", "body": content, "headers": self.headers}
            ((status, text),) = self.asked(colour, [question])
            if not status:
                raise OSError(text)
            return reply(status, text.encode())

        return ask

    def asked(self, colour: Colour, questions: Sequence[Mapping[str, Any]]) -> list[tuple[int, str]]:
        """Return status and text for each question, asked from within a colour; OSError if it can't ask."""
        done = self.host.run(
            *("docker", "exec", "--interactive", self.name(colour), "python", "-ISc", ASK), given=json.dumps(questions)
        )
        if done.code:
            raise OSError(f"{colour} can't be asked: {done.last}")
        return [(status, text) for status, text in json.loads(done.said)]

    def reloads(self, colour: Colour) -> int | None:
        """Return how often the proxy has taken new routes, as a colour sees it, or None if it can't be asked."""
        try:
            ((status, text),) = self.asked(colour, [{"url": PROXY_METRICS, "headers": {}}])
        except OSError:
            return None
        return reloads_in(text) if status == 200 else None

    def golden(self, colour: Colour) -> Golden:
        """Return the golden rows in the image that a colour runs."""
        files = [f"{MODELS}/{name}" for name in ("golden.json", "signature.json")]
        try:
            rows, signature = (json.loads(text) for _, text in self.asked(colour, [{"file": path} for path in files]))
        except (OSError, ValueError) as error:
            raise RolloutError(f"The golden rows in the image of {colour} can't be read: {error}") from None
        return golden_of(rows, signature, f"golden.json in the image of {colour}")

    def seen(self, colours: Sequence[Colour]) -> Seen:
        """Return what the proxy and the colours have counted until now."""
        pages = [PROXY_METRICS, *(f"http://{colour}:{PRIVATE_PORT}/metrics" for colour in colours)]
        questions = [{"url": page, "headers": self.headers} for page in pages]
        try:
            (status, proxy), *services = self.asked(colours[0], questions)
        except OSError as error:
            raise RolloutError(f"Nothing can be learned of the colours: {error}.") from None
        if status != 200:
            raise RolloutError(f"The proxy's metrics can't be read: {proxy[:200]}")
        if any(known in (401, 403) for known, _ in services):
            raise RolloutError(
                "The colours' metrics want a key: set LIVE_API_KEY to one with the scopes predict and admin."
            )
        return {c: counts_of(c, proxy, text) for c, (_, text) in zip(colours, services, strict=True)}
