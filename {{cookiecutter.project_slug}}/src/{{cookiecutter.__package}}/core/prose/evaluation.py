"""What there is to say of a measured model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..evidence import Leaning
from ..metrics import metric
from .markdown import listed
from .words import NAMED, Prose


def learned(report: Mapping[str, Any], leans: Mapping[str, Leaning], said: str) -> Prose:
    """Say whether the model is worth it, what it leans on, where it is weakest, and what the gate said of it."""
    name, slices = report["primary"], pd.DataFrame(report["slices"])
    ours, theirs = report["metrics"][name], report["baseline"]["metrics"][name]
    guess = f"where the {report['baseline']['name']} gives {theirs:.4g}"
    lines = [f"- On {report['rows']:,} rows it has never seen, `{name}` is **{ours:.4g}**, {guess}."]
    telling = [name for name, leaning in leans.items() if leaning.loss > leaning.spread]
    lines.append(f"- It leans most on {listed(telling[:NAMED])}." if telling else "- No single feature carries it.")
    if len(slices):
        higher = metric(name, report["task"]).higher_is_better
        weakest = slices.sort_values(name, ascending=higher).iloc[0]
        where = f"where `{weakest.column}` is {weakest.value} ({weakest[name]:.4g}, {weakest.rows:,} rows)"
        lines.append(f"- It is weakest {where}. That is where the next feature should come from.")
    return Prose("\n".join([*lines, f"- {said}"]))
