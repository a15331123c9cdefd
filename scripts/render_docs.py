"""Render what the docs quote from the template, so that it can't drift: `python scripts/render_docs.py [--check]`.

docs/options.md comes from cookiecutter.json and from bakes of it. With `--pictures FOLDER`, the figures of the docs are
taken from the executed notebooks of a project whose pipeline has run, such as build/demo/flight-delays.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from bake import TEMPLATE, bake

OPTIONS = TEMPLATE / "docs" / "options.md"
PICTURES = TEMPLATE / "docs" / "pictures"
# Which figure of which executed notebook: its place among the notebook's figures.
SHOWN = {
    "telling": ("01_ingest", 1),
    "year": ("02_prepare", 0),
    "calibration": ("04_evaluate", 1),
    "importance": ("04_evaluate", 3),
}


def main() -> None:
    """Render, or check that rendering would change nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if docs/options.md is out of date")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="a project whose pipeline has run")
    arguments = parser.parse_args()
    text = options_page()
    if arguments.check:
        sys.exit(None if OPTIONS.read_text(encoding="utf-8") == text else "docs/options.md: run `make docs`.")
    OPTIONS.write_text(text, encoding="utf-8")
    if arguments.pictures:
        save_pictures(arguments.pictures)


def options_page() -> str:
    """Return docs/options.md."""
    raw = json.loads((TEMPLATE / "cookiecutter.json").read_text(encoding="utf-8"))
    questions = [key for key in raw if not key.startswith("_")]
    with tempfile.TemporaryDirectory() as scratch:
        project = bake(Path(scratch))
        tree, tasks = tree_of(project), tasks_of(project)
    return "\n".join(
        [
            "# Options",
            "",
            "<!-- Rendered by scripts/render_docs.py: edit cookiecutter.json or the template instead. -->",
            "",
            f"{len(questions)} questions; each answer changes the project.",
            "",
            *(line for key in questions for line in question(key, raw)),
            "## What you get, with the defaults",
            "",
            "```",
            *tree,
            "```",
            "",
            "## Its tasks",
            "",
            "```",
            *tasks,
            "```",
            "",
        ]
    )


def question(key: str, raw: dict[str, Any]) -> list[str]:
    """Return the lines that describe one question."""
    prompt, default = raw["__prompts__"][key], raw[key]
    if isinstance(default, list):
        choices = [f"- `{name}`{' (default)' if name == default[0] else ''}: {prompt[name]}" for name in default]
        return [f"**`{key}`** {prompt['__prompt__']}", "", *choices, ""]
    shown = {"project_slug": "the name, as a folder", "author_name": "the project's team"}.get(key, f"`{default}`")
    return [f"**`{key}`** {prompt} Default: {shown}", ""]


def tree_of(project: Path) -> list[str]:
    """Return the project's folders and files, two levels deep and the package three, as an indented list."""
    lines: list[str] = [f"{project.name}/"]
    for path in sorted(project.rglob("*")):
        relative = path.relative_to(project)
        depth = len(relative.parts)
        if path.name == ".gitkeep" or depth > (3 if relative.parts[0] == "src" else 2):
            continue
        lines.append(f"{'    ' * depth}{path.name}{'/' if path.is_dir() else ''}")
    return lines


def tasks_of(project: Path) -> list[str]:
    """Return the project's tasks as `make help` lists them."""
    makefile = (project / "Makefile").read_text(encoding="utf-8")
    return [f"make {name:10} {text}" for name, text in re.findall(r"^([a-z]+):.*## (.*)$", makefile, re.MULTILINE)]


def save_pictures(project: Path) -> None:
    """Take the figures that the docs show out of a project's executed notebooks."""
    PICTURES.mkdir(exist_ok=True)
    for name, (notebook, place) in SHOWN.items():
        executed = json.loads((project / "reports" / f"{notebook}.ipynb").read_text(encoding="utf-8"))
        outputs = [output for cell in executed["cells"] for output in cell.get("outputs", [])]
        images = [output["data"]["image/png"] for output in outputs if "image/png" in output.get("data", {})]
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(images[place]))


if __name__ == "__main__":
    main()
