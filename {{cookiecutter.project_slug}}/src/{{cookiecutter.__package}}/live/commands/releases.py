"""The commands that say which model is live, and change it."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...core.project import QUIET, WorkspaceError, find_root, is_recorded, tracking_uri
from ...core.records import ParamsError
from ...core.registry.errors import ReleaseError, StoreError
from .places import ENVIRONMENT, FOLDER, HOST, is_deployed, load_name, outcomes, place

if TYPE_CHECKING:
    from ..registry.store import Registry
    from ..registry.transition import Author

VERSION = click.argument("version", required=False)
KEPT_NOWHERE = "without the secret MLFLOW_TRACKING_URI there is no registry that outlives this job"
# As an environment variable, what `make promote WHY=…` says reaches the command with whatever quotes are in it.
WHY = click.option("--why", default="", envvar="WHY", metavar="TEXT", help="The reason, for the history.")


@click.command(short_help="Make a model the champion that passed the gate.")
@VERSION
@WHY
@click.option("--digest", default="", metavar="NAME@sha256:…", help="The image in which it was deployed.")
def promote(version: str | None, why: str, digest: str) -> None:
    """Make VERSION the champion ('1.2.0', or MLflow's number), or else the model in models/.

    Only what passed the gate against the champion of now is let in, once its files in MLflow have been fetched and have
    answered the golden rows. `live rollback` goes back, to the image of --digest, too.
    """
    if digest and not re.fullmatch(r"(\S+@)?sha256:[0-9a-f]{64}", digest):
        raise click.UsageError(f"--digest is {digest!r}: it takes sha256: and 64 digits, or NAME@sha256:….")
    if kept_nowhere(os.environ):
        click.echo(f"No alias is moved: {KEPT_NOWHERE}, and the champion is the model that main's dvc.lock names.")
        return
    with sentences():
        registry = opened()
        from ..registry.promotion import promote as move

        move(registry, version, author(registry, why), click.echo, digest)


@click.command(short_help="Go back to the champion before, or to VERSION.")
@VERSION
@WHY
@ENVIRONMENT
@HOST
@FOLDER
@click.option("--only", type=click.Choice(["registry", "image"]), help="Move one of the two, and leave the other.")
def rollback(version: str | None, why: str, environment: str, host: str, folder: str, only: str | None) -> None:
    """Make the champion before the present one the champion again, or VERSION if that was champion once.

    Its files in MLflow are fetched and have to answer the golden rows before anything is moved. Where the project is
    deployed, the image of that version answers again, too: both or neither.
    """
    if only is None and kept_nowhere(os.environ):
        click.echo(f"Only the image goes back: {KEPT_NOWHERE}.")
        only = "image"
    with outcomes():
        root = find_root(Path.cwd())
        if only != "registry" and is_deployed(root, environment, host, folder):
            roll_back_deployed(root, version, why, (environment, host, folder), with_registry=only is None)
            return
        if only == "image":
            raise ReleaseError(f"Nothing is deployed as {environment} from here: set DEPLOY_HOST if it is elsewhere.")
        registry = opened()
        from ..registry.rollback import rollback as move

        move(registry, version, author(registry, why), click.echo)


def roll_back_deployed(
    root: Path, version: str | None, why: str, where: tuple[str, str, str], *, with_registry: bool
) -> None:
    """Let the image of a former champion answer again, and make it the champion unless only the image is meant."""
    from ..rollout.interruption import interruptible

    known = opened() if with_registry else None
    with place(*where) as (target, rules), interruptible(), target.held():
        if known:
            from ..rollout.together import back

            back(target, known, version, author(known, why), rules, click.echo)
        else:
            from ..registry.authorship import who
            from ..rollout.previous import image_back

            image_back(target, version, who(root, os.environ), why.strip(), rules, click.echo)


@click.command(short_help="Who made which model live, when, and why.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def history(as_json: bool) -> None:
    """List promotions and rollbacks, the newest first."""
    with sentences():
        registry = opened()
        from ..registry.history import remark, rows, table
        from ..registry.store import look

        situation = look(registry)
        entries, said = rows(situation), remark(situation, registry.name)
    if as_json:
        click.echo(json.dumps(entries, indent=2, ensure_ascii=False))
        click.echo(said, err=True, nl=bool(said))
        return
    lines = [*(table(entries) if entries else []), *([said] if said else [])]
    click.echo("\n".join(lines))


@click.command(short_help="What is known of the champion, or of VERSION.")
@VERSION
def show(version: str | None) -> None:
    """Show a version's hash, what the gate said, since when it is live, and its lineage: each link back to its data.

    DVC's cache is believed; `live trace` hashes what it holds.
    """
    with sentences():
        registry = opened()
        from ..registry.showing import chosen, shown, way_back
        from ..registry.store import look

        situation = look(registry)
        found = chosen(situation, registry.name, version)
        lines = [*shown(registry, situation, found), "", *way_back(registry, found)]
    click.echo("\n".join(lines))


@click.command(short_help="Fetch the champion for the gate (a stage of dvc.yaml).")
@click.argument("folder", type=click.Path(path_type=Path), default=Path("models/champion"))
def champion(folder: Path) -> None:
    """Write the champion's files into FOLDER, and champion.json, which says who it is, or that there is none.

    It comes from MLflow, or from the folder that LIVE_CHAMPION names, which `lab champion` may have laid down.
    """
    from ..registry.fetching import chosen, lay_down

    with sentences():
        root = find_root(Path.cwd())
        recorded = is_recorded(tracking_uri(root, os.environ))
        if recorded:
            quieten()
        record, files = chosen(root, load_name(root), os.environ.get("LIVE_CHAMPION", ""), recorded)
        lay_down(root / folder, record, files)
    click.echo(record.fault or (f"champion: {record.version}" if record.version else "champion: none yet"))


COMMANDS = (promote, rollback, history, show, champion)


def kept_nowhere(environ: Mapping[str, str]) -> bool:
    """Return whether this is a job of GitHub Actions without a registry beyond its own disk."""
    return environ.get("GITHUB_ACTIONS") == "true" and not environ.get("MLFLOW_TRACKING_URI")


def opened() -> Registry:
    """Return the registry of the project that the caller is in.

    Raises:
        ReleaseError: nothing has been recorded yet.
        StoreError: the server that holds it doesn't answer.
    """
    root = find_root(Path.cwd())
    name = load_name(root)
    if not is_recorded(tracking_uri(root, os.environ)):
        raise ReleaseError(f"No model is registered under {name} yet: run `make pipeline` first.")
    quieten()
    from ..registry.store import open_registry

    return open_registry(root, name)


def quieten() -> None:
    """Tell MLflow, before it is imported, to report nothing and to log only what ends a command."""
    os.environ.update({**QUIET, "MLFLOW_LOGGING_LEVEL": "CRITICAL"})
    # A server that goes away in the middle is waited for, but not for the minutes that MLflow would take.
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")


def author(registry: Registry, why: str) -> Author:
    """Return who releases, why, and from which commit."""
    from ..registry.authorship import commit, who
    from ..registry.transition import Author

    return Author(who(registry.root, os.environ), why.strip(), commit(registry.root))


@contextmanager
def sentences() -> Iterator[None]:
    """End the command with one sentence where the project, the registry or a model isn't as it should be."""
    try:
        yield
    except (WorkspaceError, ParamsError, StoreError, ReleaseError) as error:
        raise click.ClickException(str(error)) from None
