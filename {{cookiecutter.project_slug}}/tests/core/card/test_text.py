"""The card's text: every number is one that was measured, what is missing is named, and nothing is smuggled in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from markdown_it import MarkdownIt

from {{cookiecutter.__package}}.core import schema, sections
from {{cookiecutter.__package}}.core.card import text
from {{cookiecutter.__package}}.core.card.run import CardError, Run
from {{cookiecutter.__package}}.core.evidence import Bin
from {{cookiecutter.__package}}.core.prose import markdown
from {{cookiecutter.__package}}.core.prose.words import Prose

Altered = Callable[..., Run]
NUMBER = re.compile(r"(?<![\w.-])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?%?(?![\w-])")
MISSING = {
    "intended_use": "what it is for, and what it is not for: `card.intended_use`",
    "limits": "where it ends: `card.limits`",
    "licence": "under which licence it may be used: `card.licence`",
    "contact": "whom to ask about it: `card.contact`",
}


def tables(card: str) -> dict[str, list[list[str]]]:
    """Return the tables of a card by their first heads, as rows of text."""
    found: dict[str, list[list[str]]] = {}
    tokens = MarkdownIt("commonmark").enable("table").parse(card)
    rows: list[list[str]] = []
    for place, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append("".join(child.content for child in tokens[place + 1].children or ()))
        elif token.type == "table_close":
            found[" ".join(rows[0][:2])], rows = rows[1:], []
    return found


def numbers_in(value: Any) -> Iterator[float]:
    """Yield every number that plain values hold, those in their texts and the lengths of their lists, too."""
    if isinstance(value, dict):
        yield len(value)
        for key, one in value.items():
            yield from numbers_in(key)
            yield from numbers_in(one)
    elif isinstance(value, list | tuple):
        yield len(value)
        for one in value:
            yield from numbers_in(one)
    elif isinstance(value, str):
        yield from (as_number(found) for found in NUMBER.findall(value))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


def as_number(text: str) -> float:
    """Return a number that is written in a card."""
    plain = float(text.rstrip("%").replace(",", ""))
    return plain / 100 if text.endswith("%") else plain


def rounding_of(text: str) -> float:
    """Return by how much a number that is written with so many digits may differ from the one that is meant."""
    last = Decimal(text.rstrip("%").replace(",", "")).as_tuple().exponent
    return 0.5001 * 10.0 ** (int(last) - 2 * text.endswith("%"))


def test_every_number_is_one_that_was_measured(run: Run):
    """Or counted: rounded as it may be, each is found in what the card is made from."""
    inputs = msgspec.to_builtins({name: getattr(run, name) for name in Run._fields})
    known = {*numbers_in(inputs), run.gate["difference"]["confidence"] * 100}
    body = written_without_sources(run)
    # The band that is drawn, and how many rules are met.
    counted = {80.0, 2.0}
    for found in NUMBER.findall(body):
        assert any(abs(as_number(found) - one) <= rounding_of(found) for one in (*known, *counted)), found
    assert len(NUMBER.findall(body)) > 100


def written_without_sources(run: Run) -> str:
    """Return a card up to the papers that it cites, without names, hashes and days."""
    body = text.written(run).partition("The form of this card")[0].replace("SHA-256", "")
    return re.sub(r"`[^`]*`|\d{4}-\d{2}-\d{2}", "", body)


def test_a_number_from_nowhere_would_be_found(binary: Run):
    """The test above is only as good as what it sees."""
    assert [as_number(found) for found in NUMBER.findall("a 0.5, -3 and 12,345 (6.1%) in `x` of v2: 1e-05.")] == [
        0.5,
        -3,
        12345,
        0.061,
        1e-05,
    ]


def test_the_same_run_gives_the_same_text(run: Run):
    """There is no time of writing in it, and the notebook shows it as it is."""
    first, second = text.written(run), text.written(run)
    assert first == second
    assert isinstance(first, Prose)
    assert not re.search(r"\bnan\b|None|\{|\}|  |\n\n\n", first)


def test_the_metrics_stand_beside_their_intervals_and_the_guess(run: Run):
    """Each in its own line, with the way that is better."""
    report, rows = run.evaluation, tables(text.written(run))["metric better is"]
    assert [row[0] for row in rows] == list(report["metrics"])
    for name, better, ours, interval, theirs in rows:
        assert ours == markdown.score(report["metrics"][name])
        low, high = interval.split(" to ")
        assert (low, high) == tuple(map(markdown.score, report["intervals"][name]))
        assert theirs == markdown.score(report["baseline"]["metrics"][name])
        assert better == ("lower" if name in ("brier", "log_loss", "calibration_error", "mae", "rmse") else "higher")
    assert "90 % interval" in text.written(run)


def test_without_intervals_the_card_is_written_all_the_same(binary: Run, altered: Altered):
    """An older evaluation has none."""
    report = {name: value for name, value in binary.evaluation.items() if name != "intervals"}
    rows = tables(text.written(binary._replace(evaluation=report)))["metric better is"]
    assert {row[3] for row in rows} == {markdown.NONE}


def test_every_feature_has_a_line(run: Run):
    """Its kind, what is allowed, what training saw of it, and what it means."""
    rows = {row[0]: row[1:] for row in tables(text.written(run))["feature kind"]}
    features = run.signature.features
    assert {name: (row[0], row[4]) for name, row in rows.items()} == {
        name: (feature.kind, feature.about) for name, feature in features.items()
    }
    assert rows["amount"][1:3] == ["0 to 10", run.evidence.features["amount"].values]
    assert rows["reading"][1] == "any number, or null"
    assert rows["note"][1:4] == ["any level, or null", "3 levels", f"{run.evidence.features['note'].missing:.1%}"]
    assert rows["since"][1] == "a day"
    assert rows["checked"][1] == "true or false, or null"


@pytest.mark.parametrize(
    ("bounds", "said"),
    [({}, "any number"), ({"min": 0}, "from 0"), ({"max": 1.5}, "up to 1.5"), ({"min": -1, "max": 1}, "-1 to 1")],
)
def test_bounds_are_told_as_they_are(binary: Run, bounds: dict[str, float], said: str):
    """One, both or none."""
    changed = {**binary.signature.features, "amount": schema.Feature(kind="number", about="x", **bounds)}
    run = binary._replace(signature=msgspec.structs.replace(binary.signature, features=changed))
    assert tables(text.written(run))["feature kind"][0][2] == said


def test_a_category_that_keeps_its_commonest_levels_says_so(binary: Run):
    """The others answer as one nobody has seen."""
    changed = {**binary.signature.features, "colour": schema.Feature(kind="category", about="x", top=2)}
    run = binary._replace(signature=msgspec.structs.replace(binary.signature, features=changed))
    assert "| any level, 2 known |" in text.written(run)


def test_both_parts_of_the_table_are_told(run: Run):
    """Rows, days, and what the target is like, in training and held out."""
    rows = {row[0]: row[1:] for row in tables(text.written(run))["what training"]}
    train, holdout = run.evidence.parts["train"], run.evidence.parts["holdout"]
    assert rows["rows"] == ["1,200", "800"]
    assert rows["from"] == [train.first, holdout.first]
    assert rows["to"] == [train.last, holdout.last]
    told = list(rows.items())[3:]
    for (name, cells), (what, share) in zip(told, train.target.items(), strict=True):
        shown = f"{share:.1%}" if run.signature.classes else markdown.number(share)
        assert what in name
        assert cells[0] == shown
    assert "The held-out rows are later than those it learned from" in text.written(run)
    assert "SHA-256 of the training rows: `c6bc773d92fe`" in text.written(run)


def test_rows_without_time_were_drawn_at_random(binary: Run):
    """There are no days to tell then, and no later rows."""
    timeless = {
        name: msgspec.structs.replace(part, first=None, last=None) for name, part in binary.evidence.parts.items()
    }
    said = text.written(binary._replace(evidence=msgspec.structs.replace(binary.evidence, parts=timeless)))
    assert "drawn at random" in said
    assert "It has learned from the days" not in said
    assert "from" not in [row[0] for row in tables(said)["what training"]]


def test_a_split_that_overlaps_is_told(binary: Run):
    """Rows of the same days prove less."""
    parts = {**binary.evidence.parts, "holdout": binary.evidence.parts["train"]}
    said = text.written(binary._replace(evidence=msgspec.structs.replace(binary.evidence, parts=parts)))
    assert "in the same days" in said


@pytest.mark.parametrize("key", MISSING)
@pytest.mark.parametrize("blank", [True, False])
def test_what_nobody_has_written_is_named(binary: Run, altered: Altered, key: str, blank: bool):
    """With the place in params.yaml where to write it; spaces are no words."""
    empty = ((" ",) if key == "limits" else "  ") if blank else (() if key == "limits" else "")
    said = text.written(altered(binary, **{key: empty}))
    assert [line for line in said.splitlines() if line.startswith("> **Missing.**")] == [
        f"> **Missing.** Nobody has written down yet {MISSING[key]} in params.yaml."
    ]


def test_nothing_is_missing_where_all_is_written(run: Run):
    """And what was written is there, word for word."""
    said = text.written(run)
    assert "Missing" not in said
    assert "## What it is for\n\nSorting letters by hand.\n" in said
    assert "- It reads no handwriting.\n- It has seen one town.\n- It has learned from the days" in said
    assert "| licence | MIT |\n| contact | The letters team |" in said


def test_features_that_nobody_explained_are_named(binary: Run):
    """A reviewer can't tell what a column means by its name."""
    silent = {
        **binary.signature.features,
        "colour": schema.Feature(kind="category"),
        "note": schema.Feature(kind="category"),
    }
    said = text.written(binary._replace(signature=msgspec.structs.replace(binary.signature, features=silent)))
    assert "Nobody has written down yet what `colour` and `note` mean: `features` in params.yaml." in said


def test_the_gain_over_the_champion_is_told(run: Run):
    """Both scores on the same rows, the gain, its interval, and whether chance could have made it."""
    found = run.gate["difference"]
    scores = f"{markdown.score(found['challenger'])} against {markdown.score(found['champion'])}"
    assert (
        f"champion, version 1.3.2 (SHA-256 `fedcba987654`…), `{run.primary}` is {scores}, a gain of +0.0123 (90 % "
        "interval +0.0041 to +0.0222, from 750 resamples). That is better by more than chance."
    ) in text.written(run)


def test_groups_that_were_drawn_together_are_told(binary: Run, altered: Altered):
    """Thirty days are fewer than the rows in them."""
    difference = {**binary.gate["difference"], "together": "day", "units": 30}
    assert "from 750 resamples of 30 groups alike in `day`)" in text.written(
        altered(binary, gate={"difference": difference})
    )


def test_a_champion_whose_bytes_are_gone_has_no_hash(binary: Run, altered: Altered):
    """Its version is known all the same."""
    gone = {"champion": {"version": "1.3.2", "sha256": None}, "difference": None}
    assert "the champion, version 1.3.2, and no difference" in text.written(altered(binary, gate=gone))


def test_what_could_not_be_measured_is_a_dash(binary: Run, altered: Altered):
    """In JSON a number that is none is null."""
    names = list(binary.evaluation["metrics"])
    report = {
        "metrics": {**binary.evaluation["metrics"], names[1]: None},
        "intervals": {**binary.evaluation["intervals"], names[1]: [None, None]},
    }
    empty = dict.fromkeys(("challenger", "champion", "gain", "low", "high"))
    difference = {**binary.gate["difference"], **empty}
    said = text.written(altered(binary, evaluation=report, gate={"difference": difference}))
    assert tables(said)["metric better is"][1][2:4] == [markdown.NONE] * 2
    assert f"is {markdown.NONE} against {markdown.NONE}, a gain of {markdown.NONE}" in said
    assert not re.search(r"\bnan\b|None", said)


@pytest.mark.parametrize("known", [True, False])
def test_the_intervals_say_their_confidence_where_it_is_known(binary: Run, altered: Altered, known: bool):
    """By the evaluation, or else by the gate."""
    report = {"confidence": 0.8 if known else None}
    said = text.written(altered(binary, evaluation=report, gate={} if known else {"difference": None}))
    assert ("| 80 % interval |" in said) == known
    assert ("| interval |" in said) != known


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (-0.01, 0.02, "Chance alone could make that difference."),
        (-0.02, -0.01, "That is worse by more than chance."),
        (0.0, 0.01, "Chance alone could make that difference."),
    ],
)
def test_chance_is_told_from_skill(binary: Run, altered: Altered, low: float, high: float, said: str):
    """By the interval alone."""
    difference = {**binary.gate["difference"], "low": low, "high": high}
    assert said in text.written(altered(binary, gate={"difference": difference}))


@pytest.mark.parametrize(
    ("gate", "said"),
    [
        ({"compared": False, "champion": None, "difference": None, "slices": []}, "It was compared with no champion"),
        ({"difference": None}, "It was compared with the champion, version 1.3.2 (SHA-256 `fedcba987654`…), and no"),
        ({"latency_ms": None, "notes": [], "rules": []}, "> **Passed.** 0 of 0 rules of the gate are met."),
    ],
)
def test_a_gate_that_says_less_makes_a_shorter_card(binary: Run, altered: Altered, gate: dict[str, Any], said: str):
    """A first model has no champion, and a sample is compared with none."""
    written = text.written(altered(binary, gate=gate))
    assert said in written
    assert "None" not in written


def test_a_run_that_no_gate_has_judged_says_so(binary: Run, altered: Altered):
    """It isn't passed in silence."""
    said = text.written(altered(binary, gate=None))
    assert "> **Missing.** No gate has judged it." in said
    assert "champion" not in said


def test_a_failed_gate_says_why_at_the_top(binary: Run, altered: Altered):
    """Before anything else is read."""
    rules = [{"rule": "slices", "passed": False, "says": "Red lost 0.2."}, *binary.gate["rules"]]
    said = text.written(altered(binary, gate={"passed": False, "rules": rules}))
    assert "> **Failed.** The gate doesn't let it through. Red lost 0.2.\n" in said.partition("## ")[0]
    assert "| slices | ✗ failed | Red lost 0.2. |" in said


def test_each_slice_has_its_rows_its_score_and_the_champion_s(run: Run):
    """A group is no average."""
    rows = tables(text.written(run))["column value"]
    assert len(rows) == 3
    for row, one in zip(rows, run.evaluation["slices"], strict=True):
        ours = ["colour", one["value"], f"{one['rows']:,}", markdown.score(one[run.primary])]
        assert row == [*ours, "0.2500", "+0.031", "-0.0052 to +0.047"]


def test_a_slice_that_the_gate_left_out_has_dashes(binary: Run, altered: Altered):
    """The row is as long as the others."""
    rows = tables(text.written(altered(binary, gate={"slices": binary.gate["slices"][:1]})))["column value"]
    assert [row[4:] for row in rows[1:]] == [[markdown.NONE] * 3] * 2


def test_what_could_not_be_judged_is_named(binary: Run):
    """Which groups, how many rows they have, and how many a group needs."""
    judged = msgspec.structs.replace(
        binary.evidence.slices["colour"], values=9, judged=3, left_out={"mauve": 7, "<i>": 1, "puce": 1}
    )
    said = text.written(binary._replace(evidence=msgspec.structs.replace(binary.evidence, slices={"colour": judged})))
    assert (
        "`colour`: 3 of 9 groups judged, 800 rows; not judged: mauve (7 rows), \\<i\\> (1 row), puce (1 row) and 3"
        in said
    )
    assert "A group needs 20 rows" in said
    assert "how fair it is to them isn't known" in said


def test_many_slices_come_with_a_warning(binary: Run, altered: Altered):
    """Of twenty groups one is odd by chance; of three, none has to be."""
    assert "by chance alone" not in text.written(binary).partition("as good for everyone")[2]
    many = [{**binary.evaluation["slices"][0], "value": str(n)} for n in range(20)]
    assert "Of 20 groups, some look better or worse by chance alone." in text.written(
        altered(binary, evaluation={"slices": many})
    )


def test_without_slices_that_is_missing(binary: Run, altered: Altered):
    """Nobody looked, and the card says where to name what to look at."""
    blind = msgspec.structs.replace(binary.evidence, slices={})
    said = text.written(altered(binary, evaluation={"slices": []}, evidence=blind))
    assert "> **Missing.** Nobody has named groups to look at: `evaluation.slices` in params.yaml." in said


def test_what_it_leans_on_is_told_and_what_carries_nothing(run: Run):
    """The largest loss first; what shuffling moves by itself is no loss."""
    rows = tables(text.written(run))["feature loss"]
    leans = run.evidence.explanations.importance
    assert [row[0] for row in rows] == [name for name, one in leans.items() if one.loss > one.spread][: len(rows)]
    assert rows[0] == ["amount", markdown.score(leans["amount"].loss), f"{leans['amount'].spread:.2g}"]
    idle = [name for name, one in leans.items() if one.loss <= one.spread]
    assert markdown.listed(idle, 20) in text.written(run)


def test_where_the_answer_is_lowest_and_highest_is_told(run: Run):
    """For each feature that leads, and of several classes for each."""
    written = text.written(run)
    rows = tables(written)["feature class" if run.signature.task == "multiclass" else "feature lowest"]
    curves = run.evidence.explanations.dependence
    assert len(rows) == sum(len(curve.mean) for curve in curves.values())
    curve = curves["amount"]
    outcome = list(curve.mean)[-1]
    line = curve.mean[outcome]
    row = next(row for row in rows if row[0] == "amount" and (len(row) == 6 or row[1] == outcome))
    ends = [markdown.score(min(line)), markdown.number(curve.grid[line.index(min(line))])]
    ends += [markdown.score(max(line)), markdown.number(curve.grid[line.index(max(line))])]
    assert row[-5:] == [*ends, markdown.NONE]
    for name, one in curves.items():
        absent = {row[-1] for row in rows if row[0] == name}
        assert (absent != {markdown.NONE}) == (one.grid[-1] is None)
    assert ("the band holds" in written) == (run.signature.task != "multiclass")


def test_what_the_shuffling_alone_would_move_carries_nothing(binary: Run):
    """A loss no larger than its deviation is named as none, whatever its sign."""
    leans = {"amount": (0.2, 0.1), "note": (0.05, 0.05), "colour": (-0.3, 0.1)}
    explained = {"importance": {name: dict(zip(("loss", "spread"), one, strict=True)) for name, one in leans.items()}}
    found = msgspec.convert({"dependence": {}, **explained}, type(binary.evidence.explanations))
    said = text.written(binary._replace(evidence=msgspec.structs.replace(binary.evidence, explanations=found)))
    assert tables(said)["feature loss"] == [["amount", "0.2000", "0.1"]]
    assert "- `note` and `colour` cost no more than the shuffling itself moves.\n" in said
    assert "How the answer moves" not in said


def test_the_widest_gap_between_promise_and_truth_is_named(binary: Run):
    """Wherever on the line it is, and whichever way it goes."""
    bins = [(0.1, 0.2, 5), (0.9, 0.4, 3), (0.95, 0.9, 9)]
    found = tuple(msgspec.convert(dict(zip(("promised", "observed", "rows"), one, strict=True)), Bin) for one in bins)
    said = text.written(binary._replace(evidence=msgspec.structs.replace(binary.evidence, calibration=found)))
    assert "The widest gap is 0.9000 promised and 0.4000 observed." in said
    assert tables(said)["promised observed"][1] == ["0.9000", "0.4000", "3"]


def test_features_that_move_together_are_named(binary: Run):
    """What belongs to which of them, nobody can tell."""
    pairs = msgspec.convert([{"first": "amount", "second": "reading", "correlation": -0.91}], tuple[Any, ...])
    explained = msgspec.convert(
        {**msgspec.to_builtins(binary.evidence.explanations), "together": pairs}, type(binary.evidence.explanations)
    )
    said = text.written(binary._replace(evidence=msgspec.structs.replace(binary.evidence, explanations=explained)))
    assert "`amount` and `reading` move together (rank correlation -0.91)" in said


def test_the_identity_is_that_of_the_bytes(run: Run):
    """Name, version, hash, run, commit and day."""
    rows = {row[0]: row[1] for row in tables(text.written(run))["what value"]}
    assert rows == {
        "name": "made-up",
        "version": "1.4.0",
        "SHA-256 of model.onnx": run.signature.sha256,
        "MLflow run": "e6f08a3eb00f",
        "git commit": "787c5b42ea2e",
        "trained": "2026-11-21",
        "licence": "MIT",
        "contact": "The letters team",
    }


def test_changes_that_git_does_not_have_are_told(binary: Run):
    """The commit alone isn't the code then."""
    dirty = msgspec.structs.replace(binary.lineage, git_dirty=True, trained="")
    said = text.written(binary._replace(lineage=dirty))
    assert "| `787c5b42ea2e`, with changes that were not committed |" in said
    assert "| trained |" not in said


@pytest.mark.parametrize("file", ["metrics/evaluation.json", "reports/evidence.json", "metrics/gate.json"])
def test_a_card_of_two_models_is_refused(binary: Run, altered: Altered, file: str):
    """What was measured on other bytes says nothing of these."""
    other = {"sha256": "0" * 64}
    mixed = {
        "metrics/evaluation.json": lambda: altered(binary, evaluation=other),
        "metrics/gate.json": lambda: altered(binary, gate=other),
        "reports/evidence.json": lambda: binary._replace(evidence=msgspec.structs.replace(binary.evidence, **other)),
    }[file]()
    with pytest.raises(CardError, match=rf"{file} is about the model 0000.*run `make pipeline`"):
        text.written(mixed)


def test_the_source_is_named_without_its_password(binary: Run):
    """Nor with the options of its address."""
    secret = sections.Data(
        source="postgresql://reader:geheim@db.example/shop?token=leise", target="x", query="SELECT 1"
    )
    said = text.written(binary._replace(data=secret))
    assert "- Source: `postgresql://db.example/shop`" in said
    assert "geheim" not in said
    assert "leise" not in said


def test_what_it_answers_is_said_first(run: Run):
    """In a sentence, with how good it is and the verdict."""
    first = text.written(run).partition("## ")[0]
    said = {
        "binary": "how likely it is that `outcome` is **yes** rather than **no**",
        "multiclass": "how likely each of 3 classes of `outcome` is",
        "regression": "answers with a number, `outcome`",
    }
    assert first.startswith("# Model card: made-up, version 1.4.0\n")
    assert said[run.signature.task] in first
    score = markdown.score(run.evaluation["metrics"][run.primary])
    assert f"On 800 rows it had never seen, `{run.primary}` is **{score}**" in first
    assert "> **Passed.** 2 of 2 rules of the gate are met." in first


def test_words_from_outside_stay_words(planted_run: Run, made: SimpleNamespace):
    """No table gets a column more, no section is added, and no place of a picture is forged."""
    said = text.written(planted_run)
    plain = [line for line in said.splitlines() if line.startswith("#")]
    assert plain[1:] == [
        "## What it is for",
        "## Where it ends",
        "## What goes in, what comes out",
        "## What it learned from",
        "## How good it is",
        "### Against the champion and the gate",
        "### Does it keep its promises?",
        "### Is it as good for everyone?",
        "## What it leans on",
        "### How the answer moves",
        "## Whose it is",
    ]
    assert len(markdown.PICTURE.findall(said)) == 3
    tokens = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(said)
    kinds = {child.type for token in tokens for child in token.children or ()}
    assert kinds <= {"text", "text_special", "code_inline", "strong_open", "strong_close", "softbreak"}
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert blocks == ["<!-- picture: calibration -->", "<!-- picture: importance -->", "<!-- picture: dependence -->"]
    for rows in tables(said).values():
        assert len({len(row) for row in rows}) == 1
    names = [row[0] for row in tables(said)["feature kind"]]
    assert names == list(planted_run.signature.features)
