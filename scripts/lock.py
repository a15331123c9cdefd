"""Resolve every lock of the template: its own, and through bakes those of the generated project.

All are hash-pinned requirement files without addresses. The generated project has serve.txt and dev.txt, the same
for every answer, and one more for each remote that needs a plugin.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from bake import TEMPLATE, bake

REMOTES = ("s3", "gs", "azure", "ssh")
LOCKS = TEMPLATE / "{{cookiecutter.project_slug}}" / "requirements"
COMPILE = ["uv", "pip", "compile", "pyproject.toml", "--universal", "--python-version", "3.11", "--generate-hashes"]
QUIETLY = ["--no-header", "--no-annotate", "--quiet", "--upgrade"]


def main() -> None:
    """Write all locks."""
    search = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([*COMPILE, *QUIETLY, "-o", "requirements/dev.txt"], cwd=TEMPLATE, check=True, env=search)
    with tempfile.TemporaryDirectory() as scratch:
        for remote in REMOTES:
            project = bake(Path(scratch, remote), dvc_remote=remote)
            subprocess.run(["make", "lock", f"VENV={scratch}/.venv"], cwd=project, check=True, env=search)
            shutil.copy2(project / "requirements" / f"{remote}.txt", LOCKS / conditional(remote))
            for name in ("dev.txt", "serve.txt"):
                shutil.copy2(project / "requirements" / name, LOCKS / name)


def conditional(remote: str) -> str:
    """Return the template's name of a lock that only one remote needs."""
    return f"{{% if cookiecutter.dvc_remote == '{remote}' %}}{remote}.txt{{% endif %}}"


if __name__ == "__main__":
    main()
