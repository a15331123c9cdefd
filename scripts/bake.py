"""Bake the template: `python scripts/bake.py [--into FOLDER] [key=value …]`.

The project lands in FOLDER/<slug> (build/bake by default) as a git repository with one commit, so that a change
made in it shows up as a diff, and `scripts/unbake.py` brings it back into the template.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
from pathlib import Path

from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).resolve().parents[1]
ANSWERS = "answers.json"
COMMIT = ["git", "-c", "user.name=bake", "-c", "user.email=bake@localhost", "commit", "--quiet", "--message", "Bake"]


def bake(into: Path, **answers: str) -> Path:
    """Generate a project into the folder `into` and return its path; the user's own configuration is not read."""
    into.mkdir(parents=True, exist_ok=True)
    return Path(
        cookiecutter(str(TEMPLATE), no_input=True, extra_context=answers, output_dir=str(into), default_config=True)
    )


def commit_all(project: Path) -> None:
    """Make a git repository of the project with everything committed."""
    for command in (["git", "init", "--quiet", "--initial-branch=main"], ["git", "add", "--all"], COMMIT):
        subprocess.run(command, cwd=project, check=True)


def main() -> None:
    """Bake once, for a person."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--into", type=Path, default=TEMPLATE / "build" / "bake")
    parser.add_argument("answers", nargs="*", metavar="key=value", help="answers that differ from the defaults")
    options = parser.parse_args()
    answers = dict(answer.split("=", 1) for answer in options.answers)
    shutil.rmtree(options.into, ignore_errors=True)
    project = bake(options.into, **answers)
    (options.into / ANSWERS).write_text(json.dumps(answers), encoding="utf-8")
    commit_all(project)
    print(project)


if __name__ == "__main__":
    main()
