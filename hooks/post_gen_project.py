"""Remove the folders that the answers leave no use for.

Standard library only, no network. Jinja appears in string literals alone, so the module imports as it is. It only
removes, and may run as often as it likes: a project that is updated runs it again.
"""

from __future__ import annotations

import shutil
from pathlib import Path

# Which folders an answer is for.
FOLDERS = {"compose": ("deploy", ".github/actions/deploy"), "none": ()}


def main() -> None:
    """Clean up in the folder that was just made, in which hooks run."""
    remove_unused(Path.cwd(), target="{{ cookiecutter.deploy_target }}")


def remove_unused(project: Path, *, target: str) -> None:
    """Remove every folder of another target than this one."""
    for folder in {name for names in FOLDERS.values() for name in names} - set(FOLDERS[target]):
        shutil.rmtree(project / folder, ignore_errors=True)


if __name__ == "__main__":
    main()
