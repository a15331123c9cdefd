"""`live deploy` for real: images of the project's own Dockerfile, Docker Compose, Traefik, Prometheus, and SSH."""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import bad_bentos
import composing
import pytest
from bake import TEMPLATE
from canaries import LONGEST, PER_SECOND, Released, under_load
from containers import Docker, docker
from demo import free_port
from journey import ask, golden, run
from ruamel.yaml import YAML
from sshd import sshd

DEPLOY = TEMPLATE / "{{cookiecutter.project_slug}}" / "deploy"
GOOD, BETTER, FAILING, DAMAGED = (f"lab-to-live-test:{name}" for name in ("good", "better", "failing", "damaged"))
BACK_SECONDS, READY_SECONDS = 30, 60


class Site(NamedTuple):
    """A folder on this machine that is deployed to, and everything that is needed for it."""

    engine: Docker
    project: Path
    folder: Path
    environ: dict[str, str]
    port: int
    watching: int

    def command(self, *arguments: str, **variables: str) -> subprocess.Popen[str]:
        """Begin a `live` of the project."""
        return subprocess.Popen(
            [str(self.project / ".venv" / "bin" / "live"), *arguments],
            cwd=self.project,
            env={**self.environ, "DEPLOY_FOLDER": str(self.folder), "LIVE_ACTOR": "ada", **variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def live(self, *arguments: str, code: int = 0, **variables: str) -> str:
        """Run a `live` to its end and return what it says."""
        process = self.command(*arguments, **variables)
        said, _ = process.communicate(timeout=LONGEST)
        print(f"\n$ live {' '.join(arguments)}   [exit {process.returncode}]\n{said}")
        assert process.returncode == code, said
        assert "Traceback" not in said
        return said

    def deployed(self, image: str) -> Released:
        """Deploy an image by canary, under steady load."""
        return under_load(self.project, self.port, lambda: self.command("deploy", image))

    def told(self) -> dict[str, Any]:
        """Return what `live deployments` says for programs."""
        process = self.command("deployments", "--json")
        return json.loads(process.communicate(timeout=LONGEST)[0])

    def container(self, service: str) -> dict[str, Any]:
        """Return what Docker knows of a container."""
        return json.loads(self.engine("container", "inspect", f"flight-delays-production-{service}"))[0]


@pytest.fixture(scope="module")
def engine() -> Iterator[Docker]:
    """A Docker that works."""
    with docker() as found:
        yield found


@pytest.fixture(scope="module")
def images(engine: Docker, project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The project's own image, and three that are made of it: as good, failing for three of ten, and damaged."""
    folder = tmp_path_factory.mktemp("images")
    command = ["make", "--no-print-directory", "image", f"IMAGE={GOOD}", f"BASE={engine.base}"]
    environ = os.environ | engine.variables
    done = subprocess.run(command, cwd=project, env=environ, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    failing = bad_bentos.faulty(project / "models" / "bento", folder / "failing", "errors")
    module = f"src/flight_delays/{bad_bentos.FAULTS['errors'][0]}"
    changes = {
        BETTER: ("LABEL better=yes", None),
        FAILING: (f"COPY changed /opt/bento/{module}", failing / module),
        DAMAGED: ("COPY changed /opt/bento/src/models/model.onnx", None),
    }
    for tag, (line, changed) in changes.items():
        context = folder / tag.partition(":")[2]
        context.mkdir(exist_ok=True)
        shutil.copy2(changed or failing / "bento.yaml", context / "changed")
        (context / "Dockerfile").write_text(f"FROM {GOOD}\n{line}\n", encoding="utf-8")
        engine("build", "--quiet", "--tag", tag, str(context))


@pytest.fixture(scope="module")
def site(engine: Docker, images: None, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Where nothing was deployed yet: host.env says who may ask, which ports, and which images stand in."""
    folder = tmp_path_factory.mktemp("site")
    environ = composing.compose(engine, folder)
    here = Site(engine, project, folder / "host", environ, free_port(), free_port())
    here.folder.mkdir()
    host_env(here, folder, LIVE_AUTH="none")
    with canary(project, requests=60, errors=0.05, patience_seconds=60, poll_seconds=1):
        try:
            yield here
        finally:
            composing.removed(environ, here.folder)


def host_env(site: Site, folder: Path, **settings: str) -> None:
    """Write the settings of this one host."""
    known = {
        "HTTP_PORT": site.port,
        "HTTPS_PORT": free_port(),
        "PROMETHEUS_PORT": site.watching,
        "TRAEFIK_IMAGE": composing.traefik(site.engine, folder),
        "PROMETHEUS_IMAGE": composing.prometheus(site.engine, folder),
        **settings,
    }
    text = "".join(f"{name}={value}\n" for name, value in known.items())
    (site.folder / "host.env").write_text(text, encoding="utf-8")


class canary:  # noqa: N801 - used as a verb
    """Other rules in the project's own deploy/canary.yaml until the block ends."""

    def __init__(self, project: Path, **rules: Any) -> None:
        self.path, self.rules = project / "deploy" / "canary.yaml", rules

    def __enter__(self) -> None:
        self.before = self.path.read_text(encoding="utf-8")
        self.path.write_text(json.dumps(self.rules), encoding="utf-8")

    def __exit__(self, *_: object) -> None:
        self.path.write_text(self.before, encoding="utf-8")


@pytest.fixture(scope="module")
def deployed(site: Site) -> Site:
    """The same, with a first release."""
    said = site.live("deploy", GOOD)
    assert "blue answers everything now: version 1.0.0" in said
    return site


@pytest.mark.journey
@pytest.mark.slow
class TestHere:
    """On this machine."""

    def test_the_first_release_answers(self, deployed: Site, project: Path) -> None:
        """Golden rows through the proxy, by the command that workflows use; and the history knows who and what."""
        said = deployed.live("smoke", "--url", f"http://127.0.0.1:{deployed.port}")
        assert "golden rows were answered digit for digit by version 1.0.0" in said
        (release,) = [entry for entry in deployed.told()["releases"] if entry.get("outcome")]
        assert (release["outcome"], release["who"], release["colour"]) == ("live", "ada", "blue")
        assert re.fullmatch(r"sha256:[0-9a-f]{64}", release["digest"])

    def test_nothing_has_more_rights_than_it_needs(self, deployed: Site) -> None:
        """Read-only, no capabilities, limits; and only proxy and Prometheus have ports, on loopback."""
        for service in ("blue", "proxy", "prometheus"):
            known = deployed.container(service)
            host = known["HostConfig"]
            assert host["ReadonlyRootfs"], service
            assert host["CapDrop"] == ["ALL"], service
            assert "no-new-privileges:true" in host["SecurityOpt"], service
            assert host["Memory"] > 0, service
            assert host["PidsLimit"] > 0, service
            published = [one for ports in known["NetworkSettings"]["Ports"].values() for one in ports or []]
            assert {one["HostIp"] for one in published} == (set() if service == "blue" else {"127.0.0.1"}), service
        blue = deployed.container("blue")
        assert blue["Config"]["User"] == "10001:10001"
        assert blue["Config"]["StopTimeout"] >= 15
        assert blue["Config"]["Image"].startswith("sha256:")

    def test_outsiders_see_no_metrics(self, deployed: Site) -> None:
        """They are on the private port, which has no way out."""
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{deployed.port}/metrics", timeout=5)

    def test_prometheus_gathers_and_knows_its_rules(self, deployed: Site) -> None:
        """The colour that runs, and the proxy."""
        deadline = time.monotonic() + READY_SECONDS
        while not (up := query(deployed, 'up{instance=~"blue:9090|proxy:8082"}')) or set(up.values()) != {"1"}:
            assert time.monotonic() < deadline, up
            time.sleep(1)
        with urllib.request.urlopen(f"http://127.0.0.1:{deployed.watching}/api/v1/rules", timeout=5) as answer:
            groups = json.load(answer)["data"]["groups"]
        assert {rule["health"] for group in groups for rule in group["rules"]} <= {"ok", "unknown"}
        assert len(groups[0]["rules"]) >= 5

    def test_a_bad_image_goes_back_by_itself(self, deployed: Site) -> None:
        """Three of ten answers of the canary fail: nobody else's does, and blue has everything back."""
        found = deployed.deployed(FAILING)
        assert found.code == 1
        assert "Not released, and blue answers everything: at 5 % it was worse" in found.sentence
        assert set(found.outcomes) <= {200, 500, "late"}
        last = deployed.told()["releases"][-1]
        seen = sum(step["requests"][0] for step in last["evidence"] if "requests" in step)
        assert len(found.failed) <= seen + PER_SECOND * 0.05 * 5
        sent = [one.sent for one in found.failed]
        assert max(sent) - min(sent) < BACK_SECONDS
        assert deployed.told()["weights"] == {"blue": 100}
        assert deployed.container("green")["State"]["Status"] == "exited"

    def test_an_image_that_does_not_start_meets_no_request(self, deployed: Site) -> None:
        """The sentence is the service's own."""
        found = deployed.deployed(DAMAGED)
        assert found.code == 1
        assert "is not the model its signature.json names" in found.sentence
        assert found.failed == []
        assert deployed.told()["weights"] == {"blue": 100}

    def test_a_killed_deploy_is_brought_back_by_rollback(self, deployed: Site) -> None:
        """kill -9 in the middle of a canary; `live rollback --only image` says what it found."""

        def kill(process: subprocess.Popen[str]) -> None:
            path, deadline = deployed.folder / "routes" / "live.yml", time.monotonic() + READY_SECONDS
            while "green" not in path.read_text(encoding="utf-8"):
                assert time.monotonic() < deadline
                time.sleep(0.1)
            process.send_signal(signal.SIGKILL)

        found = under_load(deployed.project, deployed.port, lambda: deployed.command("deploy", BETTER), kill)
        assert found.failed == []
        assert deployed.told()["weights"]["green"] == 5
        said = deployed.live("rollback", "--only", "image", code=1)
        assert "was killed before its end; blue answers everything" in said
        assert "There is no image to go back to" in said
        assert deployed.told()["weights"] == {"blue": 100}

    def test_a_good_image_costs_nobody_an_answer(self, deployed: Site) -> None:
        """No request fails, from the first share to the last; then green answers, and blue is kept."""
        found = deployed.deployed(BETTER)
        assert found.code == 0, found.said
        assert found.failed == []
        told = deployed.told()
        assert told["weights"] == {"green": 100}
        assert [step["share"] for step in told["releases"][-1]["evidence"]] == [5, 25, 50, 100]
        assert deployed.container("blue")["State"]["Status"] == "running"

    def test_the_way_back_of_an_image_takes_seconds(self, deployed: Site) -> None:
        """The colour before still runs: its golden rows, and then everything."""
        found = under_load(
            deployed.project, deployed.port, lambda: deployed.command("rollback", "--only", "image", "--why", "odd")
        )
        assert found.code == 0, found.said
        assert found.failed == []
        assert deployed.told()["weights"] == {"blue": 100}
        assert deployed.told()["releases"][-1]["action"] == "rollback"

    def test_tls_is_a_setting_of_the_host(self, deployed: Site, tmp_path: Path) -> None:
        """With a certificate of one's own: HTTPS answers, and plain HTTP leads there, after the next release."""
        certificates = deployed.folder / "certificates"
        request = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        files = ["-keyout", str(certificates / "tls.key"), "-out", str(certificates / "tls.crt")]
        name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "2"]
        run([*request, *files, *name], tmp_path)
        settings = deployed.folder / "host.env"
        before = settings.read_text(encoding="utf-8")
        settings.write_text(before + "TLS=files\n", encoding="utf-8")
        try:
            deployed.live("deploy", BETTER, "--at-once")
            (port,) = re.findall(r"^HTTPS_PORT=(\d+)$", before, re.MULTILINE)
            trusted = ssl.create_default_context(cafile=str(certificates / "tls.crt"))
            with urllib.request.urlopen(f"https://localhost:{port}/readyz", timeout=5, context=trusted) as answer:
                assert answer.status == 200
            plain = http.client.HTTPConnection("localhost", deployed.port, timeout=5)
            plain.request("GET", "/readyz")
            assert plain.getresponse().status in (301, 308)
        finally:
            settings.write_text(before, encoding="utf-8")
            deployed.live("deploy", GOOD, "--at-once")

    def test_predictions_are_kept_for_each_colour(self, deployed: Site) -> None:
        """In a volume each, which outlives the containers."""
        ask(deployed.port, golden(deployed.project)["rows"][:1])
        for colour in ("blue", "green"):
            name = f"flight-delays-production-{colour}"
            deployed.engine("exec", name, "python", "-c", "import os; assert os.listdir('/var/lib/predictions')")
            (volume,) = [m for m in deployed.container(colour)["Mounts"] if m["Destination"] == "/var/lib/predictions"]
            assert volume["Type"] == "volume"


@pytest.mark.journey
@pytest.mark.slow
def test_over_ssh_and_with_keys(engine: Docker, images: None, project: Path, tmp_path: Path) -> None:
    """A real sshd on loopback, an environment of its own, and a service that wants a key from everybody."""
    environ = composing.compose(engine, tmp_path)
    remote = {k: v for k, v in environ.items() if k in ("PATH", "DOCKER_HOST", "DOCKER_CONFIG")}
    site = Site(engine, project, tmp_path / "far", environ, free_port(), free_port())
    (site.folder / "secrets").mkdir(parents=True)
    live = str(project / ".venv" / "bin" / "live")
    keys = ["--file", str(site.folder / "secrets" / "keys.json")]
    made = run([live, "keys", "new", "--name", "deploy", "--scope", "predict", "--scope", "admin", *keys], project)
    key = re.findall(r"live_\S+", made)[-1]
    (site.folder / "secrets" / "keys.json").chmod(0o644)
    (site.folder / "secrets" / "metrics.key").write_text(key, encoding="utf-8")
    host_env(site, tmp_path, LIVE_AUTH="keys")
    with sshd(tmp_path, remote) as server, canary(project, requests=10, errors=0.3, poll_seconds=1, steps=[50, 100]):
        where = {"DEPLOY_HOST": server.address, "DEPLOY_SSH_OPTIONS": server.options, "DEPLOY_ENVIRONMENT": "staging"}
        try:
            refused = site.live("deploy", GOOD, code=1, **where)
            assert "set LIVE_API_KEY" in refused
            site.live("deploy", GOOD, **where, LIVE_API_KEY=key)
            with pytest.raises(urllib.error.HTTPError, match="401"):
                ask(site.port, golden(project)["rows"][:1])
            site.live("smoke", "--url", f"http://127.0.0.1:{site.port}", LIVE_API_KEY=key)
            site.live("deploy", BETTER, "--at-once", **where, LIVE_API_KEY=key)
            said = site.live("deployments", **where, LIVE_API_KEY=key)
            assert said.startswith("staging: green 100 %") or said.startswith("staging: blue 100 %")
            assert key not in "".join(path.read_text() for path in site.folder.glob("*") if path.is_file())
            wrong = site.live("deploy", GOOD, code=1, **where | {"DEPLOY_HOST": "ssh://nobody@127.0.0.1:1"})
            assert "can't be reached over SSH" in wrong
        finally:
            composing.removed(environ, site.folder)


def query(site: Site, expression: str) -> dict[str, str]:
    """Return what Prometheus answers, by instance."""
    address = f"http://127.0.0.1:{site.watching}/api/v1/query?query={urllib.request.quote(expression)}"
    try:
        with urllib.request.urlopen(address, timeout=5) as answer:
            found = json.load(answer)["data"]["result"]
    except OSError:
        return {}
    return {one["metric"]["instance"]: one["value"][1] for one in found}


def test_the_compose_file_is_one() -> None:
    """By the specification's own schema."""
    check = str(Path(sys.executable).with_name("check-jsonschema"))
    run([check, "--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")], TEMPLATE)


def test_prometheus_takes_its_configuration_and_rules(tmp_path: Path) -> None:
    """By its own tool."""
    tool = str(composing.prometheus_program(tmp_path, "promtool"))
    run([tool, "check", "config", "--syntax-only", str(DEPLOY / "prometheus" / "prometheus.yml")], TEMPLATE)
    run([tool, "check", "rules", str(DEPLOY / "prometheus" / "rules.yml")], TEMPLATE)


def test_alerts_come_when_they_should_and_not_before(tmp_path: Path) -> None:
    """Ten of a hundred requests fail for a while; then neither colour is there. One of a hundred is no alert."""
    tool = str(composing.prometheus_program(tmp_path, "promtool"))
    shutil.copy2(DEPLOY / "prometheus" / "rules.yml", tmp_path)
    failed, good = (f'traefik_service_requests_total{{code="{code}",service="blue@file"}}' for code in (500, 200))
    wells = [{"series": f'up{{job="service",colour="{colour}"}}', "values": "1x9 0x10"} for colour in ("blue", "green")]

    def counted(share: int) -> list[dict[str, str]]:
        return [
            {"series": good, "values": f"0+{100 - share}x20"},
            {"series": failed, "values": f"0+{share}x20"},
            *wells,
        ]

    def alert(name: str, at: str, fires: bool) -> dict[str, Any]:
        labels = {"exp_labels": {"severity": "page"}}
        return {"eval_time": at, "alertname": name, **({"exp_alerts": [labels]} if fires else {"exp_alerts": []})}

    def case(share: int, *alerts: dict[str, Any]) -> dict[str, Any]:
        return {"interval": "1m", "input_series": counted(share), "alert_rule_test": list(alerts)}

    known = YAML(typ="safe", pure=True).load(tmp_path / "rules.yml")["groups"][0]["rules"]
    said = {rule["alert"]: rule["annotations"] for rule in known if "alert" in rule}
    cases = [
        case(10, alert("RequestsFail", "4m", False), alert("RequestsFail", "15m", True)),
        case(1, alert("RequestsFail", "15m", False), alert("NothingAnswers", "9m", False)),
        case(0, alert("NothingAnswers", "15m", True), alert("RequestsFail", "15m", False)),
    ]
    for known_alert in (one for each in cases for one in each["alert_rule_test"]):
        for expected in known_alert["exp_alerts"]:
            expected["exp_annotations"] = said[known_alert["alertname"]]
    text = json.dumps({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": cases})
    (tmp_path / "cases.yml").write_text(text, encoding="utf-8")
    run([tool, "test", "rules", "cases.yml"], tmp_path)


def test_images_beside_the_service_are_named_in_one_place() -> None:
    """With a version, in settings.env, and nowhere else; nothing there is secret."""
    services = YAML(typ="safe", pure=True).load(DEPLOY / "compose.yaml")["services"]
    settings = (DEPLOY / "settings.env").read_text(encoding="utf-8")
    for service in services.values():
        (name,) = re.fullmatch(r"\$\{(\w+):\?.*\}", service["image"]).groups()
        assert name in ("BLUE_IMAGE", "GREEN_IMAGE") or re.search(
            rf"^{name}=\S+:v\d+\.\d+\.\d+$", settings, re.MULTILINE
        )
    assert not re.search(r"(?i)^\w*(password|secret|token|_key)=\S", settings, re.MULTILINE)
