"""The part of the card about quality: metrics, the champion, the gate, promises kept, and for whom."""

from __future__ import annotations

from typing import Any

from ..prose.markdown import NONE, between, code, count, gain, note, number, picture, points, score, table, text
from .run import Run

# Of so many slices, one looks odd by chance.
MANY_SLICES = 8


def in_short(run: Run) -> str:
    """Say in a sentence how good it is."""
    name, guess = run.primary, run.evaluation["baseline"]
    interval = run.evaluation.get("intervals", {}).get(name)
    spread = f" ({run.confidence} {between(interval)})" if interval else ""
    ours, theirs = score(run.evaluation["metrics"][name]), score(guess["metrics"][name])
    return (
        f"On {count(run.evaluation['rows'], 'row')} it had never seen, {code(name)} is **{ours}**{spread}, where the "
        f"simplest guess ({text(guess['name'])}) gives {theirs}."
    )


def verdict(run: Run) -> str:
    """Say whether the gate let it through, and if not, why."""
    if run.gate is None:
        return note("Missing", "No gate has judged it.")
    rules = run.gate["rules"]
    failed = [text(rule["says"]) for rule in rules if not rule["passed"]]
    if run.gate["passed"]:
        return note("Passed", f"{len(rules) - len(failed)} of {count(len(rules), 'rule')} of the gate are met.")
    return note("Failed", " ".join(["The gate doesn't let it through.", *failed]))


def metrics(run: Run) -> list[str]:
    """Return every metric with its interval, beside the simplest guess."""
    intervals, guess = run.evaluation.get("intervals", {}), run.evaluation["baseline"]
    rows = []
    for name, value in run.evaluation["metrics"].items():
        better = {True: "higher", False: "lower"}.get(run.evidence.higher_is_better.get(name), NONE)
        cells = (score(value), between(intervals.get(name)), score(guess["metrics"].get(name)))
        rows.append((f"**{code(name)}**" if name == run.primary else code(name), better, *cells))
    head = ("metric", "better is", "model", run.confidence, text(guess["name"]))
    rest = f"Measured on {count(run.evaluation['rows'], 'held-out row')}; {code(run.primary)} is the one that decides."
    return ["## How good it is", rest, table(head, rows, "--nnn")]


def champion(run: Run) -> list[str]:
    """Return what the gate asked, and how it does on the same rows as the model in production."""
    if run.gate is None:
        return []
    rows = [
        (text(rule["rule"]), "✓ passed" if rule["passed"] else "✗ failed", text(rule["says"]))
        for rule in run.gate["rules"]
    ]
    rules = [table(("rule", "verdict", "numbers"), rows)] if rows else []
    notes = [points(text(sentence) for sentence in run.gate.get("notes", ()))] if run.gate.get("notes") else []
    return [
        "### Against the champion and the gate",
        compared(run.gate, run.confidence),
        *rules,
        *notes,
        speed(run.gate),
    ]


def compared(gate: dict[str, Any], interval: str) -> str:
    """Say how it does against the model that is in production."""
    other, found = gate.get("champion"), gate.get("difference")
    if not gate.get("compared") or not other:
        return "It was compared with no champion: the rules below are about this model alone."
    known = f" (SHA-256 {code(other['sha256'][:12])}…)" if other["sha256"] else ""
    named = f"champion, version {text(other['version'])}{known}"
    if not found:
        return f"It was compared with the {named}, and no difference could be measured."
    numbers = f"{score(found['challenger'])} against {score(found['champion'])}, a gain of {gain(found['gain'])}"
    chance = f"{interval} {between((found['low'], found['high']), gain)}, from {count(found['resamples'], 'resample')}"
    if found.get("together"):
        chance += f" of {count(found['units'], 'group')} alike in {code(found['together'])}"
    return f"On the same rows as the {named}, {code(found['metric'])} is {numbers} ({chance}). {told(found)}"


def told(found: dict[str, Any]) -> str:
    """Say whether a difference is more than chance; a gain above 0 is for the better."""
    low, high = found["low"], found["high"]
    if low is None or high is None:
        return ""
    if low > 0:
        return "That is better by more than chance."
    return "That is worse by more than chance." if high < 0 else "Chance alone could make that difference."


def speed(gate: dict[str, Any]) -> str:
    """Say how long an answer takes."""
    took = gate.get("latency_ms")
    return f"The median answer to one row took {number(took)} ms, without the way over the network." if took else ""


def promises(run: Run) -> list[str]:
    """Return what was promised beside what was observed, for rows with about the same answer."""
    bins = run.evidence.calibration
    meaning = {
        "binary": f"its probability of {text((run.signature.classes or ('',))[-1])} and how often that was true",
        "multiclass": "the probability of the class it chooses and how often that is right",
        "regression": "its mean answer and the mean of the truth",
    }[run.signature.task]
    widest = max(bins, key=lambda one: abs(one.promised - one.observed))
    gap = f"The widest gap is {score(widest.promised)} promised and {score(widest.observed)} observed."
    rows = [(score(one.promised), score(one.observed), f"{one.rows:,}") for one in bins]
    return [
        "### Does it keep its promises?",
        f"Of rows with about the same answer: {meaning}. {gap}",
        picture("calibration"),
        table(("promised", "observed", "rows"), rows, "nnn"),
    ]


def slices(run: Run) -> list[str]:
    """Return the score of each group that was looked at, and say which were not and why."""
    head = "### Is it as good for everyone?"
    if not run.evidence.slices:
        return [
            head,
            note("Missing", f"Nobody has named groups to look at: {code('evaluation.slices')} in params.yaml."),
        ]
    theirs = {(one["column"], one["value"]): one for one in (run.gate or {}).get("slices", ())}
    more = [champion_cells(one, theirs) if theirs else () for one in run.evaluation["slices"]]
    rows = [(*slice_cells(one, run.primary), *cells) for one, cells in zip(run.evaluation["slices"], more, strict=True)]
    titles = ("column", "value", "rows", code(run.primary))
    titles += ("champion", "gain", run.confidence) if theirs else ()
    found = [table(titles, rows, "--nnnnn")] if rows else []
    return [head, *found, points([*looked_at(run), *unknown(run, len(rows))])]


def slice_cells(one: dict[str, Any], name: str) -> tuple[str, ...]:
    """Return the cells of one slice."""
    return (code(one["column"]), text(one["value"]), f"{one['rows']:,}", score(one[name]))


def champion_cells(one: dict[str, Any], theirs: dict[tuple[str, str], Any]) -> tuple[str, ...]:
    """Return what the gate says of the champion in one slice, or that it says nothing."""
    gate = theirs.get((one["column"], one["value"]), {})
    return (score(gate.get("champion")), gain(gate.get("gain")), between((gate.get("low"), gate.get("high")), gain))


def looked_at(run: Run) -> list[str]:
    """Say of each column how many of its groups were judged, and name the others."""
    lines = []
    for name, found in run.evidence.slices.items():
        others = ", ".join(f"{text(value)} ({count(rows, 'row')})" for value, rows in found.left_out.items())
        more = found.values - found.judged - len(found.left_out)
        rest = f"; not judged: {others}{f' and {more} more' if more else ''}" if others else ""
        lines.append(
            f"{code(name)}: {found.judged} of {count(found.values, 'group')} judged, {found.rows:,} rows{rest}."
        )
    return lines


def unknown(run: Run, judged: int) -> list[str]:
    """Say what the slices leave open."""
    few = f"A group needs {count(run.evidence.smallest_slice, 'row')}, and of classes more than one, to be judged."
    many = [f"Of {judged} groups, some look better or worse by chance alone."] if judged >= MANY_SLICES else []
    return [
        few,
        *many,
        "Groups that none of these columns tells apart weren't looked at: how fair it is to them isn't known.",
    ]
