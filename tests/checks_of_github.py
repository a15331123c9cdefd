"""A loopback stand-in for one question to GitHub: how the check ci-ok of a commit ended."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@contextmanager
def checks(conclusion: str) -> Iterator[str]:
    """Yield the address of a server that says of every commit that ci-ok ended so."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            runs = [{"id": 1, "name": "ci-ok", "status": "completed", "conclusion": conclusion}]
            known = "/commits/" in self.path and self.path.endswith("/check-runs?check_name=ci-ok")
            self.send_response(200 if known and self.headers["Authorization"] else 404)
            self.end_headers()
            self.wfile.write(json.dumps({"check_runs": runs}).encode())

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
