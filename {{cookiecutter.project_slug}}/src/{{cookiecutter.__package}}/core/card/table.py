"""The part of the card about data: what goes in, what comes out, and what the model learned from."""

from __future__ import annotations

from ..evidence import Part
from ..prose.markdown import NONE, code, count, listed, number, points, table, text
from ..schema import Feature, Signature
from .run import Run, missing


def answer(signature: Signature) -> str:
    """Say what the model answers with."""
    target = code(signature.target)
    if signature.task == "regression":
        return f"For each row it answers with a number, {target}."
    if signature.task == "binary":
        other, wanted = map(text, signature.classes)
        return f"For each row it answers how likely it is that {target} is **{wanted}** rather than **{other}**."
    return f"For each row it answers how likely each of {len(signature.classes)} classes of {target} is."


def inputs_and_outputs(run: Run) -> list[str]:
    """Say what the model is asked with and what it answers: a line for each feature."""
    head = ("feature", "kind", "allowed", "in training", "missing there", "meaning")
    rows = []
    for name, feature in run.signature.features.items():
        seen = run.evidence.features[name]
        known = (text(seen.values), f"{seen.missing:.1%}", text(feature.about) or NONE)
        rows.append((code(name), feature.kind, allowed(feature), *known))
    names = run.signature.classes
    out = f"a probability for each class, {listed(names, 20)}" if names else f"a number, {code(run.signature.target)}"
    return [
        "## What goes in, what comes out",
        f"It is asked with {count(len(rows), 'feature')}, and answers with {out}.",
        table(head, rows, "----n-"),
        missing(run, "features"),
    ]


def allowed(feature: Feature) -> str:
    """Say which values of a feature a request may carry."""
    words = {"category": "any level", "boolean": "true or false", "date": "a day", "number": bounds(feature)}[
        feature.kind
    ]
    if feature.top:
        words = f"any level, {feature.top} known"
    return f"{words}, or null" if feature.nullable else words


def bounds(feature: Feature) -> str:
    """Say between which bounds a number lies, both of them allowed."""
    if feature.min is None and feature.max is None:
        return "any number"
    if feature.max is None:
        return f"from {feature.min:g}"
    return f"up to {feature.max:g}" if feature.min is None else f"{feature.min:g} to {feature.max:g}"


def parts(run: Run) -> list[str]:
    """Say where the rows come from, which of them taught and which tested, and what their target is like."""
    train, holdout = run.evidence.parts["train"], run.evidence.parts["holdout"]
    spans = [("from", train.first, holdout.first), ("to", train.last, holdout.last)] if train.first else []
    rows = [("rows", f"{train.rows:,}", f"{holdout.rows:,}")]
    label = "share of" if run.signature.classes else f"{code(run.signature.target)},"
    rows += [(word, str(one), str(other)) for word, one, other in spans]
    rows += [(f"{label} {text(what)}", value(run, train, what), value(run, holdout, what)) for what in train.target]
    return [
        "## What it learned from",
        points([f"Source: {code(run.data.shown)}", *hashed(run), how(train, holdout)]),
        table(("what", "training", "held out"), rows, "-nn"),
    ]


def value(run: Run, part: Part, what: str) -> str:
    """Return what is known of a part's target: a share in percent, or a number."""
    found = part.target.get(what)
    return f"{found:.1%}" if run.signature.classes and found is not None else number(found)


def how(train: Part, holdout: Part) -> str:
    """Say how the held-out rows differ from those it learned from."""
    if not (train.last and holdout.first):
        return "The held-out rows were drawn at random: they say nothing of how it does when the world has changed."
    if holdout.first >= train.last:
        return "The held-out rows are later than those it learned from, as all rows in production will be."
    return "The held-out rows lie in the same days as those it learned from: what is new in later ones is not measured."


def hashed(run: Run) -> list[str]:
    """Name the training table by its hash, where the lineage has it."""
    found = [value for path, value in run.lineage.inputs.items() if path.endswith("train.parquet")]
    return [f"SHA-256 of the training rows: {code(found[0])}"] if found else []
