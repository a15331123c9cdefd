"""Where commands deploy to: an environment, on this machine or on a host over SSH."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from ...core.project import WorkspaceError, find_root
from ...core.records import ParamsError, load_mapping
from ...core.registry.errors import ReleaseError, StoreError
from ..client import headers

if TYPE_CHECKING:
    from ..rollout.compose import Compose
    from ..rollout.rules import Rules

ENVIRONMENT = click.option(
    "--environment", default="production", show_default=True, envvar="DEPLOY_ENVIRONMENT", help="What it is for."
)
# A workflow's variable can't be set to nothing, and its runner may be on the machine itself: that is what local is for.
HOST = click.option(
    "--host",
    default="",
    envvar="DEPLOY_HOST",
    callback=lambda _context, _option, value: "" if value == "local" else value,
    help="ssh://user@host; this machine if left out, or local.",
)
FOLDER = click.option(
    "--folder", default="", envvar="DEPLOY_FOLDER", help="Where on the host; by default PROJECT/ENVIRONMENT at home."
)


def is_deployed(root: Path, environment: str, host: str, folder: str) -> bool:
    """Return whether this project is deployed somewhere: a host is named, or something was deployed on this machine."""
    if not (root / "deploy" / "compose.yaml").exists():
        return False
    return bool(host) or Path(folder or root / ".deploy" / environment, "releases.jsonl").exists()


@contextmanager
def place(environment: str, host: str, folder: str) -> Iterator[tuple[Compose, Rules]]:
    """Yield what an environment is deployed to, and the rules of its canaries.

    Raises:
        RolloutError: there is no such place.
        ParamsError: deploy/canary.yaml can't be used.
    """
    from ..rollout.compose import Compose
    from ..rollout.host import reached
    from ..rollout.rules import load_rules
    from ..rollout.target import RolloutError

    root = find_root(Path.cwd())
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", environment):
        raise RolloutError(f"{environment!r} is no name of an environment: use small letters, digits and hyphens.")
    source = root / "deploy"
    if not (source / "compose.yaml").exists():
        raise RolloutError("This project has no deploy/compose.yaml: it was made without a target to deploy to.")
    name = load_name(root)
    where = PurePosixPath(folder or (f"{name}/{environment}" if host else root / ".deploy" / environment))
    if not host:
        where = PurePosixPath(Path(where).absolute())
    with reached(host) as machine:
        yield (
            Compose(machine, where, f"{name}-{environment}", source, headers(os.environ)),
            load_rules(source / "canary.yaml"),
        )


@contextmanager
def outcomes() -> Iterator[None]:
    """End the command with one sentence, and an exit code that says what kind it is."""
    from ..rollout.interruption import Stopped
    from ..rollout.target import RolloutError

    try:
        yield
    except RolloutError as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(error.code) from None
    except Stopped as error:
        click.echo(f"Error: {error} came before anything was changed.", err=True)
        raise SystemExit(error.code) from None
    except (WorkspaceError, ParamsError, StoreError, ReleaseError) as error:
        raise click.ClickException(str(error)) from None


def load_name(root: Path) -> str:
    """Return the name of a project, under which it registers its models; of params.yaml, nothing else has to be right.

    Raises:
        ParamsError: params.yaml can't be read, or names nothing.
    """
    name = load_mapping(root / "params.yaml").get("name")
    if not isinstance(name, str) or not name:
        raise ParamsError("params.yaml: name is missing, under which models are registered.")
    return name
