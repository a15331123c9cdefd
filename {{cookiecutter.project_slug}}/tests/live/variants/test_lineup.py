"""Which variant answers whom: by version, by share, always the same one, or in the shadow."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import numpy as np
import pytest

from {{cookiecutter.__package}}.core import data, schema
from {{cookiecutter.__package}}.live import golden, runtime
from {{cookiecutter.__package}}.live.edge.exchange import Caller, Exchange
from {{cookiecutter.__package}}.live.edge.middleware import Edge
from {{cookiecutter.__package}}.live.settings import SettingError, Settings
from {{cookiecutter.__package}}.live.variants import lineup
from {{cookiecutter.__package}}.live.variants.variant import Variant, variant_of

Ask = Callable[..., httpx.Response]
Around = Callable[..., Edge]
AskOf = Callable[[Edge], Ask]


class Turned(runtime.Model):
    """A model that says of everything how probable it isn't, so that one sees who answered."""

    def predict(self, columns: dict[str, Any]) -> runtime.Prediction:
        """Answer the other way round."""
        found = super().predict(columns)
        return runtime.Prediction(found.values[::-1], np.ascontiguousarray(found.probabilities[:, ::-1]))


@pytest.fixture(scope="module")
def pair(served: runtime.Model, onnx: bytes) -> tuple[Variant, Variant]:
    """A champion and a challenger."""
    signature = msgspec.structs.replace(served.signature, sha256="e" * 64)
    return variant_of(served, "champion", "1.0.0"), variant_of(Turned(onnx, signature), "challenger", "1.1.0")


def of(answer: httpx.Response) -> str:
    """Return which variant answered."""
    return answer.json()["model"]["variant"]


def test_a_share_of_the_callers_meets_the_challenger_and_always_the_same(
    pair: tuple[Variant, Variant], around: Around, ask_of: AskOf, rows: list[dict]
):
    """By the key that they send; and answer, log and metrics name the variant."""
    edge = around(*pair, share=0.3)
    ask = ask_of(edge)
    first = {str(key): of(ask({"rows": rows[:1]}, x_route_key=str(key))) for key in range(400)}
    assert 80 < list(first.values()).count("challenger") < 160
    assert all(of(ask({"rows": rows[:1]}, x_route_key=key)) == first[key] for key in list(first)[:40])
    text = edge.gate.metrics.text().decode()
    assert 'live_rows_total{variant="challenger"}' in text
    assert 'live_model_info{name="' in text
    assert 'version="1.1.0"' in text


@pytest.mark.parametrize(("share", "expected"), [(0.0, {"champion"}), (1.0, {"challenger"})])
def test_none_and_all_are_shares(
    pair: tuple[Variant, Variant], around: Around, ask_of: AskOf, rows: list[dict], share: float, expected: set[str]
):
    """To the last caller."""
    ask = ask_of(around(*pair, share=share))
    assert {of(ask({"rows": rows[:1]}, x_route_key=str(key))) for key in range(50)} == expected


def test_without_a_key_callers_are_told_apart_by_name_and_then_by_address():
    """A key that is sent comes first, so that all who act for one customer meet the same variant."""

    def placed(name: str = "", address: str = "", key: str = "") -> float:
        headers = [(b"x-route-key", key.encode())] if key else []
        made = Exchange({"method": "POST", "path": "/", "headers": headers, "client": (address, 1)}, None)
        made.caller = Caller(name, frozenset()) if name else None
        return lineup.place(made)

    assert placed(address="10.0.0.1") != placed(address="10.0.0.2")
    assert placed("ada", "10.0.0.1") == placed("ada", "10.0.0.2") != placed("bob", "10.0.0.1")
    assert placed("ada", key="k") == placed("bob", key="k")
    assert all(0 <= placed(key=str(number)) < 1 for number in range(100))


def test_a_pinned_version_is_answered_by_it_or_by_nobody(
    pair: tuple[Variant, Variant], around: Around, ask_of: AskOf, rows: list[dict], error_of: Callable
):
    """Whatever the caller's share is."""
    ask = ask_of(around(*pair, share=0.0))
    assert of(ask({"rows": rows[:1]}, x_model_version="1.1.0")) == "challenger"
    assert of(ask({"rows": rows[:1]}, x_model_version="1.0.0")) == "champion"
    response = ask({"rows": rows[:1]}, x_model_version="0.9.0")
    assert (response.status_code, error_of(response)["code"]) == (409, "version_not_served")
    assert "1.0.0 and 1.1.0 is" in error_of(response)["message"]


def test_a_shadow_is_asked_the_same_and_answers_nobody(pair: tuple[Variant, Variant], served: runtime.Model):
    """After the answer, from a thread; of what goes wrong there nobody hears."""
    asked, noted = lineup.Lineup(*pair), []
    asked.shadow = lineup.Shadow(pair[1], lambda *found: noted.append(found))
    columns = columns_of(served)
    exchange = Exchange({"method": "POST", "path": "/", "headers": []}, None)
    assert asked.due(exchange) is pair[0]
    answered = asked.predict(pair[0], columns, exchange)
    assert exchange.variant == "champion"
    asked.shadow.ask(exchange, {})
    asked.shadow.close()
    ((same, variant, _, shadowed, seconds),) = noted
    assert (same, variant) == (exchange, pair[1])
    assert shadowed.probabilities.tolist() == answered.probabilities[:, ::-1].tolist()
    assert seconds > 0


def columns_of(model: runtime.Model) -> dict[str, Any]:
    """Return three rows of nothing but missing values."""
    return schema.columns({name: [None] * 3 for name in model.signature.features}, model.signature.features)


@pytest.fixture
def folders(tmp_path: Path, onnx: bytes, served: runtime.Model, rows: list[dict]) -> Callable[..., Path]:
    """Write a model's folder, changed as a test wants it."""

    def write(name: str, version: str = "1.0.0", **changes: Any) -> Path:
        signature = msgspec.structs.replace(served.signature, **changes)
        folder = tmp_path / name
        data.save_bytes(onnx, folder / "model.onnx")
        data.save_json(signature, folder / "signature.json")
        data.save_json({"version": version}, folder / "lineage.json")
        data.save_json(golden.golden_rows(served, rows[:5]), folder / "golden.json")
        return folder

    return write


def test_a_challenger_is_named_by_its_folder(folders: Callable[..., Path]):
    """Adding or removing one is a setting."""
    champion, challenger = folders("models"), folders("next", "1.1.0")
    assert lineup.load_lineup(champion, Settings()).challenger is None
    found = lineup.load_lineup(champion, Settings(challenger=str(challenger), challenger_share="12.5%"))
    assert (found.challenger.version, found.share) == ("1.1.0", 0.125)
    assert lineup.load_lineup(champion, Settings(challenger=str(challenger))).share is None


@pytest.mark.parametrize("text", ["half", "-1", "101%", "nan", "%"])
def test_a_share_that_is_none_is_refused_by_name(folders: Callable[..., Path], text: str):
    """In a sentence that says what it takes."""
    settings = Settings(challenger=str(folders("next", "1.1.0")), challenger_share=text)
    with pytest.raises(SettingError, match=r"LIVE_CHALLENGER_SHARE is .*: it takes a percentage"):
        lineup.load_lineup(folders("models"), settings)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"target": "price"}, "another question"),
        ({"classes": ("a", "b")}, "another question, or knows other classes"),
        ({"version": "1.0.0"}, "both are version 1.0.0"),
    ],
)
def test_a_challenger_that_can_not_answer_the_same_is_refused(
    pair: tuple[Variant, Variant], changes: dict[str, Any], words: str
):
    """Before the service starts, and with the reason."""
    champion, challenger = pair
    version = changes.get("version", challenger.version)
    said = {name: value for name, value in changes.items() if name != "version"}
    signature = msgspec.structs.replace(champion.model.signature, **said)
    other = challenger._replace(version=version, model=with_signature(challenger.model, signature))
    assert words in lineup.unfit(champion, other)


def with_signature(model: runtime.Model, signature: Any) -> runtime.Model:
    """Return a model that says something else of itself."""
    made = runtime.Model.__new__(runtime.Model)
    made.__dict__.update(model.__dict__, signature=signature)
    return made


def test_a_challenger_may_need_less_and_not_more(pair: tuple[Variant, Variant]):
    """A request to the champion has to be enough for it."""
    champion, challenger = pair
    features = champion.model.signature.features
    fewer = {name: feature for name, feature in features.items() if name != "amount"}
    more = {**features, "wind": features["amount"]}
    turned = {**features, "amount": msgspec.structs.replace(features["amount"], kind="category")}

    def fault(features: dict[str, Any]) -> str:
        signature = msgspec.structs.replace(champion.model.signature, features=features)
        return lineup.unfit(champion, challenger._replace(model=with_signature(challenger.model, signature)))

    assert fault(fewer) == ""
    assert fault(more) == "it needs wind, which they don't have"
    assert fault(turned) == "it takes amount as a category"
