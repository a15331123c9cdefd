"""The command `lab`: everything that is done with notebooks outside JupyterLab."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from .locks import record_unchanged_code, release_dead_locks
from .notebooks import load_notebook, projection_is_stale, write_projection
from .workspace import WorkspaceError, find_root, find_stage, load_stages, mode_of, place


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Run notebooks and keep their code projections up to date."""


@main.command()
@click.argument("name")
@click.option("--smoke", is_flag=True, help="On a sample, with throwaway outputs: seconds instead of minutes.")
def run(name: str, smoke: bool) -> None:
    """Run the notebook NAME ('train' or '03_train') in a fresh kernel.

    DVC runs it officially. By hand it is a draft: it reads what is tracked and writes under .draft/.
    """
    from .runner import RunError, run_notebook

    if smoke:
        os.environ["LAB_PROFILE"] = "smoke"
    started = time.monotonic()
    with sentences():
        root = find_root(Path.cwd())
        spec = find_stage(load_stages(root), name)
        mode = mode_of(spec.name, os.environ)
        load_notebook(root / spec.source)
    executed = place(root, mode, spec.executed)
    click.echo(f"{spec.notebook} ({mode})")
    try:
        run_notebook(root / spec.source, executed, click.echo)
    except RunError as error:
        raise click.ClickException(f"{error}\nThe executed copy shows it: {executed.relative_to(root)}") from None
    click.echo(f"{spec.notebook} done in {time.monotonic() - started:.1f} s -> {executed.relative_to(root)}")


@main.command()
@click.argument("names", nargs=-1)
@click.option("--check", is_flag=True, help="Write nothing, and fail if a projection is out of date.")
def project(names: tuple[str, ...], check: bool) -> None:
    """Write the code of notebooks to notebooks/code/, which DVC hashes and reviewers read."""
    with sentences():
        root = find_root(Path.cwd())
        refresh_projections(root, chosen_notebooks(root, names), check)


@main.command()
def sync() -> None:
    """Bring projections and dvc.lock in step with the notebooks, and release what a killed run still holds."""
    with sentences():
        root = find_root(Path.cwd())
        notebooks = chosen_notebooks(root, ())
        refresh_projections(root, notebooks, check=False)
    for pid in release_dead_locks(root):
        click.echo(f"released what the killed process {pid} held")
    for name in record_unchanged_code(root, notebooks):
        click.echo(f"{name}: prose or outputs changed, nothing has to run")


@main.command()
@click.option("--trials", type=click.IntRange(min=1), help="How many options to try in all; default: tune.trials.")
@click.option("--minutes", type=click.FloatRange(min=0), help="How long to go on at most; default: tune.minutes.")
@click.option("--estimator", "estimators", default="", help="Search these instead, such as lightgbm,xgboost.")
@click.option("--apply", "write", is_flag=True, help="Write the best into params.yaml; alone, what is known already.")
def tune(trials: int | None, minutes: float | None, estimators: str, write: bool) -> None:
    """Search for better options of the model on the training data; a search that was stopped goes on."""
    from . import tuning
    from .stage import Stage

    with sentences():
        stage = Stage("train")
        limits, known_only = stage.params.tune, write and trials is None and minutes is None
        names = [name.strip() for name in estimators.split(",") if name.strip()]
        wanted = 0 if known_only else trials or limits.trials
        try:
            found = tuning.tune(stage, names, trials=wanted, minutes=minutes or limits.minutes)
        except KeyboardInterrupt:
            raise click.ClickException("Stopped; the next `make tune` goes on from here.") from None
        click.echo(tuning.report(found))
        click.echo(tuning.way_on(found, stage.root / "params.yaml", write))


@contextmanager
def sentences() -> Iterator[None]:
    """End the command with one sentence where the project isn't as it should be."""
    from ..core.options import ModelError
    from ..core.records import ParamsError

    try:
        yield
    except (WorkspaceError, ParamsError, ModelError) as error:
        raise click.ClickException(str(error)) from None


def chosen_notebooks(root: Path, names: tuple[str, ...]) -> list[str]:
    """Return the notebooks that were named, or all of them."""
    stages = load_stages(root)
    return [find_stage(stages, name).notebook for name in names] or [spec.notebook for spec in stages.values()]


def refresh_projections(root: Path, notebooks: list[str], check: bool) -> None:
    """Write the projections that are out of date, or with `check` fail because of them."""
    stale = [name for name in notebooks if projection_is_stale(root, name)]
    if check and stale:
        raise WorkspaceError(f"notebooks/code/ is out of date for {', '.join(stale)}: run `make format`.")
    for name in stale:
        write_projection(root, name)
        click.echo(f"notebooks/code/{name}.py written: its code changed")
