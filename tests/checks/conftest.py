"""A notebook to define tasks in."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def cell(tmp_path, monkeypatch):
    """Run cells in a real IPython shell, and return the value of their last line."""
    monkeypatch.chdir(tmp_path)
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
