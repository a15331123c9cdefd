"""The pictures of a card, and what they say to those who can't see them."""

from __future__ import annotations

import warnings

from {{cookiecutter.__package}}.core.card import pictures, text
from {{cookiecutter.__package}}.core.card.run import Run
from {{cookiecutter.__package}}.core.prose.markdown import PICTURE, score


def test_every_place_in_the_text_has_its_pictures(run: Run):
    """And no picture is drawn for nothing."""
    drawn = pictures.drawn(run)
    assert PICTURE.findall(text.written(run)) == list(drawn)
    assert len(drawn["dependence"]) == len(run.evidence.explanations.dependence)


def test_the_words_tell_the_numbers_of_the_picture(run: Run):
    """The ends of the line, the longest bars, the reach of each curve."""
    drawn = pictures.drawn(run)
    (calibration,), (importance,) = drawn["calibration"], drawn["importance"]
    first, last = run.evidence.calibration[0], run.evidence.calibration[-1]
    for number in (first.promised, first.observed, last.promised, last.observed):
        assert score(number) in calibration.words
    leans = run.evidence.explanations.importance
    assert f"amount {score(leans['amount'].loss)}" in importance.words
    assert run.primary in importance.words
    for name, drawing in zip(run.evidence.explanations.dependence, drawn["dependence"], strict=True):
        assert f"over {name}:" in drawing.words
        for outcome, line in run.evidence.explanations.dependence[name].mean.items():
            assert f"{outcome} from {score(min(line))} to {score(max(line))}" in drawing.words


def test_pictures_show_the_evidence(run: Run):
    """The calibration is the table in the text, and every curve has its name on it."""
    drawn = pictures.drawn(run)
    line = drawn["calibration"][0].figure.axes[0].lines[-1]
    assert line.get_xdata().tolist() == [one.promised for one in run.evidence.calibration]
    assert line.get_ydata().tolist() == [one.observed for one in run.evidence.calibration]
    names = [drawing.figure.get_suptitle() for drawing in drawn["dependence"]]
    assert names == list(run.evidence.explanations.dependence)


def test_planted_names_are_drawn_without_a_warning(planted_run: Run):
    """A formula, a script or a bar is a name like any other."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for drawings in pictures.drawn(planted_run).values():
            for drawing in drawings:
                assert drawing.figure._repr_png_().startswith(b"\x89PNG")
