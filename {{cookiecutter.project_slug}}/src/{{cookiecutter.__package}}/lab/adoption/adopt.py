"""`lab adopt`: a person's own table takes the place of the example, in params.yaml alone."""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import click
import pandas as pd

from ...core.data import DataError
from ...core.guesses import check_column, resolved
from ...core.params import ParamsError, load_params
from ...core.project import WorkspaceError
from ...core.roles import likely_target
from ...core.sections import Csv
from ...core.shaping import shaped
from ...core.sources import is_sql
from ...core.sources.files import found_files
from ...core.sources.sql import VARIABLE, load_query, parsed
from ...core.writing import replacing
from .external import Place, copied, place_of, refuse_overwriting
from .looking import Findings, Look, findings, look_at_files
from .personal import predictions_section
from .sections import blocks, card_section, is_of_same_table, loaded, model_section, rewritten, sections_of

# DVC refuses to run a stage whose section of params.yaml is gone.
EXAMPLE_OPTIONS = "flights: {}    # the example's own options; no other table has any"


class Plan(NamedTuple):
    """What adopting a table would do: the new params.yaml, and the copy of the files, if there are any."""

    found: Findings
    place: Place | None
    sections: dict[str, str]
    text: str


def adopt(root: Path, names: tuple[str, ...], target: str | None, query: str | None, yes: bool) -> None:
    """Look at a table, show what it seems to hold, and after a yes copy it and rewrite params.yaml.

    Nothing is half done: params.yaml is written last, and a copy that failed is taken back.

    Raises:
        DataError, ParamsError, WorkspaceError: why the table can't be adopted, in one sentence.
    """
    look = look_at(names, query, root)
    plan = planned(root, look, names[0], query, target or chosen_target(look.raw, yes))
    click.echo(f"{len(look.raw):,} rows, {len(look.raw.columns)} columns\n\n{table_of(plan.found)}\n")
    path = root / "params.yaml"
    if plan.text == path.read_text(encoding="utf-8") and (plan.place is None or plan.place.is_there):
        click.echo("params.yaml says so already.")
        return
    click.echo("\n\n".join(plan.sections.values()) + "\n")
    notices = list(notices_of(plan, root))
    for notice in notices:
        click.echo(notice)
    if not yes:
        confirmed("Write this to params.yaml?")
    write(plan, root)
    click.echo("params.yaml is written. Look at it with `git diff params.yaml`, then run `make pipeline`.")


def look_at(names: tuple[str, ...], query: str | None, root: Path) -> Look:
    """Read the table that was named: files from here, or what a database answers."""
    if not is_sql(names[0]):
        if query:
            raise DataError("--query is for an SQL URL, and these are files: leave it out.")
        return look_at_files(names, Path.cwd())
    url = parsed(VARIABLE.sub("", names[0]) or "sqlite://", {})
    if url.password or any(re.search("pass|pwd|secret|token", key) for key, value in url.query.items() if value):
        raise DataError(
            "The URL holds a password, and params.yaml is in git: put it into .env as DB_PASSWORD, and write "
            "'${DB_PASSWORD}' in its place, in single quotes."
        )
    return Look(load_query(names[0], query, root, None), (), Csv())


def portable(source: str, root: Path) -> str:
    """Return an SQL URL whose file, if it lies in the project, is named from its root."""
    scheme, _, path = source.partition(":///")
    inside = bool(path) and Path(path).is_relative_to(root)
    return f"{scheme}:///{Path(path).relative_to(root).as_posix()}" if inside else source


def chosen_target(raw: pd.DataFrame, yes: bool) -> str:
    """Return the column that is called like a target, or else the one that a person names."""
    found = likely_target(raw)
    if found.column:
        return found.column
    if yes:
        raise DataError(f"What is to be predicted isn't clear, as {found.why}: name it with --target COLUMN.")
    return asked(lambda: click.prompt("Which column is to be predicted?", type=click.Choice(list(raw.columns))))


def confirmed(question: str) -> None:
    """Ask, and stop at anything but a yes."""
    if not asked(lambda: click.confirm(question)):
        raise WorkspaceError("Nothing was changed.")


def asked(ask: Callable[[], Any]) -> Any:
    """Return a person's answer; without anybody to ask, say how to go on."""
    try:
        return ask()
    except click.Abort:
        click.echo()
        raise WorkspaceError("There is nobody to ask: name the column with --target, and say --yes.") from None


def planned(root: Path, look: Look, name: str, query: str | None, target: str) -> Plan:
    """Return the new params.yaml, after proving that the first notebook accepts it with this table."""
    check_column(look.raw, target, "--target")
    found = findings(look.raw, target)
    place = place_of(look.paths, root) if look.paths else None
    sections = sections_of(found, look, place.source if place else portable(name, root), query)
    old = (root / "params.yaml").read_text(encoding="utf-8")
    before = (loaded(old, "predictions").get("predictions") if "predictions" in blocks(old) else None) or {}
    sections["predictions"] = predictions_section(found, look, before)
    others = {"model": model_section(old, found.task, found.rows)}
    others |= {"flights": EXAMPLE_OPTIONS} if "flights" in blocks(old) else {}
    others |= {} if is_of_same_table(old, sections) else {"card": card_section(old)}
    text = rewritten(old, {**sections, **others})
    prove(text, look.raw, found, root)
    return Plan(found, place, sections, text)


def prove(text: str, raw: pd.DataFrame, found: Findings, root: Path) -> None:
    """Read the new params.yaml as the notebooks will, and bring the table into its shape."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "params.yaml"
        path.write_text(text, encoding="utf-8")
        load_params(path, *[smoke for smoke in [root / "params.smoke.yaml"] if smoke.exists()])
        params = load_params(path)
    expected = {name: guess.feature for name, guess in found.features.items() if guess.feature}
    if not expected:
        why = "; ".join(f"{name!r} {guess.why}" for name, guess in list(found.features.items())[:3])
        raise DataError(f"No column can be a feature: {why or 'there is no other'}.")
    if params.features != expected:
        raise ParamsError("The names of the columns don't survive YAML: rename those with control characters.")
    shaped(raw, resolved(raw, params))


def table_of(found: Findings) -> str:
    """Return a line for each column: its name, what it becomes, and why."""
    lines = [(found.target, f"target ({found.task})", found.task_why)]
    lines += [(role.column, name, role.why) for name, role in (("id", found.id), ("time", found.time)) if role.column]
    for name, guess in found.features.items():
        lines.append((name, guess.feature.kind if guess.feature else "-", guess.why))
    widths = [max(len(entry[n]) for entry in lines) for n in (0, 1)]
    return "\n".join(f"  {name:<{widths[0]}}  {kind:<{widths[1]}}  {why}" for name, kind, why in lines)


def notices_of(plan: Plan, root: Path) -> Iterator[str]:
    """Yield what else a person should know before saying yes."""
    for role, name in ((plan.found.id, "id"), (plan.found.time, "time")):
        if role.column is None:
            yield f"{name}: {role.why}."
    if plan.place and (replaced := refuse_overwriting(plan.place, root)):
        yield replaced
    if plan.place and not plan.place.is_there:
        yield f"The table is copied to {plan.place.target.relative_to(root.resolve()).as_posix()}, which DVC tracks."
    if plan.place is None:
        yield "The database stays where it is; after its data has changed, `dvc repro --force ingest` asks it again."
    if has_changes(root):
        yield f"params.yaml has changes that git doesn't have; it is kept as {spare(root).name}."


def has_changes(root: Path) -> bool:
    """Return whether params.yaml differs from what git has, or git knows nothing of it."""
    command = ["git", "status", "--porcelain", "--", "params.yaml"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
    return bool(done.returncode or done.stdout.strip())


def spare(root: Path) -> Path:
    """Return a name beside params.yaml that is free."""
    names = ("params.yaml.before", *(f"params.yaml.before.{n}" for n in range(2, 1000)))
    return next(root / name for name in names if not (root / name).exists())


def refuse_others(place: Place, root: Path) -> None:
    """Raise WorkspaceError if what params.yaml will name means more files than those that were looked at."""
    if {file.resolve() for file in found_files(place.source, root)} != {
        file.resolve() for file in place.files.values()
    }:
        raise WorkspaceError(f"{place.source} means other files, too: put these into a folder of their own.")


def write(plan: Plan, root: Path) -> None:
    """Copy the table and write params.yaml, or do neither."""
    path = root / "params.yaml"
    with copied(plan.place, root) if plan.place else nullcontext():
        if plan.place:
            refuse_others(plan.place, root)
        if has_changes(root):
            spare(root).write_bytes(path.read_bytes())
        with replacing(path) as unfinished:
            unfinished.write_text(plan.text, encoding="utf-8")
