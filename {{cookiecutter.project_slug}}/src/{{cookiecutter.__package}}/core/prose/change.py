"""The report on a change to the model: may it go live, what it gains and loses, and what was changed."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..comparison import Gain, MetricGain, SliceGain
from ..gating.verdict import Verdict
from ..provenance import Provenance
from . import gate
from .forest import Line, forest
from .markdown import NONE, code, points, table, text
from .words import Prose

SHOWN = 12


class Change(NamedTuple):
    """What there is to report: against whom, the verdict or why there is none, and what is different.

    `found` are the challenger's own metrics, `changed` the changes by their kind, `stale` the notebooks that have to
    run again before the model is that of the code, and `pictures` the names of the figures that are kept beside it.
    """

    provenance: Provenance
    verdict: Verdict | None
    fault: str
    found: Mapping[str, float]
    changed: Mapping[str, Sequence[str]]
    stale: Sequence[str]
    pictures: Sequence[str]


def report(change: Change) -> Prose:
    """Return the whole report in Markdown, what matters most first."""
    parts = [*opening(change)]
    if change.verdict is not None:
        parts += [*measured(change, change.verdict), *rules(change.verdict)]
    parts += [*changed(change.changed), *shown_pictures(change.pictures)]
    return Prose("\n\n".join(parts) + "\n")


def opening(change: Change) -> Iterator[str]:
    """Yield the verdict, a sentence on who is better, who the champion is, and what to know of both."""
    verdict = change.verdict
    if verdict is None:
        yield f"# The model could not be judged\n\n{text(change.fault)}"
    else:
        yield f"# The gate {'lets this model pass' if verdict.passed else 'refuses this model'}\n\n{gate.said(verdict)}"
        broken = [f"**{text(rule.rule)}**: {text(rule.says)}" for rule in verdict.failed]
        if broken:
            yield points(broken)
    yield text(change.provenance.says)
    if change.stale:
        names = ", ".join(code(name) for name in change.stale)
        yield f"> **Stale.** {names} changed since dvc.lock was written: what is judged is the model that it names."


def measured(change: Change, verdict: Verdict) -> Iterator[str]:
    """Yield the metrics of both models, the picture of the gains, and the slices that lose."""
    primary = verdict.difference.metric if verdict.difference else ""
    if verdict.metrics:
        ends = f"{verdict.difference.confidence:.0%} interval" if verdict.difference else "interval"
        rows = [metric_row(found, primary) for found in verdict.metrics]
        yield "## Metrics\n\n" + table(["Metric", "champion", "challenger", "gain", ends], rows, "-nnn")
        yield "Positive gains are better, whichever way the metric goes."
    elif change.found:
        rows = [(code(name), score(value)) for name, value in change.found.items()]
        yield "## Metrics\n\n" + table(["Metric", "challenger"], rows, "-n")
    if verdict.difference:
        yield picture(verdict)
        yield from losses(verdict)


def metric_row(found: MetricGain, primary: str) -> tuple[str, ...]:
    """Return the row of a metric; that of the gate in bold."""
    name = f"**{code(found.metric)}**" if found.metric == primary else code(found.metric)
    return name, score(found.champion), score(found.challenger), signed(found.gain), reach(found)


def picture(verdict: Verdict) -> str:
    """Return the gains over all rows and in each slice as a picture of text, the greatest losses first."""
    overall = verdict.difference
    assert overall is not None
    found = sorted(verdict.slices, key=lambda each: each.gain)
    lines = [Line("all rows", overall.gain, overall.low, overall.high)]
    lines += [Line(f"{each.column} {each.value}", each.gain, each.low, each.high) for each in found[:SHOWN]]
    more = f"\n\n{len(found) - SHOWN} more slices gain more than these." if len(found) > SHOWN else ""
    return f"## Gain in {code(overall.metric)}\n\n```text\n{forest(lines)}\n```{more}"


def losses(verdict: Verdict) -> Iterator[str]:
    """Yield the slices that got worse, those that surely did first."""
    worse = sorted((each for each in verdict.slices if each.gain < 0), key=lambda each: (not each.high < 0, each.gain))
    if not worse:
        if verdict.slices:
            yield f"## Slices that got worse\n\nNone of {len(verdict.slices)}."
        return
    head = ["Slice", "rows", "champion", "challenger", "gain", "interval", ""]
    yield "## Slices that got worse\n\n" + table(head, [slice_row(each) for each in worse], "-nnnn")


def slice_row(found: SliceGain) -> tuple[str, ...]:
    """Return the row of a slice, with a word on whether chance explains its loss."""
    sure = "surely" if found.high < 0 else "may be chance"
    scores = score(found.champion), score(found.challenger), signed(found.gain)
    return gate.named(found), f"{found.rows:,}", *scores, reach(found), sure


def rules(verdict: Verdict) -> Iterator[str]:
    """Yield the gate's rules, its notes, and whose bytes it judged."""
    rows = [(gate.MARKS[rule.passed], text(rule.rule), text(rule.says)) for rule in verdict.rules]
    yield "## The gate's rules\n\n" + table(["", "Rule", ""], rows)
    if verdict.notes:
        yield points(text(note) for note in verdict.notes)
    yield gate.identities(verdict)


def changed(kinds: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield what was changed, by its kind."""
    if kinds:
        lines = [f"{kind}:{listed(names)}" for kind, names in kinds.items()]
        yield f"## What changed\n\n{points(lines)}"


def listed(names: Sequence[str]) -> str:
    """Return changes as points below their kind where there are several, else in its line."""
    shown = [code(name) for name in names[:SHOWN]] + ([f"{len(names) - SHOWN} more"] if len(names) > SHOWN else [])
    return f" {shown[0]}" if len(shown) == 1 else "".join(f"\n  - {name}" for name in shown)


def shown_pictures(names: Sequence[str]) -> Iterator[str]:
    """Yield the names of the pictures, which lie beside the report."""
    if names:
        yield f"## Pictures\n\nIn the run's artifact, below `pictures/`: {', '.join(code(name) for name in names)}."


def score(value: float) -> str:
    """Return a measured number with four decimals, or that there is none."""
    return NONE if math.isnan(value) else f"{value:.4f}" if abs(value) < 1000 else f"{value:,.1f}"


def signed(value: float) -> str:
    """Return a gain with its sign."""
    return NONE if math.isnan(value) else f"{value:+.4f}"


def reach(found: Gain) -> str:
    """Return the interval of a gain."""
    return "too few rows" if math.isnan(found.low) else f"{found.low:+.4f} to {found.high:+.4f}"
