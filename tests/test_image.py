"""The image, built by `make image` and run as a careful platform runs it: no root, nothing to write to, no rights."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
import tarfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from containers import Docker, docker
from journey import GIT, ask, environment, fetched, golden, run

pytestmark = pytest.mark.journey
MEGABYTE = 1_000_000
LARGEST = 400 * MEGABYTE
TAG = "lab-to-live-test:image"
READY_SECONDS = 30
# It takes two on a machine that does nothing else.
REPLACED_SECONDS = 6
STOPPED_SECONDS = 10
LOCKED_DOWN = [
    *("--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
    *("--memory", "600m", "--pids-limit", "100"),
]
# Where secrets lie about, and what they say.
PLANTED = {
    ".env": "DB_PASSWORD=planted-in-env-5f0c",
    "service.key": "planted-in-key-93ab",
    "data/external/account.json": "planted-in-data-71de",
    "models/token.txt": "planted-in-models-c204",
}


class Image(NamedTuple):
    """What was built, and where."""

    docker: Docker
    project: Path
    said: str


class Container(NamedTuple):
    """What runs."""

    docker: Docker
    name: str
    port: int

    def inside(self, program: str) -> str:
        """Run Python in the container and return what it prints."""
        return self.docker("exec", self.name, "python", "-c", program)

    def state(self) -> Any:
        """Return what Docker knows of it."""
        return json.loads(self.docker("inspect", self.name))[0]["State"]


@contextmanager
def planted(project: Path) -> Iterator[None]:
    """Leave secrets in the project's files until the block ends."""
    try:
        for path, text in PLANTED.items():
            (project / path).write_text(text + "\n", encoding="utf-8")
        yield
    finally:
        for path in PLANTED:
            (project / path).unlink(missing_ok=True)


@pytest.fixture(scope="module")
def image(project: Path) -> Iterator[Image]:
    """The image of a project whose pipeline has run, with secrets where people leave them."""
    with docker() as engine, planted(project):
        started = time.monotonic()
        done = subprocess.run(
            ["make", "--no-print-directory", "image", f"IMAGE={TAG}", f"BASE={engine.base}"],
            cwd=project,
            env=environment() | engine.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=900,
            check=False,
        )
        print(f"{done.stdout[-6000:]}\nmake image took {time.monotonic() - started:.0f} s")
        assert done.returncode == 0
        yield Image(engine, project, done.stdout)
        engine("rmi", "--force", TAG)


@contextmanager
def running(image: Image, *options: str) -> Iterator[Container]:
    """Run the image on a loopback port of Docker's choice until the block ends, locked down."""
    given = [*LOCKED_DOWN, "--publish", "127.0.0.1::3000", *options]
    name = image.docker("run", "--detach", *given, TAG).splitlines()[-1]
    try:
        port = int(image.docker("port", name, "3000/tcp").rsplit(":", 1)[1])
        container = Container(image.docker, name, port)
        wait_until_ready(container, READY_SECONDS)
        yield container
    finally:
        print(f"\nthe container's log ends:\n{image.docker('logs', '--tail', '15', name)}")
        image.docker("rm", "--force", name)


@pytest.fixture(scope="module")
def container(image: Image) -> Iterator[Container]:
    """A container that tests leave as it is."""
    with running(image, "--env", "LIVE_AUTH=none", "--volume", "lab-to-live-test:/var/lib/predictions") as container:
        yield container
    image.docker("volume", "rm", "lab-to-live-test")


def wait_until_ready(container: Container, limit: float) -> float:
    """Return after how many seconds the service answered."""
    started = time.monotonic()
    while (seconds := time.monotonic() - started) < limit:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{container.port}/readyz", timeout=1).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
        else:
            return seconds
    pytest.fail(f"nothing answers after {limit} seconds")


def test_the_dockerfile_is_as_hadolint_wants_it(baked: Callable[..., Path]) -> None:
    """Its rules are what people have learned about images; the one exception says why."""
    run([str(Path(sys.executable).with_name("hadolint")), "Dockerfile"], baked())


def test_it_is_smaller_than_400_megabytes(image: Image) -> None:
    """With everything under it; all layers of its own together are much less."""
    sizes = {name: int(image.docker("inspect", "--format", "{{.Size}}", name)) for name in (TAG, image.docker.base)}
    print({name: f"{size / MEGABYTE:.0f} MB" for name, size in sizes.items()})
    assert sizes[TAG] < LARGEST


def test_labels_say_what_it_is(image: Image) -> None:
    """Version, commit and licence, under the names that registries read."""
    config = json.loads(image.docker("inspect", TAG))[0]["Config"]
    labels = {name.removeprefix("org.opencontainers.image."): value for name, value in config["Labels"].items()}
    head = run([*GIT, "rev-parse", "HEAD"], image.project).strip()
    assert labels == {"title": "flight-delays", "version": "1.0.0", "revision": head, "licenses": "MIT"}
    assert config["User"] == "10001:10001"
    assert not [line for line in config["Env"] if line.startswith(("BENTOML_CONTAINERIZED", "LIVE_AUTH"))]


def test_only_what_serves_is_inside(image: Image, container: Container) -> None:
    """Exactly the serving lock: nothing that trains, tracks or tests, and nothing that installs."""
    listed = "import importlib.metadata as m, json; print(json.dumps([d.name for d in m.distributions()]))"
    inside = {re.sub(r"[-_.]+", "-", name).lower() for name in json.loads(container.inside(listed))}
    lock = (image.project / "requirements" / "serve.txt").read_text(encoding="utf-8")
    locked = set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))
    assert inside <= locked
    assert {"bentoml", "onnxruntime", "pyarrow", "numpy"} <= inside
    assert inside & {"pandas", "scikit-learn", "mlflow", "dvc", "jupyterlab", "locust", "pip", "setuptools"} == set()


def test_no_secret_is_in_any_layer(image: Image, tmp_path: Path) -> None:
    """Not what was planted in the project's folder, nor the names of the files it was planted in."""
    saved = tmp_path / "image.tar"
    image.docker("save", "--output", str(saved), TAG)
    wanted = [text.split("=")[-1].encode() for text in PLANTED.values()]
    names: list[str] = []
    with tarfile.open(saved) as archive:
        for member in archive:
            file = archive.extractfile(member) if member.isfile() else None
            if file is None:
                continue
            content = file.read()
            assert [text for text in wanted if text in content] == [], member.name
            if content[257:262] == b"ustar":
                with tarfile.open(fileobj=io.BytesIO(content)) as layer:
                    names += layer.getnames()
    assert "opt/bento/src/models/model.onnx" in names
    assert [name for name in names if Path(name).name in {Path(path).name for path in PLANTED}] == []
    history = image.docker("history", "--no-trunc", "--format", "{{.CreatedBy}}", TAG)
    assert not re.search(r"password|token|secret|api_?key", history, re.IGNORECASE), history


def test_golden_rows_are_answered(image: Image, container: Container) -> None:
    """As in the notebook, digit for digit."""
    kept = golden(image.project)
    answer = ask(container.port, kept["rows"])
    assert {name: answer[name] for name in kept if name != "rows"} == {n: kept[n] for n in kept if n != "rows"}
    assert fetched(f"http://127.0.0.1:{container.port}/v1/info")["model"] == answer["model"]


def test_it_runs_without_root_rights_or_a_place_to_write(container: Container) -> None:
    """Its processes have no capability and gain none, and only /tmp and the volume can be written to."""
    status = container.inside("print(open('/proc/1/status').read())")
    found = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert found["Uid"].split() == ["10001"] * 4
    assert {int(found[name], 16) for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {0}
    assert found["NoNewPrivs"] == "1"
    folders = ("/", "/opt/bento", "/opt/venv", "/var/lib/predictions", "/tmp")
    writable = container.inside(f"import os; print([f for f in {folders} if os.access(f, os.W_OK)])")
    assert writable == "['/var/lib/predictions', '/tmp']"


def test_hardly_anything_is_compiled_at_start(container: Container) -> None:
    """Where nothing can be written, every process would compile again what the image doesn't hold compiled."""
    looked = (
        "import importlib.util as u, json, os, sys, bentoml, pyarrow.parquet, onnxruntime;"
        "from flight_delays.live import service;"
        "found = [m.__spec__ for m in list(sys.modules.values()) if getattr(m, '__spec__', None)];"
        "own = [s.origin for s in found if (s.origin or '').endswith('.py') and s.origin.startswith('/opt')];"
        "print(json.dumps([len(own), [o for o in own if not os.path.exists(u.cache_from_source(o))]]))"
    )
    count, missing = json.loads(container.inside(looked).splitlines()[-1])
    print(f"{len(missing)} of {count} modules would be compiled: {missing}")
    assert count > 300
    assert len(missing) < count / 20


def test_arrow_streams_are_answered(image: Image, container: Container) -> None:
    """With what is left of PyArrow: a table comes in, and one goes out that says the same."""
    program = """
import json, pyarrow, pyarrow.ipc, urllib.request
kept = json.load(open("/opt/bento/src/models/golden.json"))
table = pyarrow.Table.from_pylist(kept["rows"])
sink = pyarrow.BufferOutputStream()
with pyarrow.ipc.new_stream(sink, table.schema) as stream:
    stream.write_table(table)
kind = "application/vnd.apache.arrow.stream"
headers = {"content-type": kind, "accept": kind}
request = urllib.request.Request("http://127.0.0.1:3000/v1/predict", sink.getvalue().to_pybytes(), headers)
with urllib.request.urlopen(request) as response:
    assert response.headers["content-type"] == kind
    answered = pyarrow.ipc.open_stream(response.read()).read_all()
print(json.dumps([answered.num_rows, answered.column_names]))
"""
    rows, names = json.loads(container.inside(program))
    assert rows == len(golden(image.project)["rows"])
    assert any(name.startswith("prediction") for name in names)


def test_predictions_are_in_the_volume_when_the_container_is_gone(image: Image) -> None:
    """As Parquet, written by a user who may write nowhere else."""
    folder, volume = "/var/lib/predictions", "lab-to-live-test-log"
    kept = ["--volume", f"{volume}:{folder}"]
    rows = golden(image.project)["rows"]
    try:
        with running(image, *kept, "--env", "LIVE_AUTH=none", "--env", f"LIVE_PREDICTIONS={folder}") as container:
            request_id = ask(container.port, rows)["request_id"]
            image.docker("stop", "--time", "30", container.name)
        reading = (
            "import json, pathlib, pyarrow.parquet as parquet;"
            f"files = [str(path) for path in pathlib.Path('{folder}').rglob('*.parquet')];"
            "print(json.dumps([one['request_id'] for f in files for one in parquet.ParquetFile(f).read().to_pylist()]))"
        )
        given = ["--rm", *LOCKED_DOWN, *kept, "--entrypoint", "python"]
        assert json.loads(image.docker("run", *given, TAG, "-c", reading)) == [request_id] * len(rows)
    finally:
        image.docker("volume", "rm", "--force", volume)


def test_its_health_check_finds_it_healthy(container: Container) -> None:
    """With Python, as there is no curl."""
    deadline = time.monotonic() + READY_SECONDS
    while container.state()["Health"]["Status"] != "healthy" and time.monotonic() < deadline:
        time.sleep(0.5)
    assert container.state()["Health"]["Status"] == "healthy", container.state()["Health"]


def test_a_worker_that_is_killed_is_replaced(image: Image) -> None:
    """By another process, without the container's end, and soon."""
    killed = (
        "import os, psutil, signal;"
        "(worker,) = [p for p in psutil.process_iter() if '_bentoml_impl.worker.service' in p.cmdline()];"
        "print(worker.pid); os.kill(worker.pid, signal.SIGKILL)"
    )
    with running(image, "--env", "LIVE_AUTH=none") as container:
        first = container.inside(killed)
        seconds = wait_until_ready(container, REPLACED_SECONDS)
        print(f"it answered again after {seconds:.1f} s")
        second = container.inside(killed)
        assert second != first
        wait_until_ready(container, REPLACED_SECONDS)
        assert (container.state()["Running"], container.state()["OOMKilled"]) == (True, False)


def test_it_ends_soon_and_well_when_it_is_told_to(image: Image) -> None:
    """SIGTERM reaches the server, whatever port it was given, and its exit code is 0."""
    with running(image, "--env", "LIVE_AUTH=none", "--env", "PORT=3000") as container:
        started = time.monotonic()
        image.docker("stop", "--time", "30", container.name)
        seconds = time.monotonic() - started
        print(f"it ended after {seconds:.1f} s")
        assert seconds < STOPPED_SECONDS
        assert container.state()["ExitCode"] == 0


def test_without_authentication_it_does_not_start(image: Image) -> None:
    """In a container it listens on every address; nobody is let in by default. One sentence says what to set."""
    said = image.docker("run", "--rm", *LOCKED_DOWN, TAG, check=False)
    assert said.startswith("Error: ")
    assert "LIVE_AUTH" in said
    assert len(said.splitlines()) == 1, said


def test_an_image_of_a_damaged_model_does_not_start(image: Image, tmp_path: Path) -> None:
    """It ends with one sentence, so that a platform doesn't send requests to it."""
    damaged = tmp_path / "model.onnx"
    damaged.write_bytes(b"not the model")
    os.chmod(tmp_path, 0o755)  # noqa: PTH101 - the folder is pytest's own, closed to the container's user
    mounted = f"{damaged}:/opt/bento/src/models/model.onnx:ro"
    said = image.docker("run", "--rm", *LOCKED_DOWN, "--env", "LIVE_AUTH=none", "--volume", mounted, TAG, check=False)
    assert said.startswith("Error: ")
    assert len(said.splitlines()) == 1, said
