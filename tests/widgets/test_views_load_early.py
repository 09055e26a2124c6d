"""A kernel with a page loads the live views by itself, and no other process does."""

from __future__ import annotations

import subprocess
import sys

import pytest
from test_leaks import Kernel

pytest.importorskip("anywidget")
LOADED = """
import sys, threading
for thread in threading.enumerate():
    if thread.name == "kit-loads-views":
        thread.join()
"""


def test_a_kernel_with_a_page_loads_them_after_the_cell_that_imports_kit():
    """So that the first view opens as fast as the next one."""
    kernel = Kernel()
    try:
        at_once = kernel.run("import kit, sys", "a", x="'anywidget' in sys.modules")
        later = kernel.run(LOADED, "b", x="'anywidget' in sys.modules")
        drawn = kernel.run("", "c", x="'kit.widgets.preview_view' in sys.modules")
    finally:
        kernel.stop()
    assert (at_once["x"], later["x"], drawn["x"]) == ("False", "True", "True")


def test_no_other_process_does():
    """There is no page to show them in."""
    source = "import kit, sys, threading; print(threading.active_count())"
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    )
    assert done.stdout == "1\n"
