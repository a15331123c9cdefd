"""What each of Locust's users does: send golden rows, again and again, as fast as they are answered.

Locust loads this file by its path, in a process of its own. `session` names the file with the request.
"""

from __future__ import annotations

import os
from pathlib import Path

from locust import FastHttpUser, task

from {{cookiecutter.__package}}.live.client import headers
from {{cookiecutter.__package}}.live.loadtest.session import BODY

body = Path(os.environ[BODY]).read_bytes()
sent = headers(os.environ)


class Caller(FastHttpUser):
    """One connection, kept open."""

    connection_timeout = 10.0
    network_timeout = 10.0

    @task
    def predict(self) -> None:
        """Ask for predictions; whatever isn't 200 counts as a failure."""
        with self.client.post("/v1/predict", data=body, headers=sent, catch_response=True) as answer:
            if answer.status_code != 200:
                answer.failure(f"answered with {answer.status_code}")
