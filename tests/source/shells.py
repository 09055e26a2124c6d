"""Run notebooks in a shell of their own, and their modules in a bare interpreter."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent


def run_notebooks(notebooks, folder: Path, *, hook: bool, python=sys.executable):
    """Return what became of each notebook, and what each module's executor gives."""
    folder.mkdir(parents=True)
    command = [python, HERE / "run_cells.py", folder, "hook" if hook else "-"]
    environment = {"IPYTHONDIR": str(folder.parent / "ipython"), "PATH": ""}
    shell = subprocess.run(
        list(map(str, command)),
        input=json.dumps(list(notebooks)),
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert "ANSWER" in shell.stdout, shell.stdout + shell.stderr
    command = [str(python), "-I", str(HERE / "run_modules.py"), str(folder)]
    bare = subprocess.run(
        command, capture_output=True, text=True, check=True, cwd=folder
    )
    return json.loads(shell.stdout.partition("ANSWER")[2]), json.loads(bare.stdout)
