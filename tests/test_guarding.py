"""Who may ask a service that runs, and how often: keys that come and go, and limits that its processes share."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from demo import free_port
from journey import environment, golden, run, started
from services import redis

pytestmark = pytest.mark.journey


def keys(project: Path, *arguments: str) -> str:
    """Run `live keys`, and return what it says on its standard output alone."""
    command = [str(project / ".venv" / "bin" / "live"), "keys", *arguments]
    return subprocess.run(command, cwd=project, env=environment(), check=True, stdout=subprocess.PIPE, text=True).stdout


def ask(address: str, project: Path, key: str = "") -> int:
    """Ask for a prediction and return the status."""
    headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
    body = json.dumps({"rows": golden(project)["rows"][:1]}).encode()
    request = urllib.request.Request(f"{address}/v1/predict", body, headers)
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def eventually(address: str, project: Path, key: str, status: int) -> None:
    """Ask until the status is this one; fail if it isn't within ten seconds."""
    deadline = time.monotonic() + 10
    while ask(address, project, key) != status:
        assert time.monotonic() < deadline, f"the status never was {status}"
        time.sleep(0.1)


@pytest.mark.parametrize("program", ["live", "bentoml"])
def test_a_service_that_everybody_could_reach_doesn_t_start_unguarded(project: Path, program: str) -> None:
    """It ends with one sentence, and nothing has listened."""
    port = free_port()
    bento = str(project / "models" / "bento")
    where = ["--bento", bento] if program == "live" else [bento]
    command = [str(project / ".venv" / "bin" / program), "serve", *where, "--host", "0.0.0.0", "--port", str(port)]
    said = run(command, project, check=False)
    assert "Traceback" not in said
    assert said.count("On 0.0.0.0, others than this machine could ask") == 1
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port))


def test_a_worker_asks_its_socket_where_it_listens(project: Path) -> None:
    """However BentoML was told: a worker that is started by hand on an open socket ends without answering."""
    with socket.socket() as own:
        own.bind(("0.0.0.0", 0))
        own.set_inheritable(True)
        bento = str(project / "models" / "bento")
        number = str(own.fileno())
        command = [
            str(project / ".venv" / "bin" / "python"),
            "-m",
            "_bentoml_impl.worker.service",
            bento,
            "--fd",
            number,
        ]
        # The worker ends the process that started it: here, a shell that is there for that.
        shell = ["bash", "-c", '"$@"; exit', "shell", *command]
        ended = subprocess.run(
            shell,
            cwd=project,
            env=environment(),
            pass_fds=[own.fileno()],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            start_new_session=True,
            check=False,
        )
    assert "On 0.0.0.0, others than this machine could ask" in ended.stdout


def test_keys_come_and_go_while_the_service_runs_and_its_log_has_none(project: Path, tmp_path: Path) -> None:
    """A new key is let in within seconds, one that was taken back isn't any more, and the other stays."""
    path = tmp_path / "keys.json"
    first = keys(project, "new", "--name", "first", "--file", str(path)).strip()
    guarded = {"LIVE_AUTH": "keys", "LIVE_API_KEYS": str(path), "LIVE_WORKERS": "2"}
    with started(project, "serve", "/readyz", "PORT={port}", **guarded) as address:
        assert [ask(address, project), ask(address, project, first), ask(address, project, "x")] == [401, 200, 401]
        second = keys(project, "new", "--name", "second", "--file", str(path)).strip()
        eventually(address, project, second, 200)
        assert ask(address, project, first) == 200
        keys(project, "revoke", "first", "--file", str(path))
        eventually(address, project, first, 401)
        time.sleep(2.5)
        assert [ask(address, project, key) for key in [first, second] * 8] == [401, 200] * 8
    log = (project.parent / "serve.log").read_text()
    assert '"caller":"second"' in log
    assert first not in log
    assert second not in log


def test_all_processes_share_a_limit_in_redis_and_without_it_all_are_answered(project: Path, tmp_path: Path) -> None:
    """Exactly as many as allowed, over two processes and many connections; a dead Redis refuses nobody."""
    port = free_port()
    limited = {"LIVE_RATE_LIMIT": "30/hour", "LIVE_RATE_STORAGE": f"redis://127.0.0.1:{port}/0", "LIVE_WORKERS": "2"}
    with ThreadPoolExecutor(8) as pool, redis(tmp_path, port) as url:
        assert url == limited["LIVE_RATE_STORAGE"]
        with started(project, "serve", "/readyz", "PORT={port}", **limited) as address:
            # The first request of a process connects it, which may take longer than a request waits.
            statuses = list(pool.map(lambda _: ask(address, project), range(80)))
            assert set(statuses) == {200, 429}
            assert statuses.count(200) >= 30
            statuses = list(pool.map(lambda _: ask(address, project), range(20)))
            assert statuses == [429] * 20
            killed = int((tmp_path / "redis.pid").read_text())
            os.kill(killed, 9)
            begun = time.monotonic()
            assert list(pool.map(lambda _: ask(address, project), range(40))) == [200] * 40
            assert time.monotonic() - begun < 5
    assert "Requests aren't limited" in (project.parent / "serve.log").read_text()
