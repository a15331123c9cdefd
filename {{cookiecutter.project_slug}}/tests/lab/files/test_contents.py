"""Opening and saving notebooks, asked of a real Jupyter server as JupyterLab asks it."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Notebook = dict[str, Any]
STREAM = {"output_type": "stream", "name": "stdout", "text": "a draft's figure\n"}
HTML = {"output_type": "display_data", "metadata": {}, "data": {"text/html": "<b>a table</b>", "text/plain": "a table"}}


class Server:
    """A Jupyter server in a tiny project."""

    def __init__(self, root: Path, address: str, token: str) -> None:
        self.root, self.address, self.token = root, address, token

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Send a request to /api/contents, and return its answer as JSON."""
        request = urllib.request.Request(
            f"{self.address}/api/contents/{path}",
            json.dumps(body).encode() if body is not None else None,
            {"Authorization": f"token {self.token}", "Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as response:
            return json.loads(response.read() or "null")

    def opened(self, path: str) -> Notebook:
        """Return a notebook as JupyterLab gets it when a person opens it."""
        return self.ask("GET", path)["content"]

    def state(self, path: str) -> Any:
        """Return what JupyterLab compares to find out whether a file was changed by somebody else."""
        model = self.ask("GET", f"{path}?content=0&hash=1")
        return model["hash"], model["last_modified"]

    def save(self, path: str, notebook: Notebook) -> Any:
        """Save a notebook as JupyterLab does."""
        return self.ask("PUT", path, {"type": "notebook", "format": "json", "content": notebook})


@pytest.fixture(scope="module")
def server(
    project: Path, make_project: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Start a server with the project's own settings, in a tiny project and with a home folder of its own."""
    folder = tmp_path_factory.mktemp("contents")
    root = make_project(folder / "tiny")
    shutil.copytree(project / ".jupyter", root / ".jupyter")
    runtime = folder / "runtime"
    home = {f"JUPYTER_{kind}_DIR": str(folder / kind.lower()) for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **home, "JUPYTER_CONFIG_PATH": str(root / ".jupyter")}
    options = ["--no-browser", "--allow-root", "--port=0", "--IdentityProvider.token=secret"]
    command = [sys.executable, "-m", "jupyter", "server", *options]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=root, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        address = address_in(runtime, process, folder / "log")
        yield Server(root, address, "secret")
    finally:
        process.terminate()
        process.wait(timeout=30)


def address_in(runtime: Path, process: subprocess.Popen[bytes], log: Path) -> str:
    """Return where a server answers, once it does."""
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        for file in runtime.glob("jpserver-*.json"):
            try:
                address = json.loads(file.read_text())["url"].rstrip("/")
                urllib.request.urlopen(f"{address}/api", timeout=5)
            except (ValueError, urllib.error.URLError):
                break
            return address
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.fixture
def path(server: Server, make_notebook: Callable[..., Notebook], make_cell: Callable[..., Notebook]) -> str:
    """A notebook in git: prose, a figure, a contract cell whose output was accepted."""
    contract = make_cell("print('beats baseline: yes')", tags=("nbval-check-output",))
    contract |= {"outputs": [{**STREAM, "text": "beats baseline: yes\n"}], "execution_count": 1}
    notebook = make_notebook(make_cell("# A question", kind="markdown"), "figure()", contract)
    server.save("notebooks/01_first.ipynb", notebook)
    (server.root / ".draft/notebooks/01_first.ipynb").unlink()
    write(server.root / "notebooks/01_first.ipynb", with_contract(server, "beats baseline: yes\n"))
    return "notebooks/01_first.ipynb"


def with_contract(server: Server, text: str) -> Notebook:
    """Return the tracked notebook with an accepted output in its contract cell."""
    notebook = json.loads((server.root / "notebooks/01_first.ipynb").read_text())
    notebook["cells"][2]["outputs"] = [{**STREAM, "text": [text]}]
    return notebook


def write(path: Path, notebook: Notebook) -> None:
    """Write a notebook as git has it."""
    text = json.dumps(notebook, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8")


def run_all(notebook: Notebook) -> Notebook:
    """Return a notebook as JupyterLab holds it after Run All: outputs, counts, trust, the kernel's version."""
    run = copy.deepcopy(notebook)
    run["metadata"]["language_info"] = {"name": "python", "version": "3.11.99", "file_extension": ".py"}
    run["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"version_major": 2}}
    for count, cell in enumerate((cell for cell in run["cells"] if cell["cell_type"] == "code"), start=1):
        cell["execution_count"], cell["outputs"] = count, [STREAM, HTML]
        cell["metadata"] |= {"trusted": True, "scrolled": False, "execution": {"iopub.status.busy": "2026"}}
    return run


def test_a_draft_changes_no_byte_and_is_still_there(server: Server, path: str):
    """Run all and save: the tracked file isn't even touched, and whoever opens it sees the outputs."""
    tracked = server.root / path
    before, stamp, state = tracked.read_bytes(), tracked.stat().st_mtime_ns, server.state(path)
    draft = run_all(server.opened(path))
    saved = server.save(path, draft)
    assert tracked.read_bytes() == before
    assert tracked.stat().st_mtime_ns == stamp
    assert server.state(path) == state
    assert saved["last_modified"] == state[1], "JupyterLab would ask whether to overwrite"
    shown = server.opened(path)
    assert [cell.get("outputs") for cell in shown["cells"]] == [None, [STREAM, HTML], [STREAM, HTML]]
    assert [cell.get("execution_count") for cell in shown["cells"]] == [None, 1, 2]
    assert shown["metadata"]["widgets"] == draft["metadata"]["widgets"]
    server.save(path, shown)
    assert tracked.read_bytes() == before


def test_what_was_trusted_stays_trusted(server: Server, path: str):
    """Outputs of one's own run are shown with their HTML; those of a stranger aren't."""
    notebook = run_all(server.opened(path))
    server.save(path, notebook)
    assert all(cell["metadata"]["trusted"] for cell in server.opened(path)["cells"] if cell["cell_type"] == "code")
    notebook["cells"][1]["outputs"] = [{**HTML, "data": {"text/html": "<script>strange()</script>"}}]
    for cell in notebook["cells"]:
        cell["metadata"].pop("trusted", None)
    server.save(path, notebook)
    assert not any(cell["metadata"]["trusted"] for cell in server.opened(path)["cells"] if cell["cell_type"] == "code")


def test_an_edited_cell_is_saved_and_projected(server: Server, path: str):
    """Prose and code reach the file, the code its projection, and the contract's accepted output stays."""
    draft = run_all(server.opened(path))
    draft["cells"][0]["source"] = "# Another question"
    draft["cells"][1]["source"] = "figure(size=2)"
    server.save(path, draft)
    tracked = json.loads((server.root / path).read_text())
    assert tracked["cells"][0]["source"] == ["# Another question"]
    assert tracked["cells"][1] | {"id": ""} == {
        "cell_type": "code",
        "execution_count": None,
        "id": "",
        "metadata": {},
        "outputs": [],
        "source": ["figure(size=2)"],
    }
    assert tracked["cells"][2]["outputs"] == [{**STREAM, "text": ["beats baseline: yes\n"]}]
    assert "widgets" not in tracked["metadata"]
    assert "figure(size=2)" in (server.root / "notebooks/code/01_first.py").read_text()


def test_outputs_of_code_that_has_changed_are_not_shown(server: Server, path: str):
    """After a checkout of another branch, only cells that are still the same show what they said."""
    server.save(path, run_all(server.opened(path)))
    other = json.loads((server.root / path).read_text())
    other["cells"][1]["source"] = ["figure(size=3)"]
    write(server.root / path, other)
    shown = server.opened(path)["cells"]
    assert shown[1]["outputs"] == []
    assert shown[2]["outputs"] == [STREAM, HTML]


def test_a_half_written_cell_is_saved(server: Server, path: str):
    """Syntax errors are part of writing."""
    draft = server.opened(path)
    draft["cells"][1]["source"] = "figure(size="
    server.save(path, draft)
    assert server.opened(path)["cells"][1]["source"] == "figure(size="


def test_cleared_outputs_stay_cleared(server: Server, path: str):
    """What a person clears doesn't come back."""
    server.save(path, run_all(server.opened(path)))
    draft = server.opened(path)
    draft["cells"][1] |= {"outputs": [], "execution_count": None}
    server.save(path, draft)
    assert server.opened(path)["cells"][1]["outputs"] == []


def test_a_checkpoint_brings_the_source_back(server: Server, path: str):
    """Revert Notebook to Checkpoint works as ever."""
    server.save(path, run_all(server.opened(path)))
    checkpoint = server.ask("POST", f"{path}/checkpoints")
    before = (server.root / path).read_bytes()
    draft = server.opened(path)
    draft["cells"][1]["source"] = "a_mistake"
    server.save(path, draft)
    assert (server.root / path).read_bytes() != before
    server.ask("POST", f"{path}/checkpoints/{checkpoint['id']}")
    assert (server.root / path).read_bytes() == before
    assert server.opened(path)["cells"][2]["outputs"] == [STREAM, HTML]


def test_a_notebook_elsewhere_is_saved_as_it_is(server: Server, path: str):
    """Scratch notebooks keep everything, in their file."""
    notebook = run_all(server.opened(path))
    (server.root / "notebooks/scratch").mkdir(exist_ok=True)
    server.save("notebooks/scratch/idea.ipynb", notebook)
    written = json.loads((server.root / "notebooks/scratch/idea.ipynb").read_text())
    assert written["cells"][1]["outputs"][0]["text"] == ["a draft's figure\n"]
    assert written["metadata"]["widgets"]
    assert not (server.root / ".draft/notebooks/idea.ipynb").exists()


def test_a_notebook_that_is_no_stage_has_no_projection(server: Server, path: str):
    """A new notebook in notebooks/ is kept clean, names its kernel, and dvc.yaml doesn't know it."""
    created = server.ask("POST", "notebooks", {"type": "notebook"})
    tracked = json.loads((server.root / created["path"]).read_text())
    assert tracked["metadata"]["kernelspec"]["name"] == "python3"
    assert not (server.root / "notebooks/code" / f"{Path(created['path']).stem}.py").exists()


def test_a_draft_moves_and_goes_with_its_notebook(server: Server, path: str):
    """Rename, copy and delete take the outputs along."""
    server.save("notebooks/07_new.ipynb", run_all(server.opened(path)))
    server.ask("PATCH", "notebooks/07_new.ipynb", {"path": "notebooks/08_new.ipynb"})
    assert server.opened("notebooks/08_new.ipynb")["cells"][1]["outputs"] == [STREAM, HTML]
    copied = server.ask("POST", "notebooks", {"copy_from": "notebooks/08_new.ipynb"})
    assert server.opened(copied["path"])["cells"][1]["outputs"] == [STREAM, HTML]
    for name in ("notebooks/08_new.ipynb", copied["path"]):
        server.ask("DELETE", name)
        assert not (server.root / name).exists()
        assert not (server.root / ".draft" / name).exists()


@pytest.mark.parametrize("damage", ["no folder for drafts", "a draft that is no notebook", "no dvc.yaml to read"])
def test_nothing_keeps_a_person_from_saving(server: Server, path: str, damage: str):
    """Whatever is wrong beside the notebook, it opens, and its text is saved."""
    drafts, dvc = server.root / ".draft/notebooks", server.root / "dvc.yaml"
    good, draft = dvc.read_text(), run_all(server.opened(path))
    shutil.rmtree(drafts)
    if damage == "no folder for drafts":
        drafts.write_text("a file in its place")
    elif damage == "a draft that is no notebook":
        (drafts / "01_first.ipynb").parent.mkdir()
        (drafts / "01_first.ipynb").write_text("<<<<<<<")
        server.opened(path)
    else:
        dvc.write_text("stages: [")
    draft["cells"][0]["source"] = f"# Written with {damage}"
    server.save(path, draft)
    shown = server.opened(path)
    dvc.write_text(good)
    if drafts.is_file():
        drafts.unlink()
    assert shown["cells"][0]["source"] == draft["cells"][0]["source"]
    assert shown["cells"][1]["outputs"] == [STREAM, HTML]


def test_a_notebook_of_an_older_format_keeps_its_outputs(server: Server, path: str):
    """Cells without ids get some in git, and the draft is laid over them all the same."""
    notebook = run_all(server.opened(path)) | {"nbformat_minor": 4}
    for cell in notebook["cells"]:
        cell.pop("id")
    server.save("notebooks/old.ipynb", notebook)
    assert server.opened("notebooks/old.ipynb")["cells"][1]["outputs"] == [STREAM, HTML]
    before = (server.root / "notebooks/old.ipynb").read_bytes()
    server.save("notebooks/old.ipynb", notebook)
    assert (server.root / "notebooks/old.ipynb").read_bytes() == before
