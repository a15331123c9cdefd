"""Every workflow and action of a baked project, read by those who know the format: no finding at all.

The schemas of GitHub's file formats, GitHub's language server, zizmor at its strictest, shellcheck for every script.
"""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import acting
import pytest
from bake import bake
from ruamel.yaml import YAML

PROGRAMS = Path(sys.executable).parent
LANGUAGE_SERVER = "@actions/languageserver@0.3.61"
INTEGRITY = "L5Vf3zc3yD11xUSM8zMxrNwYLZpiUNG6U8kFK2BsxVyRKhU8gQEt02ydR+FZgidkrHSQO/2P7eU9vHPcOwwsOQ=="
CLIENT = Path(__file__).with_name("language_server.cjs")
# Every answer that changes a workflow or an action.
ANSWERS = [{"dvc_remote": remote} for remote in ("local", "s3", "gs", "azure", "ssh")] + [{"deploy_target": "none"}]


@pytest.fixture(scope="module", params=ANSWERS, ids=lambda answers: "-".join(answers.values()))
def project(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A baked project."""
    return bake(tmp_path_factory.mktemp("baked"), **request.param)


@pytest.fixture(scope="module")
def language_server(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """GitHub's language server, exactly the package that is known here."""
    folder = tmp_path_factory.mktemp("npm")
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("NOT TESTED: GitHub's language server needs node and npm, and they aren't on this machine.")
    packed = subprocess.run(["npm", "pack", "--silent", LANGUAGE_SERVER], cwd=folder, capture_output=True, text=True)
    if packed.returncode:
        pytest.skip(f"NOT TESTED: npm could not fetch {LANGUAGE_SERVER}: {packed.stderr.strip()[-200:]}")
    package = folder / packed.stdout.strip()
    assert base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode() == INTEGRITY
    shutil.unpack_archive(package, folder)
    return folder / "package" / "dist" / "cli.bundle.cjs"


def workflows(project: Path) -> list[Path]:
    """Return the workflow files."""
    return sorted((project / ".github" / "workflows").glob("*.yml"))


def actions(project: Path) -> list[Path]:
    """Return the local actions."""
    return sorted((project / ".github" / "actions").glob("*/action.yml"))


def steps(document: Any) -> Iterator[dict[str, Any]]:
    """Yield every step of a workflow or an action."""
    for job in document.get("jobs", {"": document.get("runs", {})}).values():
        yield from job.get("steps", [])


def load(path: Path) -> Any:
    """Return a YAML file."""
    return YAML(typ="safe").load(path)


def says(*command: str | Path, cwd: Path) -> str:
    """Return what a program finds; nothing if it is content."""
    done = subprocess.run([str(word) for word in command], cwd=cwd, capture_output=True, text=True, timeout=300)
    return "" if done.returncode == 0 else f"{done.stdout}{done.stderr}" or f"exit code {done.returncode}"


def test_the_schemas_of_the_formats_hold(project: Path) -> None:
    """Workflows, actions, and what Dependabot reads."""
    check = (PROGRAMS / "check-jsonschema", "--builtin-schema")
    assert says(*check, "vendor.github-workflows", *workflows(project), cwd=project) == ""
    assert says(*check, "vendor.github-actions", *actions(project), cwd=project) == ""
    assert says(*check, "vendor.dependabot", project / ".github" / "dependabot.yml", cwd=project) == ""


def test_github_s_language_server_finds_nothing(project: Path, language_server: Path) -> None:
    """It knows contexts, functions, inputs of local actions, and the order that jobs need."""
    files = [*workflows(project), *actions(project)]
    assert says("node", CLIENT, language_server, *files, cwd=project) == ""


def test_the_language_server_would_find_something(language_server: Path, tmp_path: Path) -> None:
    """A check that is always content is none."""
    wrong = tmp_path / ".github" / "workflows" / "wrong.yml"
    wrong.parent.mkdir(parents=True)
    wrong.write_text("on: push\njobs:\n  a:\n    runs-on: x\n    needs: nobody\n    steps: [{run: 'true'}]\n")
    assert "nobody" in says("node", CLIENT, language_server, wrong, cwd=tmp_path)


def test_zizmor_finds_nothing_at_its_strictest(project: Path) -> None:
    """Permissions, credentials, injections, pins."""
    command = (PROGRAMS / "zizmor", "--offline", "--persona=pedantic", "--no-progress", ".github")
    assert says(*command, cwd=project) == ""


def test_shellcheck_finds_nothing_in_any_script(project: Path, tmp_path: Path) -> None:
    """Each `run:` is a script of its own, and no expression is written into one."""
    for path in [*workflows(project), *actions(project)]:
        for number, step in enumerate(step for step in steps(load(path)) if "run" in step):
            assert "${{" not in step["run"], f"{path.name}: {step['run']}"
            script = tmp_path / f"{path.parent.name}-{path.stem}-{number}.sh"
            script.write_text(f"#!/usr/bin/env bash\nset -eo pipefail\n{step['run']}\n", encoding="utf-8")
    assert says(PROGRAMS / "shellcheck", *sorted(tmp_path.glob("*.sh")), cwd=tmp_path) == ""


def test_every_job_has_a_name_for_people_an_end_and_its_own_permissions(project: Path) -> None:
    """A workflow itself has no permission at all; nothing runs for six hours unless somebody wants it to."""
    for path in workflows(project):
        workflow = load(path)
        assert workflow["permissions"] == {}, path.name
        assert "concurrency" in workflow or all("concurrency" in job for job in workflow["jobs"].values()), path.name
        for name, job in workflow["jobs"].items():
            where = f"{path.name}: {name}"
            assert job.get("name"), where
            assert "permissions" in job, where
            assert "uses" in job or job.get("timeout-minutes", 999) <= 120, where


def test_actions_of_others_are_pinned_and_have_a_stub(project: Path) -> None:
    """By commit, with the version beside it; and each is one that tests know."""
    for path in [*workflows(project), *actions(project)]:
        for line in path.read_text(encoding="utf-8").splitlines():
            if "uses:" in line and "./" not in line:
                assert re.search(r"@[0-9a-f]{40} # v\d+\.\d+(\.\d+)?$", line), f"{path.name}: {line}"
    assert {used for used, _ in acting.actions_used(project)} <= acting.STUBS.keys()


def test_checking_out_keeps_no_credentials(project: Path) -> None:
    """What runs later could use them."""
    for path in workflows(project):
        for step in steps(load(path)):
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False, path.name


def test_ci_ok_needs_every_job(project: Path) -> None:
    """Branch protection asks for this one alone."""
    jobs = load(project / ".github" / "workflows" / "ci.yml")["jobs"]
    assert set(jobs["ci-ok"]["needs"]) == jobs.keys() - {"ci-ok"}
