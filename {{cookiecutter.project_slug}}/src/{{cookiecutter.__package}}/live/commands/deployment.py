"""The commands that put an image live, and say what is live where."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import click

from ...core.project import WorkspaceError, find_root
from ...core.records import ParamsError
from ..client import headers

if TYPE_CHECKING:
    from ..rollout.compose import Compose
    from ..rollout.rules import Rules

ENVIRONMENT = click.option(
    "--environment", default="production", show_default=True, envvar="DEPLOY_ENVIRONMENT", help="What it is for."
)
HOST = click.option(
    "--host", default="", envvar="DEPLOY_HOST", help="ssh://user@host; this machine if left out, or local."
)
FOLDER = click.option(
    "--folder", default="", envvar="DEPLOY_FOLDER", help="Where on the host; by default PROJECT/ENVIRONMENT at home."
)


@click.command(short_help="Put an image live by canary, and back by itself.")
@click.argument("image", required=False)
@ENVIRONMENT
@HOST
@FOLDER
@click.option("--at-once", is_flag=True, help="No canary: all requests, once the golden rows are answered.")
@click.option("--other-scores", is_flag=True, help="The answers are to be spread otherwise than before.")
@click.option("--why", default="", envvar="WHY", metavar="TEXT", help="The reason, for the history.")
def deploy(
    image: str | None, environment: str, host: str, folder: str, at_once: bool, other_scores: bool, why: str
) -> None:
    """Let IMAGE (name@sha256:…) take over from what is live, by blue and green behind a proxy.

    Without IMAGE, it is the one that `make image` makes of models/bento. Exit codes: 1 refused, 3 nothing was decided
    in time, 4 another release is at work.
    """
    from ..rollout.interruption import interruptible
    from ..rollout.release import Wanted, release

    with outcomes(), place(environment, host, folder) as (target, rules), interruptible(), target.held():
        wanted = Wanted(
            image=image or image_of_bento(),
            who=actor(),
            at_once=at_once,
            scores=not other_scores,
            why=why.strip(),
        )
        release(target, wanted, rules, click.echo)


@click.command(short_help="What is deployed where, and what was before.")
@ENVIRONMENT
@HOST
@FOLDER
@click.option("--json", "as_json", is_flag=True, help="For programs, with the evidence of each step.")
def deployments(environment: str, host: str, folder: str, as_json: bool) -> None:
    """Say which colour answers which share in an environment, and list what was deployed, the newest first."""
    import msgspec

    from ..rollout import record

    with outcomes(), place(environment, host, folder) as (target, _):
        entries, weights = target.entries(), dict(target.weights())
    if as_json:
        told = {"weights": weights, "releases": msgspec.to_builtins(entries)}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    answering = ", ".join(f"{colour} {weight} %" for colour, weight in weights.items() if weight)
    click.echo("\n".join([f"{environment}: {answering or 'nothing answers yet'}", *record.table(entries)]))


COMMANDS = (deploy, deployments)


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
    from .releases import project_name

    # A workflow's variable can't be set to nothing, and a runner of one's own may be on the machine itself.
    host = "" if host == "local" else host
    name = project_name(root)
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
    except (WorkspaceError, ParamsError) as error:
        raise click.ClickException(str(error)) from None


def image_of_bento() -> str:
    """Return what `make image` calls the image of models/bento."""
    from ..images import tag_of
    from ..rollout.target import RolloutError

    try:
        return tag_of(find_root(Path.cwd()) / "models" / "bento")
    except OSError:
        raise RolloutError(
            "There is no Bento in models/bento: run `make pipeline` and `make image`, or name an image."
        ) from None


def actor() -> str:
    """Return who is at work."""
    from ..registry.authorship import who

    return who(find_root(Path.cwd()), os.environ)
