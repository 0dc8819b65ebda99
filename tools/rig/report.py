"""The results of a run on boards: a table in the terminal, and a page of boards by tests."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import jinja2
import pytest

from ml.files import replace_file

FACTS = ("kind", "environment", "port", "build", "model", "meter")


@dataclass
class Result:
    """Of one test on one board."""

    outcome: str = "passed"  # or failed, skipped
    seconds: float = 0.0
    reason: str = ""


@dataclass
class Column:
    """A board with an application."""

    board: str
    app: str
    facts: dict[str, str] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)  # by test

    @property
    def counts(self) -> Counter[str]:
        return Counter(result.outcome for result in self.results.values())

    @property
    def seconds(self) -> float:
        return sum(result.seconds for result in self.results.values())


class Report:
    """A pytest plugin that gathers what the tests with a board say."""

    def __init__(self, page: Path | None) -> None:
        self._page = page.absolute() if page else None
        self.columns: dict[tuple[str, str], Column] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        said = dict(cast(list[tuple[str, str]], report.user_properties))  # by tools/rig/plugin.py: all text
        if "board" not in said:
            return
        key = (said["board"], said["app"])
        column = self.columns.setdefault(key, Column(*key))
        column.facts.update({name: said[name] for name in FACTS if said.get(name)})
        result = column.results.setdefault(test_name(report.nodeid, *key), Result())
        result.seconds += report.duration
        if report.outcome != "passed" and result.outcome != "failed":
            result.outcome, result.reason = report.outcome, reason(report)

    def pytest_sessionfinish(self) -> None:
        if self._page:
            replace_file(self._page, page(self.columns.values()).encode())

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self.columns:
            return
        terminalreporter.section("boards")
        for column in self.columns.values():
            terminalreporter.line(as_line(column))
        if self._page:
            terminalreporter.line(f"boards by tests: {self._page}")


def as_line(column: Column) -> str:
    """For the terminal."""
    counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(column.counts.items()))
    facts = " ".join(f"{name} {column.facts[name]}" for name in ("build", "model") if name in column.facts)
    return f"{column.board} {column.app}: {counted} in {column.seconds:.1f} s{'; ' if facts else ''}{facts}"


def test_name(nodeid: str, board: str, app: str) -> str:
    """The same on each board: without the parameter that names the board, and without xdist's group."""
    name, bracket, parameters = nodeid.partition("[")
    kept = parameters.rpartition("]")[0].replace(f"{board}-{app}", "", 1)
    kept = re.sub(r"^-|-$", "", kept).replace("--", "-")
    return f"{name}[{kept}]" if bracket and kept else name


def reason(report: pytest.TestReport) -> str:
    """One line, the whole of it."""
    if isinstance(report.longrepr, tuple):  # of a skipped test: path, line, reason
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    text = crash.message if crash else str(report.longrepr or "")
    text = re.sub(r"^tools\.rig\.errors\.\w+: ", "", text)
    return next((line for line in text.splitlines() if line.strip()), "no reason")


def page(columns: Iterable[Column]) -> str:
    """HTML that needs nothing else."""
    columns = list(columns)
    names = dict.fromkeys(name for column in columns for name in column.results)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=jinja2.StrictUndefined
    )
    return environment.get_template("report.html.j2").render(columns=columns, names=list(names), facts=FACTS)
