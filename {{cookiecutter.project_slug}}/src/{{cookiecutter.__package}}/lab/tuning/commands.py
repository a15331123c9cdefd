"""The command `lab tune`."""

from __future__ import annotations

import click

from ...core.project import WorkspaceError


@click.command(short_help="Search for better options of the model.")
@click.option("--trials", type=click.IntRange(min=1), help="How many options to try in all; default: tune.trials.")
@click.option("--minutes", type=click.FloatRange(min=0), help="How long to go on at most; default: tune.minutes.")
@click.option("--estimator", "estimators", default="", help="Search these instead, such as lightgbm,xgboost.")
@click.option("--apply", "write", is_flag=True, help="Write the best into params.yaml; alone, what is known already.")
def tune(trials: int | None, minutes: float | None, estimators: str, write: bool) -> None:
    """Search for better options of the model on the training data; a search that was stopped goes on."""
    from ...core.options import ModelError
    from ...core.records import ParamsError
    from ..stage import Stage
    from . import search as tuning

    try:
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
    except (WorkspaceError, ParamsError, ModelError) as error:
        raise click.ClickException(str(error)) from None
