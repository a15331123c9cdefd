"""The tree states the architecture, and these tests hold it to that: imports, dvc.yaml, notebooks."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from {{cookiecutter.__package}} import core
from {{cookiecutter.__package}}.core import params
from {{cookiecutter.__package}}.lab import workspace
from {{cookiecutter.__package}}.lab.files import notebooks

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = core.__name__.split(".")[0]
SOURCE = ROOT / "src" / PACKAGE
STAGES = workspace.load_stages(ROOT)
NOTEBOOKS = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
CONTRACT = "nbval-check-output"
# What a package holds beside its modules: the parts of a page.
PARTS = (".html", ".css", ".js")


def module_name(path: Path) -> str:
    """Return the dotted name of a module of the package."""
    parts = path.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in SOURCE.rglob("*.py")}


def imported(tree: ast.AST, importer: str, is_package: bool = False) -> set[str]:
    """Return the package's modules that code imports, relatively or inside functions too."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = importer.split(".")[: len(importer.split(".")) - node.level + is_package] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return names & set(MODULES)


GRAPH = {
    name: imported(ast.parse(path.read_text(encoding="utf-8")), name, path.name == "__init__.py")
    for name, path in MODULES.items()
}
# BentoML imports the service by a name that packaging hands it, and an image starts the Bento by another, where no
# graph of imports sees it.
GRAPH[f"{PACKAGE}.live.packaging"] |= {f"{PACKAGE}.live.service", f"{PACKAGE}.live.__main__"}
# A service publishes its predictions in a process of their own, which it starts by its name as well.
GRAPH[f"{PACKAGE}.live.predictions.publisher"].add(f"{PACKAGE}.live.predictions.publish")


def reached(start: set[str]) -> set[str]:
    """Return these modules and all that they import, directly or not."""
    found: set[str] = set()
    waiting = set(start)
    while waiting:
        name = waiting.pop()
        found.add(name)
        waiting |= GRAPH[name] - found
    return found


def part_of(name: str) -> str:
    """Return which part of the package a module belongs to: core, lab, live, or the package itself."""
    return name.removeprefix(PACKAGE).lstrip(".").split(".")[0]


def with_code(names: set[str]) -> set[str]:
    """Return the files of these modules, without those that hold nothing but a docstring, and the parts beside them."""
    files = {MODULES[name] for name in names if len(tree_of(name).body) > 1}
    pages = {path.parent for path in files if any(part.suffix in PARTS for part in path.parent.iterdir())}
    files |= {part for page in pages for part in page.rglob("*") if part.suffix in PARTS}
    return {path.relative_to(ROOT).as_posix() for path in files}


def tree_of(name: str) -> ast.Module:
    """Return the parsed source of a module."""
    return ast.parse(MODULES[name].read_text(encoding="utf-8"))


def code_of(spec: workspace.StageSpec) -> ast.Module:
    """Return the parsed code cells of a stage's notebook."""
    return ast.parse(notebooks.projected(ROOT, spec.notebook))


def code_cells(path: Path) -> list[dict[str, Any]]:
    """Return the code cells of a notebook, their source as one text."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [{**cell, "source": "".join(cell["source"])} for cell in cells if cell["cell_type"] == "code"]


def loaded_by(module: str) -> set[str]:
    """Return the top-level packages that importing a module in a fresh process loads."""
    program = f"import json, sys, {module}; print(json.dumps([name.split('.')[0] for name in sys.modules]))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


EACH_STAGE = pytest.mark.parametrize("spec", STAGES.values(), ids=STAGES)
EACH_NOTEBOOK = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)


@pytest.mark.parametrize(
    ("part", "others"), [("core", {"lab", "live"}), ("lab", {"live"}), ("live", {"lab"})], ids=["core", "lab", "live"]
)
def test_the_parts_import_only_what_they_may(part: str, others: set[str]):
    """`core` knows neither `lab` nor `live`, and those two don't know each other, not even inside a function."""
    wrong = {f"{a} -> {b}" for a, found in GRAPH.items() for b in found if part_of(a) == part and part_of(b) in others}
    assert wrong == set()


def test_the_graph_sees_imports_of_every_kind():
    """The tests above are only as good as what they find: absolute, relative, of a name, inside a function."""
    assert f"{PACKAGE}.core.schema" in GRAPH[f"{PACKAGE}.core.params"]
    assert f"{PACKAGE}.core.profiles" in GRAPH[f"{PACKAGE}.core.figures.data"]
    assert f"{PACKAGE}.core.prose.words" in GRAPH[f"{PACKAGE}.core.prose.table"]
    assert f"{PACKAGE}.core.sources.sql" in GRAPH[f"{PACKAGE}.core.sources"]
    assert f"{PACKAGE}.lab.banner" in GRAPH[f"{PACKAGE}.lab.stage"]
    assert f"{PACKAGE}.lab.running.execution" in GRAPH[f"{PACKAGE}.lab.cli"]
    assert f"{PACKAGE}.lab.stage" in GRAPH[f"{PACKAGE}.lab"]
    assert f"{PACKAGE}.live.runtime" in GRAPH[f"{PACKAGE}.live.mlflow_model"]


@pytest.mark.parametrize(
    ("module", "banned"),
    [
        (
            "live.service",
            {"pandas", "sklearn", "mlflow", "dvc", "matplotlib", "nbformat", "onnx", "skl2onnx", "pytest", "ruamel"},
        ),
        ("live.launch", {"pandas", "sklearn", "mlflow", "dvc", "bentoml", "onnx", "ruamel", "click"}),
        ("live.cli", {"pandas", "sklearn", "mlflow", "dvc", "matplotlib", "nbformat", "bentoml"}),
        ("lab.cli", {"pandas", "sklearn", "mlflow", "dvc", "matplotlib", "nbclient", "bentoml", "onnxruntime"}),
        ("lab.staleness.status", {"pandas", "sklearn", "mlflow", "dvc", "dvc_data", "nbformat", "nbclient", "IPython"}),
        ("lab.files.faults", {"nbformat", "nbclient", "IPython"}),
    ],
)
def test_starting_loads_nothing_heavy(module: str, banned: set[str]):
    """The serving image doesn't hold what trains, and a command answers `--help` at once."""
    assert loaded_by(f"{PACKAGE}.{module}") & banned == set()


def test_modules_are_small_and_say_what_they_are():
    """Each has a docstring, and around 200 lines at most."""
    assert [name for name in MODULES if not ast.get_docstring(tree_of(name))] == []
    assert [name for name, path in MODULES.items() if len(path.read_text(encoding="utf-8").splitlines()) > 220] == []


@EACH_STAGE
def test_a_stage_depends_on_every_module_its_notebook_uses(spec: workspace.StageSpec):
    """A change to any of them makes the stage run again; `lab`, which only runs notebooks, doesn't."""
    needed = {name for name in reached(imported(code_of(spec), "notebook")) if part_of(name) != "lab"}
    assert with_code(needed) - set(spec.inputs) == set()


@EACH_STAGE
def test_a_stage_depends_on_nothing_it_does_not_use(spec: workspace.StageSpec):
    """A change to a module that the notebook never loads doesn't run it again."""
    used = with_code(reached(imported(code_of(spec), "notebook")))
    assert {name for name in spec.inputs if name.startswith("src/")} - used == set()


def params_read(tree: ast.AST) -> set[str]:
    """Return the sections that code reads as `params.X`."""
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "params"
    } & set(params.Params.__struct_fields__)


def params_handed_on(spec: workspace.StageSpec) -> set[str]:
    """Return the sections that functions read which are given the parameters as a whole."""
    reading = {name for name in reached(imported(code_of(spec), "notebook")) if part_of(name) == "core"}
    functions = [
        node
        for name in reading - {f"{PACKAGE}.core.params", f"{PACKAGE}.core.records"}
        for node in ast.walk(tree_of(name))
        if isinstance(node, ast.FunctionDef) and "params" in {argument.arg for argument in node.args.args}
    ]
    return {section for function in functions for section in params_read(function)}


@EACH_STAGE
def test_a_stage_depends_on_exactly_the_parameters_it_reads(spec: workspace.StageSpec):
    """Read by the notebook or by what it hands them to; a change of any other section runs nothing again."""
    entry = YAML(typ="safe", pure=True).load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"][spec.name]
    read = params_read(code_of(spec)) | params_handed_on(spec)
    # Opening a stage seeds the global generators.
    assert set(entry["params"]) == read | {"seed"}


def test_what_is_handed_on_is_seen():
    """The test above is only as good as what it finds: the first notebook hands its parameters to three modules."""
    assert params_handed_on(STAGES["ingest"]) >= {"data", "features", "flights", "task"}


# What a notebook reads without naming it: the tables of one's own, and the signature that lies beside the model.
READ_UNNAMED = {"data/external", "models/signature.json"}


@EACH_STAGE
def test_a_stage_depends_on_no_file_its_notebook_does_not_read(spec: workspace.StageSpec):
    """A table that nobody reads doesn't run a stage again."""
    words = {node.value for node in ast.walk(code_of(spec)) if isinstance(node, ast.Constant)}
    files = {path for path in spec.inputs if not path.startswith(("src/", "notebooks/"))} - READ_UNNAMED
    assert {path for path in files if not {Path(path).stem, Path(path).name} & words} == set()


@EACH_STAGE
def test_a_stage_lists_every_file_its_notebook_asks_for(spec: workspace.StageSpec):
    """What is asked for as `stage.input(…)` or `stage.output(…)` is in dvc.yaml."""
    calls = [node for node in ast.walk(code_of(spec)) if isinstance(node, ast.Call)]
    asked = {
        (call.func.attr, call.args[0].value)
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.args and isinstance(call.args[0], ast.Constant)
    }
    listed = {"input": spec.inputs, "output": spec.outputs}
    for kind, paths in listed.items():
        known = {name for path in paths for name in (Path(path).stem, Path(path).name)}
        assert {name for method, name in asked if method == kind} <= known


@EACH_STAGE
def test_what_a_stage_reads_is_made_before_it(spec: workspace.StageSpec):
    """Inputs are in git, or outputs of an earlier stage."""
    entries = workspace.load_entries(ROOT)
    earlier = [entry for name, entry in entries.items() if list(entries).index(name) < list(entries).index(spec.name)]
    made = {path for entry in earlier for path in workspace.outputs_of(entry)}
    rest = set(spec.inputs) - made - {spec.projection}
    assert all((ROOT / path).exists() for path in rest), rest


@EACH_NOTEBOOK
def test_a_notebook_opens_with_a_question_and_ends_with_what_was_learned(path: Path):
    """The first cell says in prose what it is about; the last prose, alone or above one cell of it, what came out."""
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    prose = [place for place, cell in enumerate(cells) if cell["cell_type"] == "markdown"]
    assert prose[0] == 0
    assert re.match(r"# \S", "".join(cells[0]["source"]))
    assert "".join(cells[prose[-1]]["source"]).startswith("## What we learned")
    assert prose[-1] >= len(cells) - 2


@EACH_NOTEBOOK
def test_a_last_cell_of_code_shows_prose(path: Path):
    """Below "What we learned" stands what the package says of the numbers, and nothing is computed or saved there."""
    last = json.loads(path.read_text(encoding="utf-8"))["cells"][-1]
    if last["cell_type"] == "code":
        *imports, shown = ast.parse("".join(last["source"])).body
        assert {type(node) for node in imports} <= {ast.ImportFrom}
        assert re.match(r"prose\.learned\(", ast.unparse(shown))


@EACH_NOTEBOOK
def test_the_first_code_cell_opens_the_stage(path: Path):
    """It is the notebook's own stage; the cell reads the parameters, shows the banner and does nothing else."""
    first = code_cells(path)[0]["source"]
    assert f'stage = Stage("{path.stem.split("_", 1)[1]}")' in first
    body = ast.parse(first).body
    if isinstance(body[-1], ast.Expr):
        assert ast.unparse(body.pop()) == "stage"
    assert {type(node) for node in body} <= {ast.Import, ast.ImportFrom, ast.Assign}


@EACH_NOTEBOOK
def test_a_notebook_is_short(path: Path):
    """At most fifteen code cells of at most ten lines."""
    lengths = [len(cell["source"].splitlines()) for cell in code_cells(path)]
    assert 1 < len(lengths) <= 15
    assert min(lengths) >= 1
    assert max(lengths) <= 10


@EACH_NOTEBOOK
def test_a_notebook_holds_no_logic(path: Path):
    """Functions and classes are imported, packages are in the lock, and nobody bends sys.path."""
    for cell in code_cells(path):
        assert not re.search(r"^\s*[%!]|\bpip\b|sys\.path", cell["source"], flags=re.MULTILINE), cell["source"]
        defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        assert not any(isinstance(node, defined) for node in ast.walk(ast.parse(cell["source"]))), cell["source"]


@EACH_NOTEBOOK
def test_only_contract_cells_keep_their_output(path: Path):
    """Everything else in git is source; a contract cell keeps a verdict that is text."""
    for cell in code_cells(path):
        is_contract = CONTRACT in cell["metadata"].get("tags", [])
        assert bool(cell["outputs"]) == is_contract, cell["source"]
        assert (cell["execution_count"] is not None) == is_contract, cell["source"]
        assert {output["output_type"] for output in cell["outputs"]} <= {"stream"}


@EACH_NOTEBOOK
def test_a_notebook_names_its_kernel(path: Path):
    """JupyterLab doesn't ask which one to take."""
    assert json.loads(path.read_text(encoding="utf-8"))["metadata"]["kernelspec"]["name"] == "python3"
