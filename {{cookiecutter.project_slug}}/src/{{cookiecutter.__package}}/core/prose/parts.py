"""What there is to say of the parts of a table, and of the drift between them."""

from __future__ import annotations

import pandas as pd

from ..schema import Schema
from ..sections import Split
from .markdown import listed
from .words import NAMED, Prose

DRIFTED = 0.2


def how(wanted: Split, schema: Schema) -> Prose:
    """Say how rows were split."""
    if wanted.periods:
        train, holdout, live = ([f"{day:%d %B %Y}" for day in part] for part in wanted.periods.values())
        return Prose(
            f"Rows from **{train[0]}** teach; those from **{holdout[0]}** test; those from **{live[0]}** to "
            f"{live[1]} are the live traffic. Nobody looks at its answers before they would have arrived."
        )
    how = f"in the order of `{schema.time}`, the latest last" if schema.time else "drawn at random, by `seed`"
    return Prose(f"**{wanted.holdout:.0%}** of the rows test and **{wanted.live:.0%}** are the live traffic, {how}.")


def learned(psi: pd.DataFrame) -> Prose:
    """Say which features leave the training data behind, and where."""
    drifted = psi.max(axis=1)[lambda most: most >= DRIFTED].sort_values(ascending=False)
    if drifted.empty:
        return Prose("- The table keeps every promise of its schema.\n- No feature drifts away from the training data.")
    where = psi.loc[drifted.index[0]].idxmax()
    return Prose(
        f"- The table keeps every promise of its schema.\n- {len(drifted)} of {len(psi)} features drift: "
        f"{listed(drifted.index, NAMED)}. The farthest is `{drifted.index[0]}` in {where} "
        f"({drifted.iloc[0]:.1f}).\n- A model in production will meet such rows. `profile.json` will tell when."
    )
