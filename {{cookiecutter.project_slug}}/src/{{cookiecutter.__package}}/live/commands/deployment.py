"""The commands that put an image live, and say what is live where."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ...core.project import find_root
from .places import ENVIRONMENT, FOLDER, HOST, outcomes, place


@click.command(short_help="Put an image live by canary, and back by itself.")
@click.argument("image", required=False)
@ENVIRONMENT
@HOST
@FOLDER
@click.option(
    "--at-once",
    is_flag=True,
    envvar="DEPLOY_AT_ONCE",
    help="No canary: all requests, once the golden rows are answered.",
)
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
