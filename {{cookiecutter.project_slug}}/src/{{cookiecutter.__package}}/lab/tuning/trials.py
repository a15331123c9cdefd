"""One search: its trials in a database under .draft/, from which it goes on, and as runs in MLflow."""

from __future__ import annotations

import json
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec
import optuna
import psutil
from mlflow import MlflowClient
from mlflow.entities import Metric, Param
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID
from optuna.trial import FrozenTrial, Trial, TrialState

from ...core.folds import Folded, fold_scores
from ...core.metrics import metric
from ...core.options import ModelError
from ...core.project import WorkspaceError
from ...core.schema import sha256
from ...core.sections import Model
from ...core.spaces import Options, Space, rounded
from .. import tracking
from ..stage import Stage
from ..workspace import place

FINISHED = (TrialState.COMPLETE, TrialState.PRUNED)


class Search(NamedTuple):
    """What is looked for: the options of one estimator in a space, from where params.yaml stands."""

    stage: Stage
    data: Folded
    estimator: str
    current: Options
    space: Space

    @property
    def fixed(self) -> Options:
        """The options that every trial shares."""
        return {name: value for name, value in self.current.items() if name not in self.space}

    @property
    def name(self) -> str:
        """The name of the search, from a hash of all that its scores depend on."""
        params, files = self.stage.params, [self.stage.input("train"), self.stage.input("schema")]
        folds = {"folds": params.tune.folds, "rows": params.tune.rows}
        chosen = [self.estimator, self.fixed, self.space, params.evaluation.primary, params.seed, folds]
        key = msgspec.json.encode([*chosen, *(sha256(path.read_bytes()) for path in files)])
        return f"{self.estimator}-{sha256(key)[:12]}"

    @property
    def higher_is_better(self) -> bool:
        """Whether more of the primary metric is better."""
        return metric(self.stage.params.evaluation.primary, self.data.schema.task).higher_is_better


def open_study(search: Search) -> optuna.Study:
    """Return the search's study, made on first use; what a killed process was at is marked as failed.

    Raises:
        WorkspaceError: another process is at this search.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    path = place(search.stage.root, "smoke" if search.stage.mode == "smoke" else "draft", "tuning.db")
    path.parent.mkdir(parents=True, exist_ok=True)
    study = optuna.create_study(
        storage=f"sqlite:///{path}",
        study_name=search.name,
        direction="maximize" if search.higher_is_better else "minimize",
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
        load_if_exists=True,
    )
    holder = study.user_attrs.get("process")
    if holder and is_alive(holder):
        raise WorkspaceError(f"Process {holder['pid']} is at this search already: wait for it, or end it.")
    study.set_user_attr("process", this_process())
    for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)
    return study


def this_process() -> dict[str, float]:
    """Return what tells this process from all others, also from later ones of the same id."""
    return {"pid": os.getpid(), "started": psutil.Process().create_time()}


def is_alive(holder: dict[str, float]) -> bool:
    """Return whether another process than this one is still there."""
    try:
        process = psutil.Process(int(holder["pid"]))
        same = process.create_time() == holder["started"] and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
    return same and process.pid != os.getpid()


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that came to an end, pruned ones included."""
    return study.get_trials(deepcopy=False, states=FINISHED)


def score_of(study: optuna.Study, options: Options) -> float | None:
    """Return the score of exactly these options, if they have been tried."""
    tried = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
    return next((trial.value for trial in tried if trial.user_attrs["options"] == options), None)


def enqueue_current(search: Search, study: optuna.Study) -> None:
    """Let the next trial be that of the options of params.yaml, unless they have been tried or wait for it."""
    waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
    if score_of(study, search.current) is None and search.current not in [t.user_attrs["options"] for t in waiting]:
        inside = {n: search.current[n] for n, d in search.space.items() if d.holds(search.current.get(n))}
        study.enqueue_trial(inside, user_attrs={"options": search.current})


def next_trial(search: Search, study: optuna.Study) -> tuple[Trial, Options]:
    """Return a trial and its options.

    The sampler's seed is the number of finished trials, so that a search that was interrupted makes the same ones.
    """
    study.sampler = optuna.samplers.TPESampler(seed=search.stage.params.seed + len(finished(study)))
    trial = study.ask()
    given = trial.user_attrs.get("options")
    names = [name for name, values in search.space.items() if given is None or values.holds(given.get(name))]
    asked = {name: suggested(trial, search.space, name) for name in names}
    options = search.fixed | asked if given is None else given
    trial.set_user_attr("options", options)
    return trial, options


def suggested(trial: Trial, space: Space, name: str) -> Any:
    """Return the value that a trial takes for an option."""
    values, is_range, whole, log = space[name]
    if not is_range:
        return trial.suggest_categorical(name, values)
    suggest = trial.suggest_int if whole else trial.suggest_float
    low, high = (int(value) if whole else float(value) for value in values)
    return min(max(rounded(suggest(name, low, high, log=log)), low), high)


def run_trial(search: Search, study: optuna.Study, parent: str) -> None:
    """Try the next options on the folds, until it is plain that they are worse than the median.

    Raises:
        ModelError: they can't be fitted or scored.
    """
    trial, options = next_trial(search, study)
    params, model = search.stage.params, Model(estimator=search.estimator, options=options)
    with recorded(search, parent, trial.number, options) as scores:
        try:
            for score in fold_scores(search.data, model, params.evaluation.primary, params.seed):
                scores.append(score)
                trial.report(mean(scores), len(scores))
                if trial.should_prune() and options != search.current and len(scores) < len(search.data.folds):
                    study.tell(trial, state=TrialState.PRUNED)
                    return
            if not math.isfinite(mean(scores)):
                raise ModelError(f"params.yaml: {params.evaluation.primary} has no value on a fold: choose fewer.")
            study.tell(trial, mean(scores))
        except BaseException:
            study.tell(trial, state=TrialState.FAIL)
            raise


def mean(scores: list[float]) -> float:
    """Return the mean score of the folds."""
    return sum(scores) / len(scores)


@contextmanager
def recorded(search: Search, parent: str, number: int, options: Options) -> Iterator[list[float]]:
    """Record a trial as a run below its search's: options, the score of each fold and their mean, and seconds."""
    client, primary = MlflowClient(), search.stage.params.evaluation.primary
    tags = {MLFLOW_PARENT_RUN_ID: parent}
    run = client.create_run(
        tracking.experiment(search.stage, "tuning"), tags=tags, run_name=f"trial {number}"
    ).info.run_id
    scores: list[float] = []
    started, status = time.monotonic(), "KILLED"
    try:
        client.log_batch(run, params=[Param(name, json.dumps(value)) for name, value in options.items()])
        yield scores
        status = "FINISHED"
    finally:
        now = int(time.time() * 1000)
        found = [Metric(f"{primary}.fold", score, now, fold) for fold, score in enumerate(scores, start=1)]
        found += [Metric(primary, mean(scores), now, 0)] if len(scores) == len(search.data.folds) else []
        client.log_batch(run, metrics=[*found, Metric("seconds", time.monotonic() - started, now, 0)])
        client.set_terminated(run, status)
