"""Run notebooks in a real IPython shell: ``run_cells.py folder hook|plain``.

Reads a list of notebooks from stdin as JSON, writes a module for each that has one,
and prints what became of each.
"""

from __future__ import annotations

import contextlib
import gc
import io
import json
import linecache
import sys
from pathlib import Path

from IPython.core.interactiveshell import InteractiveShell

from kit.errors import KitError
from kit.source.module import self_contained
from kit.source.noted_cells import install

SECRET = "hunter2-secret"  # noqa: S105 - the tests' own


def run_notebook(ip, cells):
    """Run cells in an empty namespace, each one twice when it may be."""
    ip.reset(new_session=False)
    ip.compile.reset_compiler_flags()  # futures of an earlier notebook
    for name in [name for name in linecache.cache if "ipython" in name]:
        del linecache.cache[name]
    for cell in cells:
        result = ip.run_cell(cell)
        if not result.success:
            raise result.error_before_exec or result.error_in_exec


def outcome(ip, notebook, folder):
    """Return what the notebook's executor gives, and its module or error."""
    run_notebook(ip, notebook["cells"])
    executor = ip.user_ns["main"]
    try:
        module = self_contained(executor, forbidden=[SECRET])
    except KitError as error:
        return {"error": type(error).__name__, "text": str(error)}
    again = self_contained(executor, forbidden=[SECRET])
    (folder / f"{module.name}.py").write_text(module.text, encoding="utf-8")
    return {
        "name": module.name,
        "text": module.text,
        "same": module == again,
        "notes": module.notes,
        "result": repr(executor(None, 3)),
    }


def main():
    """Answer for every notebook."""
    folder, hook = Path(sys.argv[1]), sys.argv[2] == "hook"
    notebooks = json.load(sys.stdin)
    ip = InteractiveShell.instance()
    gc.freeze()  # each reset of the shell collects
    if hook:
        install(ip)
        install(ip)
    found = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for notebook in notebooks:
            found[notebook["name"]] = outcome(ip, notebook, folder)
    sys.stdout.write("ANSWER" + json.dumps(found))


main()
