"""The oracle, and the count of the vectors at the end of a run."""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from conformance.worker import Oracle

HOW = "conformance"
"""The property by which a test says how its case passed."""


@pytest.fixture(scope="session")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oracle]:
    """Start the real flytekit once."""
    if importlib.util.find_spec("flytekit") is None:
        pytest.skip("the oracle needs flytekit: install the extra 'flytekit'")
    started = Oracle(tmp_path_factory.mktemp("oracle") / "log")
    yield started
    started.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many cases are equal, and how many are as DIFFERS says."""
    ways = Counter(
        value
        for report in terminalreporter.stats.get("passed", [])
        for name, value in _properties(report)
        if name == HOW
    )
    if ways:
        counts = ", ".join(f"{count} {way}" for way, count in sorted(ways.items()))
        terminalreporter.write_line(f"golden vectors: {counts}")


def _properties(report: Any) -> list[tuple[str, object]]:
    return getattr(report, "user_properties", []) if report.when == "call" else []
