"""Measure kit side by side with flytekit, in the same run, as ratios.

    python benchmarks/run.py                  the table
    python benchmarks/run.py --quick          fewer repeats
    python benchmarks/run.py --check          fail if a floor is missed
    python benchmarks/run.py --write-readme   put the table into README.md

``--check`` forgives a floor 40 %: it is to notice a change for the worse, also on a
machine that does other work meanwhile.  The limits, how many times the least possible
it takes, are shown and not checked.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import platform
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

os.environ.setdefault("FLYTE_SDK_LOGGING_LEVEL", "50")
sys.path.insert(0, str(Path(__file__).parent))

from rows import Row, rows

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- benchmarks:start -->", "<!-- benchmarks:end -->"
NOISE = 0.6
HEADINGS = ("what", "kit", "flytekit", "ratio", "at least", "x the least possible")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--check", action="store_true", help="fail on a missed floor")
    parser.add_argument("--write-readme", action="store_true", help="store the table")
    options = parser.parse_args(argv)
    _settle()
    measured = []
    for row in rows(quick=options.quick):
        measured.append(row)
        print(f"{row.what} …", file=sys.stderr)
    show(measured)
    if options.write_readme:
        write_readme(measured)
    missed = [row for row in measured if _misses(row)]
    for row in missed:
        print(f"missed: {row.what}: {row.ratio:.1f}x, at least {row.floor}x")
    return 1 if options.check and missed else 0


def _settle() -> None:
    """Load both sides and take them out of the garbage collector's way."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    import flytekit  # noqa: F401 - loaded before anything is measured

    gc.collect()
    gc.freeze()


def _misses(row: Row) -> bool:
    return (
        row.ratio is not None
        and row.floor is not None
        and row.ratio < row.floor * NOISE
    )


def cells(row: Row) -> tuple[str, ...]:
    """Write a row as text."""
    least = "" if row.over_least is None else f"{row.over_least:.2f}x"
    if row.limit is not None:
        least += f" (limit {row.limit:g}x)"
    return (
        row.what,
        _amount(row.kit, row.unit),
        "" if row.flytekit is None else _amount(row.flytekit, row.unit),
        "" if row.ratio is None else f"{row.ratio:.1f}x",
        "" if row.floor is None else f"{row.floor:g}x",
        least,
    )


def _amount(number: float, unit: str) -> str:
    if unit != "s":
        return f"{number:.0f} {unit}"
    for factor, name in ((1, "s"), (1e3, "ms")):
        if number * factor >= 1:
            return f"{number * factor:.3g} {name}"
    return f"{number * 1e6:.3g} µs"


def show(measured: Sequence[Row]) -> None:
    """Print the table, with rich where it is installed."""
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        print(markdown(measured))
        return
    table = Table(*HEADINGS)
    for row in measured:
        style = "red" if _misses(row) else None
        table.add_row(*map(Text, cells(row)), style=style)  # `list[int]` is no markup
    Console().print(table)


def markdown(measured: Sequence[Row]) -> str:
    """Write the table for the README."""
    lines = [HEADINGS, ("---",) * len(HEADINGS), *map(cells, measured)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_readme(measured: Sequence[Row]) -> None:
    """Put the table between the README's markers."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{README} has no {START} … {END} to write between")
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    table = f"{markdown(measured)}\n\n{machine}; medians of alternating repeats."
    README.write_text(f"{before}{START}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
