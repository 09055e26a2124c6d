"""A real shell with kit's extension, in a folder of its own."""

from __future__ import annotations

import sys

import pytest
from IPython.core.interactiveshell import InteractiveShell


@pytest.fixture(scope="module")
def one_shell():
    """Make a shell; to make one takes longer than most tests."""
    yield InteractiveShell.instance()
    InteractiveShell.clear_instance()


@pytest.fixture
def shell(one_shell, tmp_path, monkeypatch):
    """Give a shell whose notebook is new and lies in a fresh folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    known, names = {*sys.modules}, {*one_shell.user_ns}
    one_shell.run_line_magic("load_ext", "kit")
    one_shell.run_cell("import kit")
    yield one_shell
    one_shell.run_line_magic("unload_ext", "kit")
    for name in {*one_shell.user_ns} - names:  # reset() takes longer
        del one_shell.user_ns[name]
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
