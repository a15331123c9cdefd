"""cd.yml, promote.yml and rollback.yml, run with act: the project's own image, a registry on loopback."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import acting
import bad_bentos
import composing
import debian
import installed
import journey
import pytest
from checks_of_github import checks
from containers import Docker, docker
from demo import free_port
from services import process, wait_for_port

pytestmark = pytest.mark.journey
REASON = {"version": "", "why": "odd answers since noon"}


class Machine(NamedTuple):
    """A runner with Docker, and what the repository has in its caches."""

    engine: Docker
    project: Path
    caches: Path
    venv: Path
    environ: dict[str, str]

    def run(
        self, workflow: str, project: Path | None = None, ci: str = "success", event: str = "", **options: Any
    ) -> acting.Run:
        """Run a workflow on this machine; CI has ended so."""
        event = event or ("push" if workflow == "cd.yml" else "workflow_dispatch")
        options["variables"] = {"IMAGE_BASE": self.engine.base, **options.get("variables", {})}
        with checks(ci) as address:
            known = {**self.environ, "GITHUB_API_URL": address}
            place = project or self.project
            return acting.run(place, workflow, event, self.caches, venv=self.venv, environment=known, **options)


@pytest.fixture(scope="module")
def machine(project: Path, environments: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A runner on which images can be built, of a repository whose CI has left a cache."""
    caches = tmp_path_factory.mktemp("repository")
    acting.keep(caches, project)
    venv = installed.environment_of(project, environments)
    with docker() as engine:
        yield Machine(engine, project, caches, venv, dict(engine.variables))


@pytest.fixture
def changed(machine: Machine, tmp_path: Path) -> Callable[..., Path]:
    """Return a clone with files changed and committed."""

    def change(**edits: Callable[[str], str]) -> Path:
        clone = journey.clone(machine.project, tmp_path / machine.project.name)
        for name, edit in edits.items():
            path = clone / name.replace("__", "/").replace("_", ".")
            path.write_text(edit(path.read_text(encoding="utf-8")), encoding="utf-8")
        journey.commit(clone, "Change it")
        return clone

    return change


def test_a_new_repository_has_an_image_and_is_told_what_to_set(machine: Machine) -> None:
    """No variable, no secret: the image is built and asked, and one line says what is missing."""
    run = machine.run("cd.yml")

    assert run.jobs == {"image": "success", "staging": "skipped", "production": "skipped"}
    assert "golden rows were answered" in run.log
    assert "it stays here: set the variable IMAGE_REPOSITORY" in run.summary
    assert not (run.artifacts / "signed.txt").exists()


def test_an_image_that_does_not_start_goes_nowhere(machine: Machine, changed: Callable[..., Path]) -> None:
    """Its container ends at once: the job is red, says what the container said, and nothing is published."""
    broken = changed(Dockerfile=lambda text: text.replace('"-m", ', '"-m", "nothing.", ', 1))
    run = machine.run("cd.yml", broken, variables={"IMAGE_REPOSITORY": "127.0.0.1:9/flights"})

    assert run.jobs == {"image": "failure", "staging": "skipped", "production": "skipped"}
    assert run.failed == ["Run it, and ask its golden rows"]
    assert "No module named" in run.log


def test_what_ci_refused_is_not_published(machine: Machine) -> None:
    """The image was built meanwhile, and stays where it is; also where somebody starts this by hand."""
    variables = {"IMAGE_REPOSITORY": "127.0.0.1:9/flights"}
    run = machine.run("cd.yml", ci="failure", event="workflow_dispatch", variables=variables)

    assert run.jobs == {"image": "failure", "staging": "skipped", "production": "skipped"}
    assert run.failed == ["Wait for CI"]
    assert "ci-ok of this commit ended with failure" in run.log


class Site(NamedTuple):
    """Where two environments are deployed to on this machine, and the registry that they pull from."""

    folder: Path
    registry: str
    ports: dict[str, int]

    @property
    def variables(self) -> dict[str, str]:
        """What the repository is told of it."""
        known = {"IMAGE_REPOSITORY": f"{self.registry}/flights", "STAGING_LOAD_SECONDS": "5"}
        for name, port in self.ports.items():
            upper = name.upper()
            known |= {f"{upper}_HOST": "local", f"{upper}_FOLDER": str(self.folder / name)}
            known |= {f"{upper}_URL": f"http://127.0.0.1:{port}"}
        return known

    def releases(self, name: str) -> list[dict[str, Any]]:
        """Return the ended releases of an environment, the oldest first."""
        lines = (self.folder / name / "releases.jsonl").read_text(encoding="utf-8").splitlines()
        return [entry for entry in map(json.loads, lines) if entry.get("outcome")]

    def serving(self, name: str) -> str:
        """Return the image of the colour that answers there."""
        weights = (self.folder / name / "routes" / "live.yml").read_text(encoding="utf-8")
        last = self.releases(name)
        live = [entry for entry in last if entry["outcome"] == "live"]
        assert live[-1]["colour"] in weights
        return live[-1]["image"]


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Run a registry of images on loopback; skip the test, and say so, where none can be had."""
    found = debian.unpack("docker-registry", folder / "debian", "bookworm")
    if not found:
        pytest.skip("NOT TESTED: there is no registry of images to be had here (Debian: docker-registry).")
    port = free_port()
    settings = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "images")}},
        "http": {"addr": f"127.0.0.1:{port}"},
    }
    (folder / "registry.yml").write_text(json.dumps(settings), encoding="utf-8")
    program = str(found / "usr" / "bin" / "docker-registry")
    with process([program, "serve", str(folder / "registry.yml")], folder / "registry.log"):
        wait_for_port(port)
        yield f"127.0.0.1:{port}"


@pytest.fixture
def site(machine: Machine, tmp_path: Path) -> Iterator[Site]:
    """Staging and production, where nothing was deployed yet; nobody waits long for a canary."""
    environ = composing.compose(machine.engine, tmp_path)
    machine.environ.update({name: environ[name] for name in ("DOCKER_CONFIG",) if name in environ})
    images = {
        "TRAEFIK_IMAGE": composing.traefik(machine.engine, tmp_path),
        "PROMETHEUS_IMAGE": composing.prometheus(machine.engine, tmp_path),
    }
    with registry(tmp_path) as address:
        here = Site(tmp_path / "hosts", address, {"staging": free_port(), "production": free_port()})
        for name, port in here.ports.items():
            ports = {"HTTP_PORT": port, "HTTPS_PORT": free_port(), "PROMETHEUS_PORT": free_port()}
            lines = [f"{key}={value}\n" for key, value in {"LIVE_AUTH": "none", **images, **ports}.items()]
            (here.folder / name).mkdir(parents=True)
            (here.folder / name / "host.env").write_text("".join(lines), encoding="utf-8")
        try:
            yield here
        finally:
            for name in here.ports:
                composing.removed(environ, here.folder / name)


@contextmanager
def asked(project: Path, port: int) -> Iterator[list[bool]]:
    """Have somebody ask the service again and again until the block ends; yield which requests were answered."""
    rows, stop, answered = journey.golden(project)["rows"][:1], threading.Event(), []

    def ask() -> None:
        while not stop.is_set():
            try:
                journey.ask(port, rows)
                answered.append(True)
            except OSError:
                answered.append(False)
            time.sleep(0.01)

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield answered
    finally:
        stop.set()
        thread.join()


RULES = {"steps": [50, 100], "requests": 60, "errors": 0.1, "patience_seconds": 20, "poll_seconds": 0.5}


@pytest.mark.slow
def test_what_is_merged_goes_live_and_comes_back(machine: Machine, site: Site, changed: Callable[..., Path]) -> None:
    """First release, a canary that nobody asks, one under load, and the way back; each by a workflow."""
    options = {"variables": site.variables, "payload": {"repository": {"visibility": "public"}}}
    project = changed(deploy__canary_yaml=lambda _: json.dumps(RULES))

    first = machine.run("cd.yml", project, **options)
    assert first.jobs == {"image": "success", "staging": "success", "production": "success"}
    assert "No alias is moved: without the secret MLFLOW_TRACKING_URI" in first.logs["production"]
    image = first.outputs["image"]["image"]
    assert image.startswith(f"{site.registry}/flights@sha256:")
    assert site.serving("staging") == site.serving("production") == image
    signed = (first.artifacts / "signed.txt").read_text(encoding="utf-8").splitlines()
    assert signed == [f"{image} how it was made", f"{image} sbom.spdx.json"]

    with (project / "Dockerfile").open("a", encoding="utf-8") as file:
        file.write('LABEL org.example.second="yes"\n')
    journey.commit(project, "Another image")
    second = machine.run("cd.yml", project, **options)
    assert second.jobs == {"image": "success", "staging": "success", "production": "failure"}
    assert second.failed == ["Deploy by canary"]
    assert site.serving("production") == image
    assert site.serving("staging") == second.outputs["image"]["image"] != image
    assert [entry["outcome"] for entry in site.releases("production")] == ["live", "undecided"]

    with asked(machine.project, site.ports["production"]) as answered:
        third = machine.run("cd.yml", project, **options)
    assert answered
    assert all(answered)
    assert third.jobs == {"image": "success", "staging": "success", "production": "success"}
    assert site.serving("production") == third.outputs["image"]["image"]

    back = machine.run("rollback.yml", project, inputs=REASON, **options)
    assert back.jobs == {"rollback": "success"}
    assert "Only the image goes back" in back.log
    assert site.releases("production")[-1]["digest"] == image.partition("@")[2]
    assert site.releases("production")[-1]["why"] == REASON["why"]


BAD = {
    "errors": "requests failed",
    "slow": "took more than",
    "shifted": "scores differ",
    "dying": "ended|requests failed",
}


@pytest.mark.slow
def test_a_bad_canary_makes_the_job_red_and_the_old_image_answers(
    machine: Machine, site: Site, changed: Callable[..., Path], tmp_path: Path
) -> None:
    """Merged, built, asked its golden rows, and only under load seen to be bad: three of ten fail, and so on.

    The champion in the registry stays, too, with the image in which it answers.
    """
    project = changed(deploy__canary_yaml=lambda _: json.dumps({**RULES, "steps": [20, 100], "errors": 0.05}))
    variables = {name: value for name, value in site.variables.items() if not name.startswith("STAGING")}
    store = shutil.copy2(machine.project / "mlflow.db", tmp_path / "mlflow.db")
    options = {"variables": variables, "secrets": {"MLFLOW_TRACKING_URI": f"sqlite:///{store}"}}
    first = machine.run("cd.yml", project, **options)
    assert first.jobs == {"image": "success", "staging": "skipped", "production": "success"}
    released, shown = told_by_registry(machine.project, options["secrets"])
    assert [entry["action"] for entry in released] == ["promote"]
    assert first.outputs["image"]["image"] in shown
    image, whole = first.outputs["image"]["image"], (project / "Dockerfile").read_text(encoding="utf-8")
    for fault, said in BAD.items():
        compiled = "RUN /opt/venv/bin/python -m compileall"
        line = bad_bentos.instruction(fault, "/opt/bento")
        (project / "Dockerfile").write_text(whole.replace(compiled, f"{line}\n{compiled}"), encoding="utf-8")
        journey.commit(project, f"An image with a fault: {fault}")
        with asked(machine.project, site.ports["production"]) as answered:
            run = machine.run("cd.yml", project, **options)
        print(f"{fault}: {answered.count(False)} of {len(answered)} requests were not answered")
        assert (run.jobs["image"], run.jobs["production"]) == ("success", "failure"), fault
        assert run.failed == ["Deploy by canary"]
        assert re.search(f"at 20 % .*({said})", run.logs["production"])
        assert site.serving("production") == image
        assert site.releases("production")[-1]["outcome"] == "refused"
        # The canary's share of what was asked while it answered, and no more.
        assert answered.count(False) <= 0.2 * len(answered)
        assert told_by_registry(machine.project, options["secrets"]) == (released, shown)


def test_a_champion_is_made_by_hand_and_stays_where_there_is_none_before(
    project: Path, environments: Path, tmp_path: Path
) -> None:
    """promote.yml moves the alias in the registry that a secret names; rollback.yml says that there is no way back."""
    acting.keep(tmp_path, project)
    store = shutil.copy2(project / "mlflow.db", tmp_path / "mlflow.db")
    secrets, venv = {"MLFLOW_TRACKING_URI": f"sqlite:///{store}"}, installed.environment_of(project, environments)
    options: dict[str, Any] = {"inputs": {**REASON, "why": "the first"}, "secrets": secrets, "venv": venv}

    made = acting.run(project, "promote.yml", "workflow_dispatch", tmp_path, **options)
    assert made.jobs == {"promote": "success"}
    back = acting.run(project, "rollback.yml", "workflow_dispatch", tmp_path, **options)
    assert (back.jobs, back.failed) == ({"rollback": "failure"}, ["Roll back"])
    released, _ = told_by_registry(project, secrets)
    assert [(entry["action"], entry["why"]) for entry in released] == [("promote", "the first")]


def told_by_registry(project: Path, secrets: dict[str, str]) -> tuple[list[dict[str, Any]], str]:
    """Return the releases that the registry has noted, and what it says of the champion."""

    def live(*arguments: str) -> str:
        command = [str(project / ".venv" / "bin" / "live"), *arguments]
        known = {**journey.environment(), **secrets}
        return subprocess.run(command, cwd=project, env=known, capture_output=True, text=True, check=True).stdout

    return json.loads(live("history", "--json")), live("show")
