"""A notebook, and an image that has what the notebook's folder has not."""

from __future__ import annotations

import pytest
from IPython.core.interactiveshell import InteractiveShell
from prove_lab import Image


@pytest.fixture
def image(tmp_path, monkeypatch):
    """Make a folder that containers import from, and this process too."""
    folder = tmp_path / "image"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    return Image(folder)


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
