"""A bounded search for better options of the model, on the training data alone."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import optuna
import pandas as pd
from mlflow import MlflowClient
from tqdm import tqdm

from ...core.folds import Folded, folded
from ...core.metrics import metric
from ...core.options import ModelError
from ...core.project import WorkspaceError
from ...core.schema import load_schema
from ...core.spaces import Options, space_of
from .. import tracking
from ..stage import Stage
from .choices import choose_model
from .trials import Search, enqueue_current, finished, open_study, run_trial, score_of


class Candidate(NamedTuple):
    """An estimator with its options, and their mean score over the folds."""

    estimator: str
    options: Options
    score: float


class Outcome(NamedTuple):
    """What a search came to: what params.yaml says, the best that was found, and on what both were measured."""

    primary: str
    now: Candidate
    best: Candidate
    trials: int
    measured_on: str


def tune(stage: Stage, estimators: Sequence[str] = (), *, trials: int, minutes: float) -> Outcome:
    """Search until each estimator has so many finished trials, or the minutes are over, and return what is known.

    Raises:
        WorkspaceError: the training data isn't there, or another process is at the same search.
        ModelError: the space or the folds can't be used.
    """
    data, mine = load_data(stage), stage.params.model.estimator
    searches = [search_of(stage, data, name) for name in dict.fromkeys([mine, *estimators])]
    deadline, studies = time.monotonic() + 60 * minutes, {}
    for place, search in enumerate(searches):
        wanted = trials if not estimators or search.estimator in estimators else min(1, trials)
        ends = time.monotonic() + (deadline - time.monotonic()) / (len(searches) - place)
        studies[search.estimator] = study = open_study(search)
        run_trials(search, study, wanted, ends)
    return outcome(searches, studies)


def load_data(stage: Stage) -> Folded:
    """Return the prepared training table in folds; the held-out part isn't opened.

    Raises:
        ModelError: the task has no such metric as the primary one, or the folds can't be cut.
    """
    schema, table = load_schema(stage.input("schema")), pd.read_parquet(stage.input("train"))
    try:
        metric(stage.params.evaluation.primary, schema.task)
    except ValueError as error:
        raise ModelError(str(error)) from None
    return folded(table, schema, folds=stage.params.tune.folds, rows=stage.params.tune.rows, seed=stage.params.seed)


def search_of(stage: Stage, data: Folded, estimator: str) -> Search:
    """Return the search for an estimator; the space and the options of params.yaml are those of its own alone."""
    own = estimator == stage.params.model.estimator
    space = space_of(estimator, data.schema.task, stage.params.tune.space if own else {})
    return Search(stage, data, estimator, dict(stage.params.model.options) if own else {}, space)


def run_trials(search: Search, study: optuna.Study, trials: int, ends: float) -> None:
    """Run trials until so many are finished or the time is over; what params.yaml says is tried in any case."""
    done = len(finished(study))
    untried = score_of(study, search.current) is None
    if trials == 0 or (done >= trials and not untried):
        return
    enqueue_current(search, study)
    with searching(search, study) as parent, trial_bar(search, trials, done) as progress:
        while untried or (done < trials and time.monotonic() < ends):
            progress.set_postfix_str(best_so_far(search, study))
            run_trial(search, study, parent)
            done, untried = done + 1, False
            progress.update()
            progress.set_postfix_str(best_so_far(search, study))


def trial_bar(search: Search, trials: int, done: int) -> tqdm:
    """Return a progress bar that starts where an earlier search stopped."""
    return tqdm(total=trials, initial=done, desc=search.estimator, unit="trial")


def best_so_far(search: Search, study: optuna.Study) -> str:
    """Return the best score for the progress bar."""
    known = best(search, study)
    return f"best {search.stage.params.evaluation.primary} {known.score:.4f}" if known else ""


@contextmanager
def searching(search: Search, study: optuna.Study) -> Iterator[str]:
    """Hold the search for this process, and yield the id of its MLflow run: the one it had, or a new one."""
    home = tracking.experiment(search.stage, "tuning")
    client = MlflowClient()
    parent = study.user_attrs.get("run_id")
    if not parent or tracking.experiment_of(parent) != home:
        tags = {**tracking.origin(search.stage), "estimator": search.estimator}
        parent = client.create_run(home, tags=tags, run_name=search.name).info.run_id
        study.set_user_attr("run_id", parent)
    client.update_run(parent, status="RUNNING")
    end_killed_runs(client, home, parent)
    status = "KILLED"
    try:
        yield parent
        status = "FINISHED"
    finally:
        if known := best(search, study):
            client.log_metric(parent, search.stage.params.evaluation.primary, known.score)
        client.set_terminated(parent, status)
        study.set_user_attr("process", None)


def end_killed_runs(client: MlflowClient, experiment: str, parent: str) -> None:
    """Mark what a killed process left running."""
    mine = f"tags.mlflow.parentRunId = '{parent}' and attributes.status = 'RUNNING'"
    for run in client.search_runs([experiment], mine):
        client.set_terminated(run.info.run_id, "KILLED")


def best(search: Search, study: optuna.Study) -> Candidate | None:
    """Return the best options that were tried, if any were; of equally good ones, those tried first."""
    tried = study.get_trials(deepcopy=False, states=(optuna.trial.TrialState.COMPLETE,))
    if not tried:
        return None
    sign = 1 if search.higher_is_better else -1
    found = max(tried, key=lambda trial: (sign * trial.value, -trial.number))
    return Candidate(search.estimator, found.user_attrs["options"], found.value)


def outcome(searches: Sequence[Search], studies: dict[str, optuna.Study]) -> Outcome:
    """Return what params.yaml says beside the best of all searches.

    Raises:
        WorkspaceError: nothing has been tried yet.
    """
    mine = searches[0]
    score = score_of(studies[mine.estimator], mine.current)
    known = [found for search in searches if (found := best(search, studies[search.estimator]))]
    if score is None or not known:
        raise WorkspaceError("Nothing has been tried yet with what params.yaml says: run `make tune` first.")
    sign = 1 if mine.higher_is_better else -1
    data = mine.data
    order = ", in the order of time" if data.schema.time else ""
    return Outcome(
        primary=mine.stage.params.evaluation.primary,
        now=Candidate(mine.estimator, mine.current, score),
        best=max(known, key=lambda candidate: sign * candidate.score),
        trials=sum(len(finished(study)) for study in studies.values()),
        measured_on=f"{len(data.folds)} folds of {len(data.frame):,} training rows{order}",
    )


def report(found: Outcome) -> str:
    """Return both as a table: the current options beside the best ones, with their scores."""
    names = list(dict.fromkeys([*found.now.options, *found.best.options]))
    rows = [("", "params.yaml", "best found"), ("estimator", found.now.estimator, found.best.estimator)]
    rows += [(name, shown(found.now.options, name), shown(found.best.options, name)) for name in names]
    rows += [(found.primary, f"{found.now.score:.5g}", f"{found.best.score:.5g}")]
    widths = [max(len(row[place]) for row in rows) for place in range(3)]
    lines = [f"{a:<{widths[0]}}  {b:>{widths[1]}}  {c:>{widths[2]}}".rstrip() for a, b, c in rows]
    return "\n".join([f"{found.trials} trials on {found.measured_on}", "", *lines])


def shown(options: Options, name: str) -> str:
    """Return a value as the table shows it; an option that isn't set has its default."""
    return str(options[name]) if name in options else "default"


def way_on(found: Outcome, path: Path, write: bool) -> str:
    """Write the best options into params.yaml if that is asked for, and say what was done or can be."""
    if found.best[:2] == found.now[:2]:
        return "Nothing that was tried is better than what params.yaml says."
    if not write:
        other = f"--estimator {found.best.estimator} " if found.best.estimator != found.now.estimator else ""
        return f"`lab tune {other}--apply` writes the best options into params.yaml."
    choose_model(path, found.best.estimator, found.best.options)
    return "Written into params.yaml: `make pipeline` trains with it."
