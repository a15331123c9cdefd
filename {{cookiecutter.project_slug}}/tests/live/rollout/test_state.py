"""What a release reads and writes: routes, settings, rules, the log, the counts of others."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from {{cookiecutter.__package}}.core.records import ParamsError
from {{cookiecutter.__package}}.live.rollout import evidence, last_words, record, routing, rules, settings
from {{cookiecutter.__package}}.live.rollout.target import RolloutError

ADDRESSES = {"blue": "http://blue:3000", "green": "http://green:3000"}
DEPLOY = Path(__file__).resolve().parents[3] / "deploy"


@pytest.mark.parametrize("weights", [{"blue": 100}, {"green": 5, "blue": 95}, {"green": 100, "blue": 0}])
def test_weights_are_read_as_they_were_written(weights: dict[str, int]):
    """The file is the truth of who answers."""
    text = routing.routes(weights, ADDRESSES, {})
    assert routing.weights_in(text) == weights
    assert routing.serving(weights) == max(weights, key=lambda colour: weights[colour])
    assert set(msgspec.yaml.decode(text)["http"]["services"]) == {*weights, "live"}


def test_without_routes_nobody_answers():
    """As before the first release."""
    assert routing.weights_in(None) == {}
    assert routing.serving({}) is None
    assert routing.serving({"blue": 0}) is None


@pytest.mark.parametrize("text", ["", "http: 3", "{", "http: {services: {live: {weighted: {services: [{}]}}}}"])
def test_damaged_routes_are_one_sentence(text: str):
    """Nobody guesses who answers."""
    with pytest.raises(routing.RouteError, match=r"routes/live\.yml"):
        routing.weights_in(text)


def test_tls_is_a_setting():
    """None, files of one's own, or ACME; plain HTTP then leads to HTTPS."""
    plain = msgspec.yaml.decode(routing.routes({"blue": 100}, ADDRESSES, {"TLS": "none"}))["http"]
    assert set(plain["routers"]) == {"live"}
    files = msgspec.yaml.decode(routing.routes({"blue": 100}, ADDRESSES, {"TLS": "files"}))
    assert files["http"]["routers"]["live"]["entryPoints"] == ["websecure"]
    assert files["http"]["routers"]["plain"]["middlewares"] == ["secure"]
    assert files["tls"]["certificates"][0]["certFile"].endswith("tls.crt")
    named = {"TLS": "acme", "DOMAIN": "a.example.org", "ACME_EMAIL": "me@example.org"}
    acme = msgspec.yaml.decode(routing.routes({"blue": 100}, ADDRESSES, named))["http"]["routers"]["live"]
    assert (acme["rule"], acme["tls"]) == ("Host(`a.example.org`)", {"certResolver": "acme"})


@pytest.mark.parametrize("wrong", [{"TLS": "yes"}, {"TLS": "acme"}, {"TLS": "acme", "DOMAIN": "a.example.org"}])
def test_a_wrong_tls_is_one_sentence(wrong: dict[str, str]):
    """It says what it takes."""
    with pytest.raises(routing.RouteError, match="TLS is"):
        routing.routes({"blue": 100}, ADDRESSES, wrong)


def test_settings_of_a_host_come_on_top():
    """Quotation marks, comments and blank lines are read as a shell would; only some reach the service."""
    found = settings.merged("# all\nLIVE_AUTH=\nA='1 2'\nOTEL_X=y\n", 'LIVE_AUTH="keys"\n\nexport B=3\nnonsense\n')
    assert found.values == {"LIVE_AUTH": "keys", "A": "1 2", "OTEL_X": "y", "B": "3"}
    assert found.service == {"LIVE_AUTH": "keys", "OTEL_X": "y"}
    found.require_decided()


def test_nobody_goes_live_before_somebody_decided_who_may_ask():
    """As the service itself wants it beyond this machine."""
    with pytest.raises(RolloutError, match="LIVE_AUTH"):
        settings.merged("LIVE_AUTH=\n", None).require_decided()


def test_settings_are_written_to_the_letter():
    """A dollar or a quotation mark in a secret stands for itself."""
    text = settings.env_text({"LIVE_PSEUDONYM_KEY": "a$b'c d#e"})
    assert "LIVE_PSEUDONYM_KEY='a$b\\'c d#e'\n" in text


def test_the_rules_of_the_project_are_those_of_the_code():
    """deploy/canary.yaml says what holds without it, too."""
    if not DEPLOY.exists():
        pytest.skip("this project has no target to deploy to")
    assert rules.load_rules(DEPLOY / "canary.yaml") == rules.Rules()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("stepps: [5, 100]", "stepps is not a known key; the nearest one is steps"),
        ("steps: [50, 5, 100]", "steps have to rise"),
        ("steps: [5, 50]", "steps have to rise"),
        ("steps: []", "steps have to rise"),
        ("requests: 0", "requests has to be 1 or more"),
        ("errors: many", "errors"),
        ("p95: {time: 2}", "the nearest one is p95.times"),
        ("idle: run", "idle"),
    ],
)
def test_a_rule_that_is_none_is_one_sentence(tmp_path: Path, text: str, said: str):
    """It names the key."""
    (tmp_path / "canary.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ParamsError, match=said):
        rules.load_rules(tmp_path / "canary.yaml")


def entry(**fields: str) -> record.Entry:
    """Make up a line of the log."""
    known = {"call": "1", "at": "2026-11-21T12:00:00Z", "action": "deploy", "who": "Ada", "colour": "blue"}
    return record.Entry(**(known | fields))


def test_a_release_without_an_end_is_unfinished():
    """Whoever comes next sees that it was killed; half a line of it doesn't matter."""
    begun, ended = entry(), entry(outcome="live", version="1.0.0", digest="sha256:abcdef0123456789")
    assert record.unfinished(record.entries_in(record.line_of(begun))) == begun
    assert record.unfinished(record.entries_in(record.line_of(begun) + record.line_of(ended))) is None
    assert record.unfinished([]) is None
    assert record.entries_in(record.line_of(ended) + '{"call": "2", "a') == [ended]
    assert record.live([begun, ended, entry(outcome="refused")]) == [ended]


def test_the_log_for_people_is_a_table():
    """The newest first, the reason below; what never ended isn't in it."""
    lines = record.table([entry(outcome="live", version="1.0.0"), entry(), entry(outcome="refused", why="too slow")])
    assert lines[0].split() == ["when", "what", "version", "digest", "colour", "outcome", "who"]
    assert "refused" in lines[1]
    assert lines[2].strip() == "too slow"
    assert len(lines) == 4


PROXY = """
# TYPE traefik_service_requests_total counter
traefik_service_requests_total{code="200",method="POST",protocol="http",service="blue@file"} 90
traefik_service_requests_total{code="503",method="POST",protocol="http",service="blue@file"} 7
traefik_service_requests_total{code="502",method="GET",protocol="http",service="blue@file"} 3
traefik_service_requests_total{code="429",method="GET",protocol="http",service="blue@file"} 4
traefik_service_requests_total{code="500",method="POST",protocol="http",service="green@file"} 9
# TYPE traefik_service_request_duration_seconds histogram
traefik_service_request_duration_seconds_bucket{code="200",service="blue@file",le="0.1"} 80
traefik_service_request_duration_seconds_bucket{code="200",service="blue@file",le="+Inf"} 90
traefik_service_request_duration_seconds_bucket{code="503",service="blue@file",le="0.1"} 7
traefik_service_request_duration_seconds_bucket{code="503",service="blue@file",le="+Inf"} 7
"""
SERVICE = """
# TYPE live_scores histogram
live_scores_bucket{variant="champion",le="0.5"} 30
live_scores_bucket{variant="champion",le="+Inf"} 50
live_scores_bucket{variant="challenger",le="+Inf"} 50
live_scores_sum{variant="champion"} 11.5
# TYPE live_rows_total counter
live_rows_total{variant="champion"} 50
"""


def test_what_a_colour_did_is_read_from_two_pages():
    """Of the proxy its requests, errors of the server and times; of the service its scores, without a challenger's."""
    found = evidence.counts_of("blue", PROXY, SERVICE)
    assert (found.requests, found.errors, found.rows) == (104, 10, 50)
    assert found.within == {0.1: 87, float("inf"): 97}
    assert found.scores == {0.5: 30, float("inf"): 50}
    assert evidence.counts_of("red", PROXY, "") == evidence.Counts(0, 0, {}, {})


def test_between_two_moments_a_restart_counts_from_nought():
    """What is less than before has begun again."""
    before = evidence.counts_of("blue", PROXY, SERVICE)
    assert evidence.between(before, evidence.Counts()) == before
    assert evidence.between(before, before)[:2] == (0, 0)
    again = evidence.Counts(5, 1, {float("inf"): 5}, {float("inf"): 5})
    assert evidence.between(again, before) == again


@pytest.mark.parametrize(
    ("log", "said"),
    [
        ("", "nothing"),
        ("one\ntwo\n\n", "two"),
        ("Error: the model is another one.\n", "the model is another one."),
        (
            '{"level": "info", "message": "a"}\n{"level": "critical", "message": "why."}\nError: A worker said why.',
            "why.",
        ),
        ("3\nnull\n[]\n", "[]"),
    ],
)
def test_the_last_words_of_a_service_are_the_reason(log: str, said: str):
    """Not that a worker has said why, but what it said."""
    assert last_words.last_words(log) == said
