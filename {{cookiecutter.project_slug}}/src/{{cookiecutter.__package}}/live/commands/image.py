"""The command `live image`: the packaged model as an image that docker, podman or Kubernetes runs."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from ...core.project import WorkspaceError, find_root
from ..images import ImageError, build, find_engine, labels, tag_of
from ..server import ServerError, check_bento

RUN = "run --rm --read-only --tmpfs /tmp --cap-drop ALL --security-opt no-new-privileges --publish 127.0.0.1:3000:3000"


@click.command(short_help="Build an image of the packaged model.")
@click.option("--tag", metavar="NAME:TAG", help="What it is called; by default as the Bento, with the model's version.")
@click.option("--base", metavar="IMAGE", help="Another image with Python than the Dockerfile names, or its digest.")
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def image(tag: str | None, base: str | None, options: tuple[str, ...]) -> None:
    """Build an image of models/bento with docker, podman or buildah, whichever is there.

    OPTIONS after `--` are handed to it as they are.
    """
    bento = Path("models/bento")
    try:
        project = find_root(Path.cwd())
        check_bento(project / bento)
        name, engine = tag or tag_of(project / bento), find_engine()
        click.echo(f"Building {name} with {engine}.")
        arguments = {**labels(project, project / bento), **({"BASE": base} if base else {})}
        build(engine, project, name, arguments, *options)
    except (ImageError, ServerError, WorkspaceError) as error:
        raise click.ClickException(str(error)) from None
    except (OSError, msgspec.DecodeError):
        raise click.ClickException(f"{bento} is not whole: run `make pipeline` first.") from None
    runner = "podman" if engine == "buildah" else engine
    click.echo(f"{name} is built. To try it: {runner} {RUN} --env LIVE_AUTH=none {name}")
