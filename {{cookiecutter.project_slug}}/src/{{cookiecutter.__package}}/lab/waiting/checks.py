"""A check of a commit on GitHub: whether it has ended, and how."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from http.client import HTTPException
from typing import Any

from ...core.project import WorkspaceError

POLL_SECONDS = 10
ANSWER_SECONDS = 30
Say = Callable[[str], None]
Ask = Callable[[str], Any]


def require_success(
    check: str, environ: Mapping[str, str], say: Say, *, seconds: float, poll: float = POLL_SECONDS
) -> None:
    """Return once a check of this commit has succeeded.

    Raises:
        WorkspaceError: it ended otherwise, isn't known after `seconds`, or GitHub doesn't say.
    """
    names = ("GITHUB_REPOSITORY", "GITHUB_SHA", "GITHUB_TOKEN")
    if missing := [name for name in names if not environ.get(name)]:
        raise WorkspaceError(f"{missing[0]} isn't set: this is for a workflow of GitHub, which sets it.")
    path = f"repos/{environ['GITHUB_REPOSITORY']}/commits/{environ['GITHUB_SHA']}/check-runs?check_name={check}"
    deadline, told = time.monotonic() + seconds, ""
    while (state := state_of(asked(path, environ))) != "success":
        if state in ("queued", "in_progress", "unknown") and time.monotonic() < deadline:
            if state != told:
                say(f"{check}: {state.replace('_', ' ')}")
                told = state
            time.sleep(poll)
            continue
        raise WorkspaceError(
            f"{check} of this commit ended with {state}: mend it first."
            if time.monotonic() < deadline
            else f"{check} of this commit is still {state} after {seconds:g} seconds: run this again when it has ended."
        )
    say(f"{check}: success")


def state_of(answer: Any) -> str:
    """Return how the newest run of a check ended, or what it does, or 'unknown' without one."""
    runs = sorted(answer.get("check_runs", []), key=lambda run: run.get("id", 0))
    if not runs:
        return "unknown"
    return str(runs[-1].get("conclusion") or runs[-1].get("status") or "unknown")


def asked(path: str, environ: Mapping[str, str], tries: int = 4) -> Any:
    """GET from GitHub's REST API; what a moment later works is asked again.

    Raises:
        WorkspaceError: it refuses, or doesn't answer.
    """
    address = environ.get("GITHUB_API_URL") or "https://api.github.com"
    headers = {"Authorization": f"Bearer {environ['GITHUB_TOKEN']}", "Accept": "application/vnd.github+json"}
    why = ""
    for number in range(tries):
        try:
            request = urllib.request.Request(f"{address}/{path}", headers=headers)
            with urllib.request.urlopen(request, timeout=ANSWER_SECONDS) as response:
                return json.load(response)
        except urllib.error.HTTPError as error:
            why = f"status {error.code}"
            if error.code < 500 and error.code != 429:
                break
        except (OSError, HTTPException, ValueError) as error:
            why = type(error).__name__
        time.sleep(2**number / 2)
    raise WorkspaceError(f"GitHub does not say how the checks of this commit stand ({why}): see the job's permissions.")
