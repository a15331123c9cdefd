"""Building the image: which engine is taken, and what it is told. The image itself is tested where one can be built."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.__package}}.live import __main__ as start
from {{cookiecutter.__package}}.live import cli, images, server


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def engine(programs: Path, name: str, *, code: int = 0) -> Path:
    """Put an engine there that notes how it was called, and return its notes."""
    notes = programs / f"{name}.called"
    script = f'#!/bin/sh\nfor word in "$@"; do echo "$word" >> {notes}; done\nexit {code}\n'
    (programs / name).write_text(script, encoding="utf-8")
    (programs / name).chmod(0o755)
    return notes


def test_an_engine_that_does_not_answer_is_passed_over(programs: Path):
    """Docker's command is there and its daemon isn't: buildah needs none."""
    engine(programs, "docker", code=1)
    engine(programs, "buildah")
    assert images.find_engine() == "buildah"


def test_docker_is_taken_first(programs: Path):
    """It is what most have."""
    for name in images.ENGINES:
        engine(programs, name)
    assert images.find_engine() == "docker"


def test_an_engine_that_does_not_answer_is_named_if_there_is_no_other(programs: Path):
    """With what to do."""
    engine(programs, "docker", code=1)
    with pytest.raises(images.ImageError, match=r"^docker can't be reached: start its daemon"):
        images.find_engine()


def test_without_an_engine_there_is_one_sentence(programs: Path):
    """It says what to install."""
    with pytest.raises(images.ImageError, match="install docker, podman or buildah"):
        images.find_engine()


@pytest.mark.parametrize("name", ["podman", "buildah"])
def test_an_image_keeps_its_health_check_whoever_builds_it(programs: Path, tmp_path: Path, name: str):
    """The format that podman and buildah take by default has no place for it."""
    notes = engine(programs, name)
    images.build(name, tmp_path, "name:1", {"VERSION": "1"}, "--pull")
    words = notes.read_text(encoding="utf-8").split("\n")
    assert words[words.index("--format") + 1] == "docker"
    assert words[words.index("--tag") + 1] == "name:1"
    assert words[-5:] == ["--build-arg", "VERSION=1", "--pull", ".", ""]


def test_a_build_that_fails_is_one_sentence(programs: Path, tmp_path: Path):
    """Below what the engine said."""
    engine(programs, "podman", code=3)
    with pytest.raises(images.ImageError, match="podman could not build"):
        images.build("podman", tmp_path, "name:1", {})


def test_an_image_is_called_as_its_bento(bento: Path):
    """With the model's version, in what characters a tag may have."""
    assert images.tag_of(bento) == "{{cookiecutter.project_slug}}:7"


def test_a_version_with_letters_that_no_tag_has_gets_others(tmp_path: Path):
    """Such as the plus sign."""
    (tmp_path / "src" / "models").mkdir(parents=True)
    (tmp_path / "src" / "models" / "lineage.json").write_text(json.dumps({"version": "1.0.0+b 7"}), encoding="utf-8")
    assert images.version_of(tmp_path) == "1.0.0-b-7"


def test_labels_name_version_commit_and_licence(bento: Path, project: Path):
    """As the project has them."""
    found = images.labels(project, bento)
    assert set(found) == {"VERSION", "REVISION", "LICENSES"}
    assert found["VERSION"] == "7"
    assert f'"{found["LICENSES"]}"' in (project / "pyproject.toml").read_text(encoding="utf-8")


def test_a_changed_tree_is_said_to_be_changed(tmp_path: Path):
    """The commit alone would lead to other code."""
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@localhost"]
    (tmp_path / "file").write_text("one", encoding="utf-8")
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "-a", "v1", "-m", "v1"]):
        subprocess.run([*git, *words], cwd=tmp_path, check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert images.revision(tmp_path) == head.stdout.strip()
    (tmp_path / "file").write_text("two", encoding="utf-8")
    assert images.revision(tmp_path) == f"{head.stdout.strip()}-dirty"


def test_without_git_the_commit_is_unknown(tmp_path: Path):
    """A downloaded archive can be built, too."""
    assert images.revision(tmp_path) == "unknown"


def test_without_a_bento_there_is_no_image(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """One sentence says what to run first."""
    for name in ("dvc.yaml", "params.yaml"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli.main, ["image"])
    assert result.exit_code == 1
    assert result.output.startswith("Error: There is no Bento in ")
    assert "`make pipeline`" in result.output


@pytest.mark.parametrize("port", ["0", "65536", "http", "", "-1"])
def test_a_container_s_port_that_is_none_is_one_sentence(port: str):
    """PORT is what a platform sets."""
    with pytest.raises(server.ServerError, match="PORT is"):
        start.port_of(port)


def test_a_bento_that_cannot_start_itself_says_why(bento: Path):
    """An image starts it this way; somebody reads its log."""
    environ = {**os.environ, "PYTHONPATH": str(bento / "src"), "PORT": "none"}
    program = [sys.executable, "-m", "{{cookiecutter.__package}}.live"]
    done = subprocess.run(program, cwd=bento, env=environ, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Error: PORT is 'none': it takes a number from 1 to 65535.\n"
