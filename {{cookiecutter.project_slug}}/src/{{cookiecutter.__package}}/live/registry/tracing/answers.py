"""What `live trace` answers: a model's chain, or the models that something led to."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec

from .chains import chain_of
from .evidence import Evidence, gather
from .links import Chain, columns, lines, moment, short
from .meanings import Led
from .references import TraceError, find, find_response, named_model
from .sources import load_sources


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A model that something led to, and how; what nothing here knows of it is empty."""

    sha256: str
    md5: str
    how: str
    version: str = ""
    number: int | None = None
    aliases: tuple[str, ...] = ()
    run_id: str = ""
    trained: float = 0
    commit: str = ""

    @property
    def row(self) -> tuple[str, ...]:
        """What is printed of it."""
        name = self.version or (f"number {self.number}" if self.number else "")
        made = f"run {short(self.run_id)}" if self.run_id else ""
        lock = f"dvc.lock of {short(self.commit)}" if self.commit else ""
        hash = short(self.sha256) if self.sha256 else f"MD5 {short(self.md5)}"
        return hash, " ".join([name, *self.aliases]), moment(self.trained) if self.trained else "", made, lock, self.how


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What was meant, the models it led to, and, if that is one, its chain."""

    meaning: str
    models: tuple[Candidate, ...]
    chain: Chain | None


def answer(root: Path, environ: Mapping[str, str], what: str, given: bytes | None, *, thorough: bool = True) -> Answer:
    """Return what there is to say of a word, or of what came in through the standard input.

    Raises:
        ParamsError: params.yaml can't be read.
        TraceError: nothing is meant, or more than one thing.
        StoreError: MLflow answered first and failed then.
    """
    sources = load_sources(root, environ)
    if given is None:
        meaning = find(sources, what)
    elif named := named_model(given):
        meaning = find_response(sources, "the standard input", named)
    else:
        raise TraceError("What came in is no response: that is JSON with a model.sha256 in it.")
    known = [gather(sources, led.sha256, led.run_id) if led.sha256 else None for led in meaning.models]
    models = tuple(candidate(led, one) for led, one in zip(meaning.models, known, strict=True))
    only = known[0] if len(known) == 1 else None
    return Answer(meaning=meaning.what, models=models, chain=chain_of(only, thorough=thorough) if only else None)


def candidate(led: Led, known: Evidence | None) -> Candidate:
    """Return what a list of models says of one."""
    if known is None:
        return Candidate(sha256="", md5=led.md5, how=led.how)
    first = known.versions[0] if known.versions else None
    return Candidate(
        sha256=led.sha256,
        md5=known.md5 or led.md5,
        how=led.how,
        version=first.version if first else "",
        number=first.number if first else None,
        aliases=first.aliases if first else (),
        run_id=known.run_id,
        trained=known.run.started if known.run else 0,
        commit=known.commit,
    )


def answer_lines(answer: Answer) -> list[str]:
    """Return an answer as it is printed."""
    first = answer.models[0]
    if answer.chain:
        head = [f"One model was {first.how} {answer.meaning}:", ""] if first.how else []
        return [*head, *lines(answer.chain)]
    rows = [f"  {row}" for row in columns([model.row for model in answer.models])]
    head = f"{answer.meaning} led to {len(answer.models)} models:"
    return [head, "", *rows, "", f"`live trace {first.row[0].split()[-1]}` follows the first of them back."]
