"""Canaries under steady load through real Traefik: good ones cost nobody an answer, bad ones go back by themselves.

Blue and green are processes here (see colours.py); test_deploying.py does the same with containers.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import bad_bentos
import pytest
from bake import TEMPLATE
from canaries import LONGEST, PER_SECOND, Released, under_load
from journey import environment
from ruamel.yaml import YAML
from services import process, wait_for_port

pytestmark = pytest.mark.journey
DEPLOY = TEMPLATE / "{{cookiecutter.project_slug}}" / "deploy"
COLOURS = Path(__file__).with_name("colours.py")
BACK_SECONDS = 30
REFUSED, UNDECIDED, BUSY = 1, 3, 4
# The steps of the project itself, with less evidence, so that a test has it within seconds.
RULES = {"steps": [5, 25, 50, 100], "requests": 60, "errors": 0.05, "poll_seconds": 0.5, "patience_seconds": 60}


class Place(NamedTuple):
    """A folder that stands for a host's, its proxy's port, and the configuration that colours.py reads."""

    folder: Path
    project: Path
    port: int
    config: Path

    @property
    def python(self) -> str:
        """The project's own."""
        return str(self.project / ".venv" / "bin" / "python")

    def command(self, *words: str | Path) -> list[str]:
        """Return what releases a Bento here, or goes back."""
        return [self.python, str(COLOURS), str(self.config), *map(str, words)]

    def back(self, *words: str, **variables: str) -> tuple[int, str]:
        """Roll back, and return exit code and what was said."""
        done = subprocess.run(
            self.command("back", *words), env=environment() | variables, capture_output=True, text=True, check=False
        )
        print(done.stdout + done.stderr)
        return done.returncode, done.stdout + done.stderr

    def begin(self, bento: Path) -> subprocess.Popen[str]:
        """Begin to release a Bento."""
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen(self.command(bento), env=environment(), cwd=self.folder, text=True, **both)

    def weights(self) -> dict[str, int]:
        """Return which share each colour gets by the file that the proxy follows."""
        path = self.folder / "routes" / "live.yml"
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        return {name: int(weight) for name, weight in re.findall(r"- name: (\w+)\n +weight: (\d+)", text)}

    def log(self) -> list[dict[str, Any]]:
        """Return the log of releases."""
        lines = (self.folder / "releases.jsonl").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]

    def rules(self, **changes: Any) -> None:
        """Write the rules of the next canary."""
        text = json.dumps(RULES | changes)
        Path(json.loads(self.config.read_text())["deploy"], "canary.yaml").write_text(text, encoding="utf-8")

    def kill(self, colour: str) -> None:
        """Kill a colour with everything that belongs to it, as a machine does that has no memory left."""
        os.killpg(int((self.folder / f"{colour}.pid").read_text()), signal.SIGKILL)


def quiet_ports(many: int) -> list[int]:
    """Return ports that nothing listens on, nor will: below those from which connections get theirs."""
    found: list[int] = []
    while len(found) < many:
        port = random.randrange(20_000, 32_000)
        with socket.socket() as probe:
            if port not in found and probe.connect_ex(("127.0.0.1", port)) != 0:
                found.append(port)
    return found


def traefik(folder: Path, web: int, inside: int) -> list[str]:
    """Return the command that runs the proxy as deploy/compose.yaml does, but on loopback and without certificates."""
    services = YAML(typ="safe", pure=True).load(DEPLOY / "compose.yaml")["services"]
    changes = {
        "=:8080": f"=127.0.0.1:{web}",
        "=:8443": "=127.0.0.1:0",
        "=:8082": f"=127.0.0.1:{inside}",
        "/etc/traefik/routes": str(folder / "routes"),
    }
    options = [option for option in services["proxy"]["command"] if "acme" not in option]
    for before, after in changes.items():
        assert any(before in option for option in options)
        options = [option.replace(before, after) for option in options]
    return [str(Path(sys.executable).with_name("traefik")), *options]


@pytest.fixture
def place(project: Path, tmp_path: Path) -> Iterator[Place]:
    """A folder with a proxy, in which blue answers with the project's own Bento."""
    folder, deploy = tmp_path / "host", tmp_path / "deploy"
    for made in (folder / "routes", deploy):
        made.mkdir(parents=True)
    (deploy / "settings.env").write_text("LIVE_AUTH=none\n", encoding="utf-8")
    web, inside, *ports = quiet_ports(6)
    config = {
        "package": "flight_delays",
        "folder": str(folder),
        "deploy": str(deploy),
        "ports": dict(zip(("blue", "green"), ports[:2], strict=True)),
        "private": dict(zip(("blue", "green"), ports[2:], strict=True)),
        "proxy": inside,
    }
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    here = Place(folder, project, web, tmp_path / "config.json")
    here.rules()
    with process(traefik(folder, web, inside), tmp_path / "traefik.log", cwd=folder):
        wait_for_port(web)
        try:
            done = subprocess.run(
                here.command(project / "models" / "bento"),
                env=environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            assert here.weights() == {"blue": 100}
            yield here
        finally:
            for colour in ("blue", "green"):
                with contextlib.suppress(OSError):
                    here.kill(colour)


def released(place: Place, bento: Path, during: Callable[[subprocess.Popen[str]], None] | None = None) -> Released:
    """Release a Bento under steady load; `during` is called in a thread while that goes on."""
    found = under_load(place.project, place.port, lambda: place.begin(bento), during)
    print(f"now {place.weights()}")
    return found


def await_canary(place: Place, colour: str = "green") -> None:
    """Return when a colour gets its first share."""
    deadline = time.monotonic() + 60
    while not 0 < place.weights().get(colour, 0) < 100:
        assert time.monotonic() < deadline, "no canary has begun"
        time.sleep(0.05)


def assert_back(place: Place, found: Released, code: int, *words: str, outcome: str = "refused") -> None:
    """Make sure that blue answers everything, and that exit code, sentence and log say why."""
    assert place.weights() == {"blue": 100}
    assert found.code == code
    assert "Not released, and blue answers everything: " in found.sentence
    for word in words:
        assert word in found.sentence
    last = place.log()[-1]
    assert (last["outcome"], last["colour"], last["before"]) == (outcome, "green", "blue")
    assert all(word in last["why"] for word in words)
    seconds = [one.sent for one in found.failed]
    assert not seconds or max(seconds) - min(seconds) < BACK_SECONDS


def canary_requests(place: Place) -> int:
    """Return how many requests the last release let the canary answer, by its own evidence."""
    return sum(step["requests"][0] for step in place.log()[-1].get("evidence", []) if "requests" in step)


def test_a_good_release_costs_nobody_an_answer(place: Place, project: Path, tmp_path: Path) -> None:
    """Through all steps, the new colour's last and the old one's end: no request fails, and then green answers."""
    found = released(place, bad_bentos.copied(project / "models" / "bento", tmp_path / "good"))
    assert found.code == 0
    assert found.failed == []
    assert len(found.asked) > 1000
    assert place.weights() == {"green": 100}
    last = place.log()[-1]
    assert (last["outcome"], last["colour"], last["version"]) == ("live", "green", "1.0.0")
    assert [step["share"] for step in last["evidence"]] == [5, 25, 50, 100]
    assert all(step["requests"][0] >= RULES["requests"] for step in last["evidence"])


@pytest.mark.parametrize(
    ("fault", "said"), [("errors", "requests failed"), ("slow", "took more than"), ("shifted", "scores differ")]
)
def test_a_bad_release_goes_back_by_itself(place: Place, project: Path, tmp_path: Path, fault: str, said: str) -> None:
    """Golden rows didn't show the fault; the canary does, at its first share, and only that share meets it."""
    found = released(place, bad_bentos.faulty(project / "models" / "bento", tmp_path / "bad", fault))
    assert_back(place, found, REFUSED, "at 5 % it was worse", said)
    assert len(found.failed) <= canary_requests(place) + PER_SECOND * 0.05 * 3
    assert fault == "errors" or found.failed == []


def test_a_canary_that_dies_is_taken_back(place: Place, project: Path, tmp_path: Path) -> None:
    """Killed with all that belongs to it: what the proxy sent it until it noticed is lost, and nothing more."""

    def kill(deploy: subprocess.Popen[str]) -> None:
        await_canary(place)
        time.sleep(2)
        place.kill("green")

    found = released(place, bad_bentos.copied(project / "models" / "bento", tmp_path / "good"), kill)
    assert_back(place, found, REFUSED, "green ended")
    assert len(found.failed) <= PER_SECOND * 0.05 * 5


def test_an_old_colour_that_dies_leaves_the_new_one_to_answer(place: Place, project: Path, tmp_path: Path) -> None:
    """Which has answered its golden rows, and is better than nobody; that nothing was compared is said all the same."""

    def kill(deploy: subprocess.Popen[str]) -> None:
        await_canary(place)
        time.sleep(2)
        place.kill("blue")

    found = released(place, bad_bentos.copied(project / "models" / "bento", tmp_path / "good"), kill)
    assert (found.code, place.weights()) == (REFUSED, {"green": 100})
    assert "blue has ended, so green answers everything: at 5 % there is nothing left to compare" in found.sentence
    assert place.log()[-1]["outcome"] == "live"
    assert found.asked[-1].outcome == 200
    assert len(found.failed) <= PER_SECOND * 5


def test_what_does_not_start_meets_no_request(place: Place, project: Path, tmp_path: Path) -> None:
    """The sentence is the service's own."""
    found = released(place, bad_bentos.damaged(project / "models" / "bento", tmp_path / "damaged"))
    assert_back(place, found, REFUSED, "green doesn't start", "is not the model its signature.json names")
    assert found.failed == []
    assert canary_requests(place) == 0


def test_without_traffic_nothing_is_decided(place: Place, project: Path, tmp_path: Path) -> None:
    """Nobody asks: the canary waits as long as it may, goes back, and the exit code is one of its own."""
    place.rules(patience_seconds=4)
    began = time.monotonic()
    deploy = place.begin(bad_bentos.copied(project / "models" / "bento", tmp_path / "good"))
    said, _ = deploy.communicate(timeout=LONGEST)
    print(said)
    found = Released(said, deploy.returncode, [])
    assert_back(place, found, UNDECIDED, "at 5 % nothing was decided within 4 seconds", outcome="undecided")
    assert time.monotonic() - began > 4


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_who_is_interrupted_goes_back_first(
    place: Place, project: Path, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    """Ctrl-C, or the end of a workflow, in the middle of a canary; a second Ctrl-C changes nothing."""

    def interrupt(deploy: subprocess.Popen[str]) -> None:
        await_canary(place)
        for _ in range(2):
            deploy.send_signal(number)
            time.sleep(0.2)

    found = released(place, bad_bentos.copied(project / "models" / "bento", tmp_path / "good"), interrupt)
    assert_back(place, found, code, "interrupted", outcome="interrupted")
    assert found.failed == []


def test_a_release_that_is_killed_is_brought_back_by_the_next(place: Place, project: Path, tmp_path: Path) -> None:
    """kill -9 leaves the canary its share; the next release takes it back, says so, and then does its own work."""
    bento = bad_bentos.copied(project / "models" / "bento", tmp_path / "good")

    def kill(deploy: subprocess.Popen[str]) -> None:
        await_canary(place)
        deploy.kill()

    killed = released(place, bento, kill)
    assert killed.code == -signal.SIGKILL
    assert killed.failed == []
    assert place.weights()["green"] == RULES["steps"][0]
    assert place.log()[-1].get("outcome", "") == ""

    found = released(place, bento)
    assert found.code == 0
    assert "was killed before its end; blue answers everything" in found.said
    assert found.failed == []
    assert place.weights() == {"green": 100}
    assert [entry.get("outcome", "") for entry in place.log()] == ["", "live", "", "abandoned", "", "live"]


def test_of_two_releases_at_once_the_second_is_refused(place: Place, project: Path, tmp_path: Path) -> None:
    """Before it has changed anything, with an exit code of its own."""
    bento = bad_bentos.copied(project / "models" / "bento", tmp_path / "good")
    second: list[tuple[int, str]] = []

    def again(deploy: subprocess.Popen[str]) -> None:
        await_canary(place)
        done = subprocess.run(place.command(bento), env=environment(), capture_output=True, text=True, check=False)
        second.append((done.returncode, done.stderr))

    found = released(place, bento, again)
    assert found.code == 0
    assert second == [(BUSY, "Error: Another release is at work on this machine: wait until it has ended.\n")]
    assert [entry.get("outcome", "") for entry in place.log()] == ["", "live", "", "live"]


def champion(place: Place, uri: str, name: str) -> str:
    """Return the version that has the alias, as MLflow itself tells it."""
    program = (
        "import sys; from mlflow import MlflowClient; client = MlflowClient(sys.argv[1], sys.argv[1]);"
        "print(client.get_model_version_by_alias(sys.argv[2], 'champion').tags['version'])"
    )
    done = subprocess.run([place.python, "-c", program, uri, name], env=environment(), capture_output=True, text=True)
    return done.stdout.strip().splitlines()[-1]


def answering(place: Place) -> str:
    """Return which version answers callers."""
    with urllib.request.urlopen(f"http://127.0.0.1:{place.port}/v1/info", timeout=5) as answer:
        return json.load(answer)["model"]["version"]


def test_image_and_champion_go_back_together(place: Place, project: Path, tmp_path: Path) -> None:
    """Both, or neither; and what is deployed and isn't the champion goes back to the champion."""
    uri, folder = f"sqlite:///{tmp_path / 'mlflow.db'}", tmp_path / "made"
    folder.mkdir()
    variables = {"MLFLOW_TRACKING_URI": uri, "MLFLOW_DISABLE_TELEMETRY": "true"}
    script = str(COLOURS.with_name("two_versions.py"))
    made = subprocess.run(
        [place.python, script, str(project), str(folder)], env=environment() | variables, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr[-3000:]
    name = json.loads(made.stdout.splitlines()[-1])["name"]
    place.config.write_text(json.dumps(json.loads(place.config.read_text()) | {"name": name}), encoding="utf-8")

    # 1.0.1 is champion, and what answers is 1.0.0, as if its deploy had been forgotten: there is no image of it.
    code, said = place.back(**variables)
    assert (code, champion(place, uri, name), answering(place)) == (REFUSED, "1.0.1", "1.0.0")
    assert "No image of 1.0.1 is known" in said

    place.rules(requests=1, errors=0.9)
    found = released(place, folder / "1.0.1")
    assert (found.code, answering(place)) == (0, "1.0.1")

    # Both go back, within seconds, without a canary.
    code, said = place.back(**variables)
    assert (code, champion(place, uri, name), answering(place)) == (0, "1.0.0", "1.0.0")
    assert place.log()[-1]["action"] == "rollback"

    # Forward again by name; that version's files in the registry are damaged meanwhile, so neither moves.
    for path in (folder / "kept").rglob("models/*/artifacts/**/model.onnx"):
        path.write_bytes(path.read_bytes() + b" ")
    code, said = place.back("1.0.1", **variables)
    assert (code, champion(place, uri, name), answering(place)) == (REFUSED, "1.0.0", "1.0.0")
    assert "can't be live, so nothing was moved: its model.onnx in MLflow is damaged" in said
