"""Workflows run for real: one workflow file of a committed project, by `act`, on this machine and without internet.

    run = acting.run(project, "ci.yml", "pull_request", tmp_path, payload={"number": 7}, variables={"X": "1"})
    assert run.jobs == {"check": "success", "ci-ok": "success"}   # every job of the file: also failure, skipped
    assert "2 of 3" in run.summary                                # what went to $GITHUB_STEP_SUMMARY, of all jobs
    run.outputs["check"]["key"]                                   # what steps wrote to $GITHUB_OUTPUT, by job
    run.failed == ["Lint"]                                        # the names of the steps that failed
    run.log, run.logs["check"], run.artifacts / "report", run.seconds

- Every job checks out the last *commit* of `project`, into a workspace of its own. What isn't committed isn't there.
- `folder` keeps what outlives a run: caches. Two runs with one folder share them, two folders don't.
- Each `run:` step is the real command. Only actions of other owners are replaced, by those in stubs/ (STUBS says what
  each stands for); a workflow that uses one without a stub fails its test. Local actions (./.github/…) run as they are.
- An environment of `project`'s locks is made once in a test run (`installed`), and the stub of setup-uv lays a
  copy where `make setup` looks: that runs for real, has uv compare every package with the lock, and installs none.
- `payload` is laid over what GitHub would send (`event_of`); `environment` is what the runner's machine has set, such
  as GITHUB_API_URL for a fake on loopback. A new repository has no variables, and no secret but GITHUB_TOKEN.
- Not proved by act: approvals of environments, permissions of the token, concurrency, OIDC, the real caches' limits.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import journey
from ruamel.yaml import YAML

PROGRAMS = Path(sys.executable).parent
STUB_FOLDER = Path(__file__).resolve().parent / "stubs"
# The actions of other owners that tests replace, and what each does instead. All else that a workflow does is real.
STUBS = {
    "actions/checkout": "fetches the same commit as deep as asked, from the project's own repository",
    "actions/cache": "keeps tar files in a folder by key; restore-keys find the newest; `restore` and `save` only",
    "actions/upload-artifact": "copies files to a folder of the run",
    "actions/download-artifact": "copies them back",
    "anchore/sbom-action": "writes an empty list",
    "actions/attest": "notes what would have been signed in a folder of the run",
    "aws-actions/configure-aws-credentials": "gives the job the keys that the test set for the machine",
    "google-github-actions/auth": "gives the job the key that the test set for the machine",
    "azure/login": "nothing",
    "pypa/gh-action-pip-audit": "has uv resolve the lock against its hashes; looks no fault up",
    "zizmorcore/zizmor-action": "runs the template's own zizmor, offline",
    "astral-sh/setup-uv": "uv is on the machine; lays the environment of the project's locks down as .venv",
}
REPOSITORY = "team/flight-delays"
TOKEN = "ghs_acting"
RUN_SECONDS = 900
FLAGS = [
    *(
        "--json",
        "--pull=false",
        "--no-skip-checkout",
        "--no-cache-server",
        "--rm",
        "--actor=ada",
        "--env-file=/dev/null",
    ),
    *(f"--platform=ubuntu-{version}=-self-hosted" for version in ("latest", "24.04")),
]
USES = re.compile(r"^\s*(?:-\s+)?uses:\s*([\w.-]+/[\w.-]+)(?:/[\w./-]+)?@([0-9a-f]{40})\b", re.MULTILINE)


CALLS = re.compile(r"uses: \./\.github/workflows/([\w.-]+)")
# An event, below `on:` and two spaces in; no job has such a name.
EVENT = re.compile(r"^  (push|pull_request|schedule|workflow_dispatch|workflow_call):", re.MULTILINE)
# What this process has started, each a workflow and an event, and how often.
STARTED: Counter[str] = Counter()


class Run(NamedTuple):
    """What came of a workflow."""

    jobs: dict[str, str]
    summary: str
    outputs: dict[str, dict[str, str]]
    logs: dict[str, str]
    failed: list[str]
    artifacts: Path
    seconds: float

    @property
    def log(self) -> str:
        """What all jobs said."""
        return "".join(self.logs.values())

    @property
    def red(self) -> set[str]:
        """The jobs that failed."""
        return {job for job, conclusion in self.jobs.items() if conclusion == "failure"}


def run(
    project: Path,
    workflow: str,
    event: str,
    folder: Path,
    *,
    payload: Mapping[str, Any] | None = None,
    inputs: Mapping[str, str] | None = None,
    secrets: Mapping[str, str] | None = None,
    variables: Mapping[str, str] | None = None,
    environment: Mapping[str, str] | None = None,
    venv: Path | None = None,
) -> Run:
    """Run one workflow of a committed project, and return what came of it; `venv` is its environment (`installed`)."""
    folder.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix="run-", dir=folder))
    repository = journey.clone(project, place / "repository")
    journey.run([*journey.GIT, "remote", "set-url", "origin", f"https://github.com/{REPOSITORY}.git"], repository)
    own = repository / ".github" / "workflows" / workflow
    called = CALLS.findall(own.read_text(encoding="utf-8"))
    STARTED.update([f"{workflow} {event}", *(f"{name} workflow_call" for name in called)])
    sent = merged(event_of(event, project, inputs or {}), payload or {})
    (place / "event.json").write_text(json.dumps(sent), encoding="utf-8")
    hidden = {"GITHUB_TOKEN": TOKEN, **(secrets or {})}
    known = {**places(project, folder, place, venv), **(environment or {})}
    command = [str(PROGRAMS / "act"), event, *FLAGS, f"--workflows=.github/workflows/{workflow}"]
    command += [f"--eventpath={place / 'event.json'}", f"--action-cache-path={place / 'workspaces'}"]
    command += words(env=known, var=variables or {})
    command += [f"--secret={name}" for name in hidden]
    command += words(local_repository={f"{used}@{ref}": stub(used) for used, ref in actions_used(repository)})
    started = time.monotonic()
    lines = output_of(command, repository, hidden)
    seconds = time.monotonic() - started
    shutil.rmtree(place / "workspaces", ignore_errors=True)
    return told(lines, jobs_of(own), place / "artifacts", seconds)


def places(project: Path, folder: Path, place: Path, venv: Path | None) -> dict[str, str]:
    """Return what the stubs have to know: where the project is, and what they keep."""
    return {
        "ACTING_ORIGIN": project.as_uri(),
        "ACTING_VENV": str(venv or ""),
        "ACTING_STUBS": str(STUB_FOLDER),
        "ACTING_CACHES": str(folder / "caches"),
        "ACTING_ARTIFACTS": str(place / "artifacts"),
    }


def words(**options: Mapping[str, Any]) -> list[str]:
    """Return options of act that each take a NAME=value, as often as there are values."""
    pairs = [(option.replace("_", "-"), name, value) for option, of in options.items() for name, value in of.items()]
    return [f"--{option}={name}={value}" for option, name, value in pairs]


def told(lines: Iterable[str], jobs: Iterable[str], artifacts: Path, seconds: float) -> Run:
    """Return what act's log says: a line of JSON for each thing that happened."""
    result = Run(dict.fromkeys(jobs, "skipped"), "", {}, {}, [], artifacts, seconds)
    summary = ""
    for line in lines:
        try:
            entry = json.loads(line)
        except ValueError:
            entry = {"msg": line}
        job = entry.get("jobID", "")
        result.logs[job] = result.logs.get(job, "") + entry.get("msg", "").rstrip("\n") + "\n"
        if "jobResult" in entry and result.jobs.get(job) != "failure":
            result.jobs[job] = entry["jobResult"]
        if entry.get("stepResult") == "failure" and len(entry.get("stepID", ())) == 1:
            result.failed.append(entry["step"])
        if entry.get("command") == "summary":
            summary += entry["content"]
        if entry.get("command") == "set-output":
            result.outputs.setdefault(job, {})[entry["name"]] = entry["arg"]
    done = result._replace(summary=summary)
    print(
        f"\n{done.jobs} in {seconds:.1f} s\n" + "".join(f"--- {job}\n{log[-6000:]}" for job, log in done.logs.items())
    )
    return done


def output_of(command: list[str], cwd: Path, secrets: Mapping[str, str]) -> list[str]:
    """Return what act printed; end it and everything it started if it takes too long. Secrets go by its environment."""
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=machine() | dict(secrets),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        return process.communicate(timeout=RUN_SECONDS)[0].splitlines()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def machine() -> dict[str, str]:
    """Return the environment of the runner's machine: uv is there, and no setting of a project or of GitHub."""
    hidden = re.compile(r"GITHUB_|ACTIONS_|RUNNER_|LIVE_|LAB_|MLFLOW_|DVC_|DEPLOY_|VENV$|UV_PROJECT")
    kept = {name: value for name, value in journey.environment().items() if not hidden.match(name)}
    return kept | {
        "PATH": f"{STUB_FOLDER / 'bin'}:{kept['PATH']}",
        "UV_PROGRAM": str(PROGRAMS / "uv"),
        "ZIZMOR_PROGRAM": str(PROGRAMS / "zizmor"),
    }


def stub(used: str) -> Path:
    """Return the folder that stands for an action of another owner."""
    assert used in STUBS, f"{used} has no stub: add it to STUBS and to {STUB_FOLDER.name}/, and say what it stands for"
    return STUB_FOLDER / used.replace("/", "+")


def actions_used(repository: Path) -> list[tuple[str, str]]:
    """Return the actions of other owners that any workflow or local action names, each with its commit."""
    texts = [path.read_text(encoding="utf-8") for path in (repository / ".github").rglob("*.yml")]
    return sorted({(used, ref) for text in texts for used, ref in USES.findall(text)})


def events_of(folder: Path) -> set[str]:
    """Return each workflow of a folder, baked or not, with each event that starts it, as STARTED has them."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.yml")}
    return {f"{name} {event}" for name, text in texts.items() for event in EVENT.findall(text.partition("\non:\n")[2])}


def jobs_of(workflow: Path) -> list[str]:
    """Return the names of a workflow's jobs."""
    return list(YAML(typ="safe").load(workflow)["jobs"])


def event_of(event: str, project: Path, inputs: Mapping[str, str]) -> dict[str, Any]:
    """Return what GitHub would send: a push to main, or pull request 7 from a branch of the same repository."""
    owner, name = REPOSITORY.split("/")
    repository = {
        "full_name": REPOSITORY,
        "name": name,
        "owner": {"login": owner},
        "default_branch": "main",
        "fork": False,
    }
    commit = journey.run([*journey.GIT, "rev-parse", "HEAD"], project).strip()
    side = {"sha": commit, "repo": repository}
    pull = {"number": 7, "head": {**side, "ref": "work"}, "base": {**side, "ref": "main"}, "user": {"login": "ada"}}
    sent = {
        "push": {"ref": "refs/heads/main", "after": commit, "before": "0" * 40},
        "pull_request": {"action": "synchronize", "number": 7, "pull_request": pull},
        "workflow_dispatch": {"ref": "refs/heads/main", "inputs": dict(inputs)},
    }
    return {"repository": repository, "sender": {"login": "ada"}, **sent.get(event, {})}


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Return one tree with another laid over it."""
    nested = {key: merged(one[key], other[key]) for key in one.keys() & other.keys() if isinstance(one[key], dict)}
    return {**one, **other, **nested}


def keep(folder: Path, project: Path) -> Path:
    """Put a project's DVC cache into the caches of `folder`, as the save of an earlier run would; return the folder."""
    known = {"ACTING_CACHES": str(folder / "caches"), "PATHS": ".dvc/cache", "KEY": "dvc-earlier"}
    subprocess.run([sys.executable, STUB_FOLDER / "caches.py", "save"], cwd=project, env=os.environ | known, check=True)
    return folder
