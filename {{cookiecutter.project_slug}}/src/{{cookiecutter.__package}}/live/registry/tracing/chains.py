"""The whole way back from a model to its data."""

from __future__ import annotations

import os
from pathlib import Path

from .evidence import Evidence, gather
from .links import Chain
from .materials import bytes_link, data_link, notebook_link
from .origins import code_link, run_link, version_link
from .proofs import inputs_link, lock_link
from .sources import load_sources


def chain(root: Path, sha256: str, *, thorough: bool = True) -> Chain:
    """Return where the model with this SHA-256 comes from; what doesn't resolve says why, and what to do.

    Unless `thorough`, what DVC's cache holds is believed and not hashed, which takes a while where the data is large.

    Raises:
        ParamsError: params.yaml can't be read.
        StoreError: MLflow answered first and failed then.
    """
    return chain_of(gather(load_sources(root, os.environ), sha256), thorough=thorough)


def chain_of(known: Evidence, *, thorough: bool = True) -> Chain:
    """Return the chain that is told by what is known of a model."""
    links = (
        version_link(known),
        run_link(known),
        code_link(known),
        lock_link(known),
        inputs_link(known),
        bytes_link(known, thorough=thorough),
        data_link(known, thorough=thorough),
        notebook_link(known, thorough=thorough),
    )
    return Chain(sha256=known.sha256, links=links)
