"""Measure kit side by side with flytekit, in the same run, as ratios.

    python benchmarks/run.py                  the table
    python benchmarks/run.py --quick          fewer repeats
    python benchmarks/run.py --check          fail if a floor is missed
    python benchmarks/run.py --write-readme   put the table into README.md

``--check`` forgives a floor or a bound 40 %: it is to notice a change for the worse,
also on a machine that does other work meanwhile.  The limits, how many times the least
possible it takes, are shown and not checked.
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import platform
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("FLYTE_SDK_LOGGING_LEVEL", "50")
sys.path.insert(0, str(Path(__file__).parent))

from rows import Row, rows
from views import Bound, bounds

README = Path(__file__).parents[1] / "README.md"
START, END = "<!-- benchmarks:start -->", "<!-- benchmarks:end -->"
NOISE = 0.6
BOUND_HEADINGS = ("what", "took", "bound")
HEADINGS = ("what", "kit", "flytekit", "ratio", "at least", "x the least possible")


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--check", action="store_true", help="fail on a missed floor")
    parser.add_argument("--write-readme", action="store_true", help="store the table")
    options = parser.parse_args(argv)
    _settle()
    compared = list(_noted(rows(quick=options.quick)))
    bounded = list(_noted(bounds(quick=options.quick)))
    show(HEADINGS, [(cells(row), _misses(row)) for row in compared])
    show(BOUND_HEADINGS, [(bound_cells(row), _exceeds(row)) for row in bounded])
    if options.write_readme:
        write_readme(compared, bounded)
    missed = [cells(row) for row in compared if _misses(row)]
    missed += [bound_cells(row) for row in bounded if _exceeds(row)]
    for line in missed:
        print(f"missed: {', '.join(filter(None, line))}")
    return 1 if options.check and missed else 0


def _noted(measured: Iterator[Any]) -> Iterator[Any]:
    for row in measured:
        print(f"{row.what} …", file=sys.stderr)
        yield row


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


def _exceeds(row: Bound) -> bool:
    if row.at_least:
        return row.value < row.bound * NOISE
    return row.value > row.bound / NOISE


def bound_cells(row: Bound) -> tuple[str, ...]:
    """Write a row of what is bounded as text."""
    side = "at least" if row.at_least else "at most"
    value = f"{row.value:,.0f}" if row.value >= 100 else f"{row.value:.1f}"  # noqa: PLR2004 - digits that tell
    return row.what, f"{value} {row.unit}", f"{side} {row.bound:,g} {row.unit}"


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


def show(
    headings: Sequence[str], measured: Sequence[tuple[Sequence[str], bool]]
) -> None:
    """Print a table, with rich where it is installed; what misses is red."""
    try:
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text
    except ImportError:
        print(markdown(headings, [line for line, _ in measured]))
        return
    table = Table(*headings)
    for line, misses in measured:
        style = "red" if misses else None
        table.add_row(*map(Text, line), style=style)  # `list[int]` is no markup
    Console().print(table)


def markdown(headings: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """Write a table for the README."""
    table = [headings, ("---",) * len(headings), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in table)


def write_readme(compared: Sequence[Row], bounded: Sequence[Bound]) -> None:
    """Put the tables between the README's markers."""
    text = README.read_text(encoding="utf-8")
    before, _, rest = text.partition(START)
    _, end, after = rest.partition(END)
    if not end:
        sys.exit(f"{README} has no {START} … {END} to write between")
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores"
    tables = (
        markdown(HEADINGS, map(cells, compared)),
        markdown(BOUND_HEADINGS, map(bound_cells, bounded)),
        f"{machine}; medians of alternating repeats.",
    )
    made = "\n\n".join(tables)
    README.write_text(f"{before}{START}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
