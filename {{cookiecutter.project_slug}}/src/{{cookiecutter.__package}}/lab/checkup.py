"""A look at what is live and at what main holds, by the project's own commands, with one report on all of it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from ..core.prose.words import Prose
from .programs import BIN, with_programs

REPORT = ".draft/checkup/report.md"
LINES = 40


class Check(NamedTuple):
    """One thing to look at: a question, the command that answers it, or why it isn't asked."""

    question: str
    command: tuple[str, ...] = ()
    unasked: str = ""


class Finding(NamedTuple):
    """What a check found: whether all is well, None where it wasn't asked, and what the command said."""

    check: Check
    well: bool | None
    said: str


def checks(root: Path, service: str) -> Iterator[Check]:
    """Yield what can be looked at; `service` is the address of the deployed service, if there is one."""
    never = "" if (root / "dvc.lock").exists() else "The pipeline has never run: there is no dvc.lock."
    yield Check("Were the results made by the code that is here?", ("lab", "status", "--check", "--committed"), never)
    yield Check("Does the last run keep the notebooks' contract?", ("lab", "replay"), never)
    nowhere = "" if service else "No address is set: SERVICE_URL names it, in monitor.yml the variable PRODUCTION_URL."
    question = "Does the deployed service give the golden answers?"
    yield Check(question, ("live", "smoke", "--url", service), never or nowhere)


def look(root: Path, service: str) -> list[Finding]:
    """Return what each check found."""
    return [asked(root, check) for check in checks(root, service)]


def asked(root: Path, check: Check) -> Finding:
    """Return what one check found."""
    if check.unasked:
        return Finding(check, None, check.unasked)
    name, *arguments = check.command
    command = [str(BIN / name), *arguments]
    done = subprocess.run(
        command,
        cwd=root,
        env=with_programs(os.environ),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Finding(check, done.returncode == 0, done.stdout.strip())


def report(findings: list[Finding]) -> Prose:
    """Return the findings in Markdown, with what a command said where it found something."""
    wrong = [finding for finding in findings if finding.well is False]
    title = f"{len(wrong)} of {len(findings)} looks found something" if wrong else "All that was asked is well"
    return Prose("\n\n".join([f"# {title}", *(told(finding) for finding in findings)]) + "\n")


def told(finding: Finding) -> str:
    """Return one finding in Markdown."""
    mark = {True: "✓", False: "✗", None: "·"}[finding.well]
    line = f"{mark} **{finding.check.question}**"
    if finding.well is None:
        return f"{line} {finding.said}"
    if finding.well:
        return line
    lines = finding.said.replace("`" * 3, "'''").splitlines()
    return "\n".join([line, "", "```text", f"$ {' '.join(finding.check.command)}", *lines[-LINES:], "```"])


def write(root: Path, findings: list[Finding], environ: Mapping[str, str]) -> str:
    """Write the report to its file and to the summary of a workflow's step, and return it."""
    from .judging.report import summarise

    text = report(findings)
    (root / REPORT).parent.mkdir(parents=True, exist_ok=True)
    (root / REPORT).write_text(text, encoding="utf-8")
    summarise(text, environ)
    return text
