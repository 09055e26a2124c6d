"""A real shell with kit's extension, in a folder of its own."""

from __future__ import annotations

import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture
def shell(tmp_path, monkeypatch):
    """Make a shell whose notebook lies in a fresh folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    known = {*sys.modules}
    ip = InteractiveShell.instance()
    ip.reset()
    ip.run_line_magic("load_ext", "kit")
    ip.run_cell("import kit")
    yield ip
    ip.run_line_magic("unload_ext", "kit")
    ip.reset()
    InteractiveShell.clear_instance()
    for name in {*sys.modules} - known:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def run(shell):
    """Run a cell and return the value of its last line, or raise its error."""

    def run_cell(text):
        result = shell.run_cell(text, store_history=True)
        result.raise_error()
        return result.result

    return run_cell
