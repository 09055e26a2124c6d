"""Who runs a notebook: a page that draws widgets, or a program that stores outputs."""

from __future__ import annotations

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = """import kit
@kit.container_task(image="a:1", name="t")
def t(tt, n: int) -> int:
    return n * 111
---
run = kit.run(t, n=7).wait()
run
---
kit.check(t)
---
kit.preview(t)
---
kit.panel(t, n=7)"""
WIDGET = "application/vnd.jupyter.widget-view+json"


def outputs_of(tmp_path) -> list[dict]:
    """Run the cells as papermill and nbconvert do, and return what each shows."""
    cells = [nbformat.v4.new_code_cell(source) for source in CELLS.split("---\n")]
    notebook = nbformat.v4.new_notebook(cells=cells)
    where = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources=where
    ).execute()
    return [cell.outputs[-1]["data"] for cell in cells[1:]]


def test_a_program_that_runs_a_notebook_stores_html(tmp_path):
    """Which is read without a kernel, a network or a script."""
    for shown in outputs_of(tmp_path):
        assert WIDGET not in shown
        assert "<article" in shown["text/html"]


def test_a_program_that_draws_widgets_gets_them(tmp_path, monkeypatch):
    """It says so in the environment of its kernels."""
    monkeypatch.setenv("KIT_WIDGETS", "1")
    assert all(WIDGET in shown for shown in outputs_of(tmp_path))


HEADERS = {
    "a page with cells": ({"cellId": "a"}, "f3b8_1_2", True),
    "a page without": ({}, "f3b8c1d2-70aa-4b6e-a0a2-0c2d5d3a1b11", True),
    "a Python client": ({}, "8fd1-77b2_4242_3", False),
}


@pytest.mark.parametrize(("metadata", "request_id", "live"), HEADERS.values())
def test_requests_say_who_asks(monkeypatch, metadata, request_id, live):
    """By the cell that they name, or the way they are numbered."""
    from kit import notebook

    class Shell:
        kernel = object()

        def get_parent(self):
            return {"header": {"msg_id": request_id}, "metadata": metadata}

    monkeypatch.setattr(notebook, "interactive_shell", Shell)
    monkeypatch.delenv("KIT_WIDGETS", raising=False)
    assert notebook.has_live_page() is live
