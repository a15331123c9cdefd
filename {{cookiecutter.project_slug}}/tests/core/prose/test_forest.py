"""Gains as a picture of text."""

from __future__ import annotations

import math

from {{cookiecutter.__package}}.core.prose.forest import NAME, WIDTH, Line, forest

NAN = math.nan


def test_a_gain_stands_within_its_interval_on_a_common_scale():
    """Better is right of the middle, worse left of it, and the widest interval reaches the edge."""
    scale, better, worse = forest([Line("all rows", 0.01, 0.0, 0.02), Line("x", -0.02, -0.04, 0.0)]).splitlines()
    middle = len("all rows") + 1 + WIDTH // 2
    assert scale[middle] == "0"
    assert better.index("●") > middle > worse.index("●")
    assert worse.index("├") < worse.index("●") < worse.index("┤")
    assert worse.index("├") == len("all rows") + 1
    assert better.endswith("+0.0100")


def test_what_has_no_interval_has_a_point():
    """And what couldn't be measured has none."""
    point, nothing = forest([Line("few", 0.01, NAN, NAN), Line("none", NAN, NAN, NAN)]).splitlines()[1:]
    assert "●" in point
    assert "├" not in point
    assert nothing.endswith("not measured")


def test_lines_are_of_one_width_whatever_they_are_called():
    """A long name is cut, and one with signs of its own ends no block of code."""
    lines = forest([Line("a" * 99, 0.1, 0, 0.2), Line("```\nb", -0.1, -0.2, 0)]).splitlines()
    assert len(lines) == 3
    assert {len(line) for line in lines[1:]} == {NAME + 1 + WIDTH + len(" +0.1000")}
    assert "`" not in "".join(lines)


def test_no_gain_at_all_is_drawn_too():
    """Where both answer alike there is nothing to scale by."""
    assert "●" in forest([Line("all rows", 0.0, 0.0, 0.0)])
