"""Fixtures of all tests: a terminal of 80 columns, a notebook; nightly tests."""

from __future__ import annotations

import pytest


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Leave nightly tests out unless ``-m`` names them."""
    if "nightly" in (config.option.markexpr or ""):
        return
    long = [item for item in items if item.get_closest_marker("nightly")]
    if long:
        config.hook.pytest_deselected(items=long)
        items[:] = [item for item in items if item not in long]


@pytest.fixture(autouse=True)
def _terminal_of_80_columns(monkeypatch):
    """Print as in a terminal of 80 columns; xdist passes its own width on."""
    monkeypatch.setenv("COLUMNS", "80")


@pytest.fixture
def notebook(tmp_path, monkeypatch):
    """Work in an empty folder, as a notebook there would."""
    folder = tmp_path / "notebook"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def cell(notebook):
    """Run cells in a real IPython shell, and return the value of their last line."""
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell.instance()
    shell.reset()

    def run(text):
        result = shell.run_cell(text, store_history=True, silent=False)
        result.raise_error()
        return result.result

    run("import kit")
    yield run
    shell.reset()
    InteractiveShell.clear_instance()
