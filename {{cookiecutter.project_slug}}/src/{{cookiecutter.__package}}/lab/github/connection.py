"""The repository that a workflow runs for, as GITHUB_REPOSITORY, GITHUB_TOKEN and GITHUB_API_URL name it."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeVar

from github import Auth, Github, GithubException, GithubRetry
from github.Repository import Repository

from ...core.project import WorkspaceError
from .errors import TRIES, passes_by

Found = TypeVar("Found")
SECONDS = 30
# What is only read, or gives the same however often it is done. A lost POST may have been heard: see `settled`.
REPEATABLE = frozenset({"GET", "HEAD", "PATCH", "PUT", "DELETE"})
LONGEST_WAIT = 60
BOT = "github-actions[bot]"


class Connection(NamedTuple):
    """A repository, and the name under which this token writes there."""

    repository: Repository
    login: str


def connect(environ: Mapping[str, str], wait: float = 1.0) -> Connection:
    """Return the repository that the environment names; `wait` is how long is waited before a second try.

    Raises:
        WorkspaceError: the environment names none, or has no token.
    """
    for name in ("GITHUB_REPOSITORY", "GITHUB_TOKEN"):
        if not environ.get(name):
            raise WorkspaceError(f"{name} is not set: this is for workflows, which get it from GitHub.")
    # What it would log of each refusal, the commands say in a sentence.
    logging.getLogger("github").setLevel(logging.ERROR)
    retry = GithubRetry(
        total=TRIES - 1,
        backoff_factor=wait,
        allowed_methods=REPEATABLE,
        secondary_rate_wait=LONGEST_WAIT,
        max_rate_limit_wait=LONGEST_WAIT,
    )
    client = Github(
        auth=Auth.Token(environ["GITHUB_TOKEN"]),
        base_url=environ.get("GITHUB_API_URL") or "https://api.github.com",
        timeout=SECONDS,
        retry=retry,
        per_page=100,
        # A handful of calls each run; there is nothing to slow down.
        seconds_between_requests=0,
        seconds_between_writes=0,
    )
    return Connection(client.get_repo(environ["GITHUB_REPOSITORY"], lazy=True), login_of(client))


def login_of(client: Github) -> str:
    """Return whose token it is; a workflow's own may not ask, and writes as GitHub's bot."""
    try:
        return client.get_user().login
    except GithubException as error:
        if error.status == 403:
            return BOT
        raise


def settled(attempt: Callable[[], Found], wait: float = 1.0) -> Found:
    """Return what an attempt gives, which finds what is there before it writes; repeated as a whole if GitHub fails.

    So what got through although the answer was lost is found the next time, and nothing is written twice.
    """
    for number in range(1, TRIES):
        try:
            return attempt()
        except Exception as error:
            if not passes_by(error):
                raise
            time.sleep(wait * number)
    return attempt()
