"""The command `lab`: everything that is done with notebooks outside JupyterLab."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ..core.project import WorkspaceError, find_root
from .github.commands import comment, issue, propose
from .judging.commands import champion, checkup, judge
from .patience import OFFICIAL_CELL_SECONDS, SMOKE_CELL_SECONDS
from .restoring.commands import restore, share
from .staleness.locks import record_unchanged_code, release_dead_locks
from .tuning.commands import tune
from .waiting.commands import wait


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def main() -> None:
    """Run notebooks, say which are stale and why, and prove that they still do what they promise."""


@main.command(short_help="Run one notebook in a fresh kernel.")
@click.argument("name")
@click.option("--smoke", is_flag=True, help="On a sample, with throwaway outputs: seconds instead of minutes.")
@OFFICIAL_CELL_SECONDS
def run(name: str, smoke: bool, cell_seconds: float) -> None:
    """Run the notebook NAME ('train' or '03_train') in a fresh kernel.

    DVC runs it officially. By hand it is a draft: it reads what is tracked and writes under .draft/.
    """
    from .running.execution import run_stage

    if smoke:
        os.environ["LAB_PROFILE"] = "smoke"
    with sentences():
        run_stage(find_root(Path.cwd()), name, click.echo, cell_seconds=cell_seconds)


@main.command(short_help="Which notebooks are stale, and why.")
@click.option("--check", is_flag=True, help="Exit with 1 if a notebook is stale.")
@click.option("--committed", is_flag=True, help="Judge what git holds; what DVC keeps need not be here.")
def status(check: bool, committed: bool) -> None:
    """Say of each notebook whether it is up to date, and if not, what makes it stale: a line for each reason.

    Code, parameters, inputs and outputs count; prose and the outputs shown in a notebook don't. Nothing is run or
    written. The exit code is 0, or 1 where a notebook is broken; with --check also where one is stale.

    With --committed, as in CI, a project that never ran isn't stale, nor is one whose data was merely not pulled.
    """
    from .staleness.status import status_lines

    with sentences():
        lines, verdicts = status_lines(find_root(Path.cwd()), committed)
    click.echo("\n".join(lines))
    if any(verdict.fault or (check and verdict.stale) for verdict in verdicts):
        raise SystemExit(1)


@main.command(short_help="Run notebooks on a sample, cell by cell against their contract.")
@click.argument("names", nargs=-1)
@SMOKE_CELL_SECONDS
def check(names: tuple[str, ...], cell_seconds: float) -> None:
    """Run every notebook, or those in NAMES, on a sample with nbval: each cell a test.

    All of them start from nothing. Of named ones, what they need from earlier notebooks is made first unless it is
    there and as new as what makes it.
    """
    from .proof.smoke import check_notebooks

    with sentences():
        raise SystemExit(check_notebooks(find_root(Path.cwd()), names, click.echo, cell_seconds=cell_seconds))


@main.command(short_help="Hold the copies that DVC executed to the contract; nothing runs.")
@click.argument("names", nargs=-1)
@click.option("--current", is_flag=True, help="Pass over notebooks without a copy of their present code, and say so.")
def replay(names: tuple[str, ...], current: bool) -> None:
    """Compare the executed copies in reports/, of all notebooks or those in NAMES, with what the notebooks promise.

    nbval checks each cell as if it ran, with the outputs that DVC recorded. A copy made by other code is refused.
    """
    from .proof.session import replay_notebooks

    with sentences():
        raise SystemExit(replay_notebooks(find_root(Path.cwd()), names, click.echo, only_current=current))


@main.command(short_help="Write the code of notebooks to notebooks/code/.")
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing, and fail if a projection is out of date.")
def project(names: tuple[str, ...], check: bool) -> None:
    """Write the code of notebooks to notebooks/code/, which DVC hashes and reviewers read."""
    from .files.projections import chosen_stages, refresh_projections

    with sentences():
        root = find_root(Path.cwd())
        refresh_projections(root, chosen_stages(root, names), click.echo, check=check)


@main.command(short_help="Bring projections and dvc.lock in step with the notebooks.")
def sync() -> None:
    """Bring projections and dvc.lock in step with the notebooks, and release what a killed run still holds."""
    from .files.projections import chosen_stages, refresh_projections
    from .staleness.parameters import require_parameters

    with sentences():
        root = find_root(Path.cwd())
        stages = chosen_stages(root, ())
        require_parameters(root)
        refresh_projections(root, stages, click.echo, check=False)
        for pid in release_dead_locks(root):
            click.echo(f"released what the killed process {pid} held")
        for name in record_unchanged_code(root, [spec.notebook for spec in stages]):
            click.echo(f"{name}: prose or outputs changed, nothing has to run")


@main.command(short_help="Take a table of your own; write it into params.yaml.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option("--target", metavar="COLUMN", help="The column that is to be predicted.")
@click.option("--query", metavar="SQL", help="What to ask the database, where PATH is an SQL URL.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
def adopt(paths: tuple[str, ...], target: str | None, query: str | None, yes: bool) -> None:
    """Take a table of your own: a CSV or Parquet file, a glob, a folder, or an SQL URL.

    It is copied to data/external/, and params.yaml says of it what a look at it showed.
    """
    from ..core.data import DataError
    from ..core.records import ParamsError
    from .adoption.adopt import adopt

    with sentences(DataError, ParamsError):
        adopt(find_root(Path.cwd()), paths, target, query, yes)


@main.command(short_help="Take from notebooks what running and looking left behind.")
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing, and fail if a notebook isn't as git keeps it.")
def clean(names: tuple[str, ...], check: bool) -> None:
    """Take from notebooks what running and looking left behind; contract cells keep their outputs.

    NAMES are stages, notebooks or files; without any, all of notebooks/*.ipynb. What is taken away, JupyterLab shows
    all the same: it goes to .draft/notebooks/.
    """
    from .files.outputs import clean_file, notebook_file, notebook_files

    with sentences():
        root = find_root(Path.cwd())
        paths = [notebook_file(root, name) for name in names] or notebook_files(root)
        changed = [os.path.relpath(path) for path in paths if clean_file(path, check=check)]
        if check and changed:
            raise WorkspaceError(f"Not as git keeps them: {', '.join(changed)}. Run `lab clean`.")
    for path in changed:
        click.echo(f"{path} cleaned")


@main.command(short_help="Keep what contract cells said when DVC ran them last.")
@click.argument("names", nargs=-1, required=True)
def accept(names: tuple[str, ...]) -> None:
    """Keep in the notebooks NAMES what their contract cells said when DVC ran them last. Runs nothing."""
    from .files.acceptance import accept as take
    from .files.projections import chosen_stages

    with sentences():
        root = find_root(Path.cwd())
        for spec in chosen_stages(root, names):
            changes = take(root, spec)
            click.echo(
                "\n".join([f"{spec.source} accepted:", *(f"  {change}" for change in changes)])
                if changes
                else f"{spec.source}: nothing to accept, it says what DVC's run said"
            )


for command in (comment, issue, propose, champion, judge, checkup, restore, share, tune, wait):
    main.add_command(command)


@contextmanager
def sentences(*others: type[Exception]) -> Iterator[None]:
    """End the command with one sentence where the project, or what else was named, isn't as it should be."""
    try:
        yield
    except (WorkspaceError, *others) as error:
        raise click.ClickException(str(error)) from None
