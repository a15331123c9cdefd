"""The gate's rules: each is a sentence with its numbers, and holds or doesn't.

Every rule is written so that NaN breaks it: what can't be measured doesn't go live.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
import numpy as np

from ..comparison import Comparison, SliceGain
from ..metrics import Floats, metric
from ..schema import Schema
from ..sections import Bound, Evaluation
from .rivals import Rival

WAYS_OUT = (
    "go back to a champion that can be read (`live rollback`), or set evaluation.gate.compare to false in params.yaml "
    "for this once"
)
NAMED = 3


class Rule(msgspec.Struct, frozen=True):
    """One rule, whether it holds, and a sentence with the numbers."""

    rule: str
    passed: bool
    says: str


def at_least(value: float, bound: float) -> bool:
    """Return whether a value reaches a bound; NaN reaches none."""
    return bool(value >= bound)


def sane(outcome: Floats) -> Iterator[Rule]:
    """Yield the rules without which nothing can be measured."""
    yield Rule("rows", len(outcome) > 0, f"There are {len(outcome):,} held-out rows; at least one is needed.")
    wrong = int((~np.isfinite(outcome)).reshape(len(outcome), -1).any(axis=1).sum()) if len(outcome) else 0
    counted = f"{wrong:,} of {len(outcome):,} rows are answered with NaN or infinity."
    yield Rule("finite", not wrong, counted if wrong else f"All {len(outcome):,} answers are finite.")


def fast(latency_ms: float, evaluation: Evaluation) -> Rule:
    """Return the rule for the time that one row takes."""
    most = evaluation.gate.latency_ms
    if most is None:
        return Rule("latency", True, f"One row takes {latency_ms:.2g} ms in the median; no limit is set.")
    said = f"One row takes {latency_ms:.2g} ms in the median; {most:g} ms are allowed."
    return Rule("latency", at_least(most, latency_ms), said)


def bounded(found: Mapping[str, float], thresholds: Mapping[str, Bound] | None, schema: Schema) -> Iterator[Rule]:
    """Yield a rule for each bound of a metric.

    Raises:
        ValueError: a threshold names a metric that the task doesn't have.
    """
    for name, bound in (thresholds or {}).items():
        metric(name, schema.task)
        value = found[name]
        if bound.min is not None:
            said = f"{name} is {value:.4f}; at least {bound.min:g} is asked."
            yield Rule(f"threshold {name}", at_least(value, bound.min), said)
        if bound.max is not None:
            said = f"{name} is {value:.4f}; at most {bound.max:g} is allowed."
            yield Rule(f"threshold {name}", at_least(bound.max, value), said)


def plausible(reached: float, suspect: str, name: str, most: float | None) -> Rule:
    """Return the rule against a score that is too good to be true; `suspect` is a feature that tells it all, if any."""
    said = f"{name} goes {reached:.1%} of the way from the baseline to perfection"
    if most is None:
        return Rule("plausible", True, f"{said}; no limit is set.")
    holds = at_least(most, reached)
    culprit = f", and {suspect} by itself nearly as far" if suspect else ""
    leak = f"{culprit}. The target, or what is known only later, has leaked into the features."
    return Rule("plausible", holds, f"{said}; up to {most:.1%} is believed{'.' if holds else leak}")


def against(rival: Rival, sha256: str, compared: Comparison | None, evaluation: Evaluation) -> Iterator[Rule]:
    """Yield the rules that need a champion; `sha256` is the challenger's."""
    if not rival.fault and rival.sha256 == sha256:
        yield Rule("regression", True, "The challenger is the champion: the same bytes.")
    elif compared is None:
        fault = rival.fault or "Some of its answers are NaN or infinite."
        said = f"Nothing can be compared with champion {rival.version}: {fault} To go on, {WAYS_OUT}."
        yield Rule("champion", False, said)
    else:
        yield no_worse(compared, evaluation)
        yield no_slice_worse(compared, evaluation)


def no_worse(compared: Comparison, evaluation: Evaluation) -> Rule:
    """Return the rule that a challenger is, with confidence, hardly worse than the champion.

    The lower end of the interval decides, so that rows too few to tell are no licence: a test of non-inferiority, as
    in Wellek, Testing Statistical Hypotheses of Equivalence and Noninferiority (2010).
    """
    found, name = compared.overall, compared.metric
    allowed = evaluation.gate.largest_regression * abs(found.champion)
    said = (
        f"{name} is {found.challenger:.4f}, the champion's {found.champion:.4f}: a gain of {found.gain:+.4f}, "
        f"with {compared.confidence:.0%} confidence from {found.low:+.4f} to {found.high:+.4f}; "
        f"a loss of up to {allowed:.4f} is allowed."
    )
    if at_least(found.low, -allowed):
        return Rule("regression", True, said)
    worse = "It is worse." if at_least(-allowed, found.high) else "These rows are too few to rule out that it is worse."
    return Rule("regression", False, f"{said} {worse}")


def no_slice_worse(compared: Comparison, evaluation: Evaluation) -> Rule:
    """Return the rule that no slice loses more than allowed."""
    share = evaluation.gate.largest_slice_loss
    if share is None:
        return Rule("slices", True, f"{len(compared.slices)} slices are compared; no limit is set.")
    if not compared.slices:
        return Rule("slices", True, "No slice has rows enough to be compared.")
    broken = [found for found in compared.slices if not at_least(found.gain, -share * abs(found.champion))]
    worst = min(compared.slices, key=lambda found: found.gain)
    if not broken:
        said = f"No slice of {len(compared.slices)} loses more than {share:.0%} of the champion's score there"
        return Rule("slices", True, f"{said}; the largest change is {place(worst)}.")
    listed = "; ".join(place(found) for found in sorted(broken, key=lambda found: found.gain)[:NAMED])
    more = f"; and {len(broken) - NAMED} more" if len(broken) > NAMED else ""
    return Rule("slices", False, f"More than {share:.0%} of the champion's score is lost in {listed}{more}.")


def place(found: SliceGain) -> str:
    """Return a slice and its gain in words."""
    return f"{found.column} {found.value} ({found.gain:+.4f} on {found.rows:,} rows)"
