"""A notebook to define tasks in."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture(scope="module")
def shell():
    """Start a real IPython shell for the tests of one file."""
    shell = InteractiveShell.instance()
    shell.reset()
    shell.run_cell("import kit").raise_error()
    yield shell
    shell.reset()
    InteractiveShell.clear_instance()


@pytest.fixture
def cell(shell, tmp_path, monkeypatch):
    """Run cells in the shell, and return the value of their last line."""
    monkeypatch.chdir(tmp_path)

    def run(text):
        result = shell.run_cell(text, store_history=True, silent=False)
        result.raise_error()
        return result.result

    return run
