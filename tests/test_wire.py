"""What goes over the wire: the notebook's answers both ways, clients made from the document, and hostile requests."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from corpus import MARKER
from journey import ask, fetched, golden, run, served
from openapi_spec_validator import OpenAPIV31SpecValidator

pytestmark = pytest.mark.journey
HERE = Path(__file__).parent
ARROW = "application/vnd.apache.arrow.stream"
FEWEST = 200
# Memory that a third round of hostile requests may take, in MB: after two, the allocator has what it keeps.
GROWTH = 4


@pytest.fixture(scope="module")
def port(project: Path) -> Iterator[int]:
    """Where it is served; at the end, its log is looked through."""
    with served(project) as port:
        yield port
    log = (project.parent / "serve.log").read_text(encoding="utf-8")
    assert MARKER not in log
    assert "Traceback" not in log
    others = [line for line in log.splitlines() if not is_json(line)]
    assert [line for line in others if not re.match(r"\S+ \[\w+\] |Serving |make|live |\S*/live ", line)] == []


def is_json(line: str) -> bool:
    """Return whether a line is one JSON object."""
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def script(project: Path, name: str, *arguments: str) -> str:
    """Run one of the scripts beside this file with the project's own Python."""
    return run([str(project / ".venv" / "bin" / "python"), str(HERE / f"{name}.py"), *arguments], project)


def test_every_row_of_june_is_answered_as_in_the_notebook(project: Path, port: int) -> None:
    """In JSON, many and one at a time, and in one stream of Arrow."""
    found = json.loads(script(project, "june", str(port)).splitlines()[-1])
    assert found["rows"] > 25_000
    assert [found[way]["asked"] for way in ("json", "arrow")] == [found["rows"]] * 2
    for way in ("json", "alone", "arrow"):
        assert (found[way]["labels"], found[way]["largest"] <= 1e-6) == (0, True), found


def test_the_document_is_openapi(port: int) -> None:
    """Held against the specification's own schema, and with everything in it that there is to ask."""
    document = fetched(f"http://127.0.0.1:{port}/v1/openapi.json")
    assert document == fetched(f"http://127.0.0.1:{port}/docs.json")
    OpenAPIV31SpecValidator(document).validate()
    assert {"/v1/predict", "/v1/info", "/livez", "/readyz", "/metrics"} <= set(document["paths"])


def test_a_generated_client_gets_the_golden_answers(project: Path, port: int, tmp_path: Path) -> None:
    """A generator that knows nothing of this service makes one that works, without a word of complaint."""
    (tmp_path / "openapi.json").write_text(json.dumps(fetched(f"http://127.0.0.1:{port}/v1/openapi.json")))
    (tmp_path / "config.json").write_text(
        json.dumps({"post_hooks": [], "content_type_overrides": {ARROW: "application/octet-stream"}})
    )
    paths = ["--path", "openapi.json", "--config", "config.json", "--output-path", "client", "--meta", "none"]
    said = run([sys.executable, "-m", "openapi_python_client", "generate", *paths, "--fail-on-warning"], tmp_path)
    assert "Warning" not in said
    kept = project / "models" / "golden.json"
    assert "answered" in run(
        [sys.executable, str(HERE / "client_use.py"), str(tmp_path), str(port), str(kept)], project
    )


def test_nothing_that_fits_the_document_or_does_not_breaks_the_service(project: Path, port: int) -> None:
    """Made-up requests, good and bad: answered as the document says, the bad ones refused, none with 5xx."""
    tool = [str(project / ".venv" / "bin" / "schemathesis"), "run", f"http://127.0.0.1:{port}/v1/openapi.json"]
    bounds = ["--max-examples", "40", "--max-time", "30", "--seed", "2013", "--phases", "examples,coverage,fuzzing"]
    hooks = ["env", f"SCHEMATHESIS_HOOKS={HERE / 'arrow_hooks.py'}", f"GOLDEN={project / 'models' / 'golden.json'}"]
    said = run([*hooks, *tool, *bounds, "--no-shrink", "--no-color"], project.parent)
    assert "No issues found" in said
    assert int(re.search(r"Tested: (\d+)", said)[1]) >= 10


def test_hostile_requests_are_refused_and_leave_nothing_behind(project: Path, port: int) -> None:
    """Each within a second of its last byte, or its connection is closed; then good ones are answered as ever."""
    results = hostile(project, port)
    assert len({(one["group"], one["name"]) for one in results if not one.get("good")}) >= FEWEST
    assert_refused(results)
    sizes = [resident(port)]
    # What the allocator keeps is had after a few rounds; what leaks would grow with each of them.
    while len(sizes) < 7 and (len(sizes) < 3 or sizes[-1] - sizes[-2] > GROWTH):
        assert_refused(hostile(project, port))
        sizes.append(resident(port))
    assert sizes[-1] - sizes[-2] <= GROWTH, sizes
    assert ask(port, golden(project)["rows"])["predictions"] == golden(project)["predictions"]


def test_slow_senders_are_cut_off(project: Path, port: int) -> None:
    """After the seconds that a head and a body have, however often a byte of them comes."""
    assert_refused(hostile(project, port, "slow"))


def hostile(project: Path, port: int, *groups: str) -> list[dict[str, Any]]:
    """Send the hostile requests of these groups, and return what became of them."""
    said = script(project, "hostile", str(port), str(project / "models" / "golden.json"), *groups)
    return [json.loads(line) for line in said.splitlines()]


def assert_refused(results: list[dict[str, Any]]) -> None:
    """Make sure that what was good was answered, and that everything else was not."""
    assert [one for one in results if not one["ended"] or one["repeats"]] == []
    assert {tuple(one["statuses"]) for one in results if one.get("good")} == {(200,)}
    hostile = [one for one in results if not one.get("good")]
    assert [one for one in hostile if not all(400 <= status < 500 for status in one["statuses"])] == []


def resident(port: int) -> float:
    """Return the memory of the processes that listen on a port, in MB."""
    listening = set(re.findall(r"pid=(\d+)", run(["ss", "-ltnpH", f"sport = :{port}"], HERE)))
    assert listening
    return sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in listening) * 4096 / 2**20
