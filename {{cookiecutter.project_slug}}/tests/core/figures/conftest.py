"""What all tests of pictures share."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from io import BytesIO

import pytest
from matplotlib.figure import Figure


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    """A picture that warns puts a red box into a notebook, and fails its replay."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.fixture
def png() -> Callable[[Figure], bytes]:
    """Return the picture as a browser gets it."""

    def drawn(figure: Figure) -> bytes:
        buffer = BytesIO()
        figure.savefig(buffer, format="png", dpi=30)
        return buffer.getvalue()

    return drawn
