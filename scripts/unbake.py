"""Bring edits made in a baked project back into the template: `python scripts/unbake.py [FOLDER]`.

FOLDER is what was given to `scripts/bake.py --into`. A changed file is written back with its names turned into
placeholders, if baking it again gives exactly the edited text; otherwise it is listed, to be edited by hand.
"""

from __future__ import annotations

import fnmatch
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from bake import ANSWERS, TEMPLATE, bake
from cookiecutter.environment import StrictEnvironment

SOURCE = TEMPLATE / "{{cookiecutter.project_slug}}"
# Longest values first, so that no value is replaced inside a longer one.
PLACEHOLDERS = ("description", "author_name", "project_name", "project_slug", "__package")
MADE_BY_RUNNING = ("dvc.lock", "metrics/")


def main() -> None:
    """Unbake what is in build/bake, or in the folder that was named."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else TEMPLATE / "build" / "bake"
    answers = json.loads((folder / ANSWERS).read_text(encoding="utf-8"))
    project = next(path for path in folder.iterdir() if path.is_dir())
    with tempfile.TemporaryDirectory() as scratch:
        fresh = bake(Path(scratch), **answers)
        by_hand = [path for path in changed_files(project, fresh) if not take_back(project, path, fresh)]
    for path in by_hand:
        print(f"edit by hand: {path}")
    sys.exit(1 if by_hand else 0)


def changed_files(project: Path, fresh: Path) -> list[str]:
    """Return the paths that the edited project and a fresh bake don't agree on."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=project,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.splitlines()
    before = [path.relative_to(fresh).as_posix() for path in fresh.rglob("*") if path.is_file()]
    paths = {path for path in {*listed, *before} if not path.startswith(MADE_BY_RUNNING)}
    return sorted(path for path in paths if content(project / path) != content(fresh / path))


def content(path: Path) -> bytes | None:
    """Return a file's bytes, or None if there is no file."""
    return path.read_bytes() if path.is_file() else None


def take_back(project: Path, path: str, fresh: Path) -> bool:
    """Write one changed file to the template, or delete it there; return whether baking would give it back."""
    context = context_of(fresh)
    source = source_of(path, context)
    if not (project / path).is_file():
        # What this bake never had is newer than it, and nobody has deleted it.
        if was_baked(project, path):
            source.unlink()
        return True
    edited = (project / path).read_text(encoding="utf-8")
    if any(fnmatch.fnmatch(path, pattern) for pattern in context["_copy_without_render"]):
        return take_back_as_it_is(source, path, edited, context)
    if source.exists() and "{%" in source.read_text(encoding="utf-8"):
        return False
    template = with_placeholders(edited, context)
    if render(template, context) != edited:
        return False
    write_back(source, path, template)
    return True


def was_baked(project: Path, path: str) -> bool:
    """Return whether a path was in the project's first commit, which scripts/bake.py has made."""
    git = ["git", "-C", str(project)]
    first = subprocess.run([*git, "rev-list", "--max-parents=0", "HEAD"], check=True, capture_output=True, text=True)
    known = [*git, "cat-file", "-e", f"{first.stdout.split()[0]}:{path}"]
    return subprocess.run(known, check=False, capture_output=True).returncode == 0


def take_back_as_it_is(source: Path, path: str, edited: str, context: dict[str, str]) -> bool:
    """Write what baking copies without rendering; return whether it carries no name, so that it fits every project."""
    if with_placeholders(edited, context) != edited:
        return False
    write_back(source, path, edited)
    return True


def write_back(source: Path, path: str, text: str) -> None:
    """Write a file of the template, and say which file of the project it was."""
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(text, encoding="utf-8")
    print(f"taken back: {path}")


def context_of(fresh: Path) -> dict[str, str]:
    """Return the answers a fresh bake was made with, derived ones too, as cookiecutter has just stored them."""
    from cookiecutter.config import get_user_config
    from cookiecutter.replay import load

    return load(get_user_config(default_config=True)["replay_dir"], TEMPLATE.name)["cookiecutter"]


def source_of(path: str, context: dict[str, str]) -> Path:
    """Return the template's file for a path of the project; conditional names are found by rendering them."""
    known = {render(file.relative_to(SOURCE).as_posix(), context): file for file in SOURCE.rglob("*") if file.is_file()}
    return known.get(path, SOURCE / with_placeholders(path, context))


def with_placeholders(text: str, context: dict[str, str]) -> str:
    """Return the text with the values of names turned into placeholders."""
    for name in PLACEHOLDERS:
        text = text.replace(context[name], "{{cookiecutter." + name + "}}")
    return text


def render(template: str, context: dict[str, str]) -> str:
    """Render as cookiecutter does."""
    environment = StrictEnvironment(context={"cookiecutter": context}, keep_trailing_newline=True)
    return environment.from_string(template).render(cookiecutter=context)


if __name__ == "__main__":
    main()
