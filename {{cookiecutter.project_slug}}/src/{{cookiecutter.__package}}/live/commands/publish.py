"""The command `live publish`: the built image, to a registry."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ...core.project import WorkspaceError, find_root
from ..images import ImageError, find_engine, tag_of


@click.command(short_help="Push the built image, and name it by its digest.")
@click.argument("tag", required=False)
@click.option(
    "--to", "repository", default="", envvar="IMAGE_REPOSITORY", help="Such as registry.example.org/owner/name."
)
def publish(tag: str | None, repository: str) -> None:
    """Push the image TAG, by default the one that `make image` makes, to a repository of images.

    Without one it stays here, which is said. In GitHub Actions its name by digest becomes the outputs image and digest.
    """
    from ..publishing import publish as push
    from ..publishing import what_is_missing

    try:
        built = tag or tag_of(find_root(Path.cwd()) / "models" / "bento")
        image = push(find_engine(), built, repository, os.environ) if repository else ""
    except (ImageError, WorkspaceError) as error:
        raise click.ClickException(str(error)) from None
    except OSError:
        raise click.ClickException("There is no Bento in models/bento: run `make pipeline` and `make image`.") from None
    said = [f"{built} is pushed as {image}."] if image else []
    if missing := what_is_missing(repository, os.environ):
        said.append(f"{built} is built and has answered its golden rows; {missing}")
    click.echo("\n".join(said))
    write("GITHUB_STEP_SUMMARY", "\n\n".join(said) + "\n")
    write("GITHUB_OUTPUT", f"image={image}\nname={image.partition('@')[0]}\ndigest={image.partition('@')[2]}\n")


def write(variable: str, text: str) -> None:
    """Add to the file that GitHub Actions names in a variable, where there is one."""
    if path := os.environ.get(variable):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)
