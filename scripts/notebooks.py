"""Run, check and test the tutorials in ``notebooks/``.

    python scripts/notebooks.py run     execute each one and store its outputs
    python scripts/notebooks.py check   fail if one was stored unexecuted
    python scripts/notebooks.py test    execute each one, compare every output (nbval)

``run`` and ``test`` use one environment, since rich's width and colours show in them.
Widget state and timings are not stored: they differ from run to run, and saved widget
state makes static pages blank.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
KERNEL = "python3"
CELL_TIMEOUT_SECONDS = 120


def environment() -> dict[str, str]:
    """Return the environment variables under which outputs are stored and compared."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name != "NO_COLOR" and not name.startswith("PYTEST_")
    }
    return {**kept, "JUPYTER_COLUMNS": "100", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def paths() -> list[Path]:
    """Return the tutorials in reading order."""
    return sorted(NOTEBOOKS.glob("*.ipynb"))


def strip(notebook: Any) -> None:
    """Drop what differs from run to run: widget state, timings, kernel versions."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": KERNEL,
    }
    notebook.metadata["language_info"] = {"name": "python"}
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)


def problems(notebook: Any) -> list[str]:
    """Say what shows that a stored notebook was not executed from top to bottom."""
    code = [c for c in notebook.cells if c.cell_type == "code" and c.source.strip()]
    found = []
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"execution counts are {counts}, not 1 to {len(code)} in order")
    if code and not any(cell.outputs for cell in code):
        found.append("no cell has an output")
    found += [
        f"cell {number} has a stored error: {output.ename}: {output.evalue}"
        for number, cell in enumerate(code, start=1)
        for output in cell.outputs
        if output.output_type == "error"
        and "raises-exception" not in cell.metadata.get("tags", [])
    ]
    if "widgets" in notebook.metadata:
        found.append("widget state is stored")
    return found


def run() -> int:
    """Execute each tutorial in a fresh kernel and store its outputs."""
    from nbclient import NotebookClient

    os.environ.clear()
    os.environ.update(environment())
    for path in paths():
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_SECONDS,
            kernel_name=KERNEL,
            resources={"metadata": {"path": str(NOTEBOOKS)}},
        ).execute()
        strip(notebook)
        nbformat.write(notebook, path)
        print(f"{path.relative_to(ROOT)}: {len(notebook.cells)} cells")
    return 0


def check() -> int:
    """Report notebooks that were not executed; return how many problems there are."""
    found = [
        f"{path.relative_to(ROOT)}: {problem}"
        for path in paths()
        for problem in problems(nbformat.read(path, as_version=4))
    ]
    print("\n".join(found) or f"{len(paths())} notebook(s) are stored as executed")
    return len(found)


def test() -> int:
    """Execute each tutorial and compare every output with the stored one."""
    command = [
        *(sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env"),
        f"--nbval-cell-timeout={CELL_TIMEOUT_SECONDS}",
        *("-p", "no:xdist", "-p", "no:cacheprovider", "-q"),
        *map(str, paths()),
    ]
    return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode


def main() -> int:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("action", choices=["run", "check", "test"])
    return {"run": run, "check": check, "test": test}[parser.parse_args().action]()


if __name__ == "__main__":
    sys.exit(main())
