"""What goes wrong between here and GitHub, a sentence each. None of them holds what GitHub or the token said."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import requests
from github import BadCredentialsException, GithubException, RateLimitExceededException

from ...core.project import WorkspaceError

TRIES = 3


class GithubError(WorkspaceError):
    """GitHub doesn't do what it was asked; the message says what to do. `forbidden` where the token may not."""

    def __init__(self, message: str, *, forbidden: bool = False) -> None:
        super().__init__(message)
        self.forbidden = forbidden


@contextmanager
def sentences(what: str, permission: str) -> Iterator[None]:
    """Turn what PyGithub and the network raise while `what` is done into one sentence.

    Raises:
        GithubError: it wasn't done.
    """
    try:
        yield
    except GithubException as error:
        raise GithubError(f"{what}: {reason(error, permission)}", forbidden=may_not(error)) from None
    except requests.exceptions.RetryError:
        raise GithubError(f"{what}: GitHub answers with errors, also when asked again. Try later.") from None
    except requests.exceptions.RequestException as error:
        raise GithubError(f"{what}: GitHub can't be reached ({type(error).__name__}).") from None


def may_not(error: GithubException) -> bool:
    """Return whether the token may not do what was asked, whatever is tried."""
    return error.status in (401, 403) and not isinstance(error, RateLimitExceededException)


def reason(error: GithubException, permission: str) -> str:
    """Return why GitHub refuses, and what to do about it."""
    if isinstance(error, RateLimitExceededException) or error.status == 429:
        return "GitHub's rate limit is used up. Try again when it has been lifted, within the hour."
    if isinstance(error, BadCredentialsException) or error.status == 401:
        return "GitHub doesn't know GITHUB_TOKEN, or no longer."
    if error.status == 403:
        return (
            f"GITHUB_TOKEN may not. The job needs the permission `{permission}: write`, which runs for forks and for "
            "Dependabot never have."
        )
    if error.status in (404, 410):
        return "it isn't there, or GITHUB_TOKEN may not see it."
    if error.status == 422:
        return "GitHub refuses what it was sent as invalid (422)."
    return f"GitHub answers with {error.status}. Try later." if error.status >= 500 else f"({error.status})."


def passes_by(error: Exception) -> bool:
    """Return whether an error may be gone in a moment, with the request done or not done: nobody knows which."""
    if isinstance(error, GithubException):
        return error.status >= 500
    return isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.Timeout)
