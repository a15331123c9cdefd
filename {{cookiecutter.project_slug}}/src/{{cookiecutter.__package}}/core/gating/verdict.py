"""The gate's verdict on a challenger, as metrics/gate.json keeps it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
import numpy as np
import pandas as pd

from ..comparison import Comparison, MetricGain, SliceGain, compare
from ..metrics import Floats, metric, scores
from ..schema import Schema, Signature
from ..sections import Evaluation
from .leaks import skill, telling_feature
from .rivals import Rival
from .rules import Rule, against, at_least, bounded, fast, plausible, sane


class GateError(RuntimeError):
    """The challenger may not go live; the message names every rule it breaks."""


class Identity(msgspec.Struct, frozen=True):
    """Which champion was met."""

    version: str
    sha256: str


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """The gain in the primary metric over all rows; positive is better, whichever way the metric goes."""

    metric: str
    challenger: float
    champion: float
    gain: float
    low: float
    high: float
    confidence: float
    resamples: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What metrics/gate.json says of the model with this sha256."""

    sha256: str
    passed: bool
    compared: bool
    champion: Identity | None
    difference: Difference | None
    rules: tuple[Rule, ...]
    slices: tuple[SliceGain, ...]
    latency_ms: float
    notes: tuple[str, ...]
    metrics: tuple[MetricGain, ...] = ()

    @property
    def failed(self) -> tuple[Rule, ...]:
        """The rules that don't hold."""
        return tuple(rule for rule in self.rules if not rule.passed)


def judge(
    signature: Signature,
    outcome: Floats,
    guess: Floats,
    table: pd.DataFrame,
    *,
    schema: Schema,
    evaluation: Evaluation,
    rival: Rival | None,
    latency_ms: float,
    seed: int,
) -> Verdict:
    """Return the verdict on a challenger's outcome for the held-out rows; `guess` is the baseline's for the same."""
    rival = rival if evaluation.gate.compare else None
    rules, compared = list(sane(outcome)), None
    met = rival is not None and not rival.fault and rival.sha256 == signature.sha256
    if all(rule.passed for rule in rules):
        truth = table[schema.target].to_numpy()
        found, simple = scores(truth, outcome, schema.task), scores(truth, guess, schema.task)
        rules += bounded(found, evaluation.thresholds, schema)
        rules.append(believable(found, simple, table, schema, evaluation, seed))
        if rival is not None:
            if not met and usable(rival):
                compared = compare(truth, outcome, rival.outcome, table, evaluation, schema, seed)
            rules += against(rival, signature.sha256, compared, evaluation)
    rules.append(fast(latency_ms, evaluation))
    return Verdict(
        sha256=signature.sha256,
        passed=all(rule.passed for rule in rules),
        compared=met or compared is not None,
        champion=Identity(rival.version, rival.sha256) if rival else None,
        difference=difference(compared) if compared else None,
        rules=tuple(rules),
        slices=compared.slices if compared else (),
        metrics=compared.metrics if compared else (),
        latency_ms=latency_ms,
        notes=tuple(notes(rival, compared, evaluation)),
    )


def believable(
    found: Mapping[str, float],
    simple: Mapping[str, float],
    table: pd.DataFrame,
    schema: Schema,
    evaluation: Evaluation,
    seed: int,
) -> Rule:
    """Return the rule against a leaked target; only a score that isn't believed is worth a search for the leak."""
    name, most = evaluation.primary, evaluation.gate.most_skill
    reached = skill(found[name], simple[name], metric(name, schema.task).higher_is_better)
    suspect = ""
    if most is not None and not at_least(most, reached):
        suspect = telling_feature(table, table[schema.target].to_numpy(), schema, name, simple[name], seed)
    return plausible(reached, suspect, name, most)


def usable(rival: Rival) -> bool:
    """Return whether a champion has answered every row."""
    return rival.outcome is not None and bool(np.isfinite(rival.outcome).all())


def notes(rival: Rival | None, compared: Comparison | None, evaluation: Evaluation) -> Iterator[str]:
    """Yield what decides nothing, and has to be known."""
    if not evaluation.gate.compare:
        yield "The comparison with a champion is switched off (evaluation.gate.compare in params.yaml)."
    elif rival is None:
        yield "There is no champion yet: only the model's own rules were asked."
    else:
        yield from rival.changes
    if compared is not None and evaluation.slices:
        asked = " and ".join(evaluation.slices)
        yield f"Values of {asked} with fewer than {evaluation.smallest_slice} rows, or of one class, are no slices."


def difference(compared: Comparison) -> Difference:
    """Return the gain over all rows as gate.json says it."""
    known = {"metric": compared.metric, "confidence": compared.confidence, "resamples": compared.resamples}
    return Difference(**msgspec.structs.asdict(compared.overall) | known)


def require_passed(verdict: Verdict) -> None:
    """Raise GateError with every rule that doesn't hold."""
    if not verdict.passed:
        reasons = " ".join(f"[{rule.rule}] {rule.says}" for rule in verdict.failed)
        raise GateError(
            f"{reasons} Improve the model, or change evaluation in params.yaml; reports/gate.md has it all."
        )
