"""Computing the source is quick, and linear in the size of the code."""

from __future__ import annotations

import ast
import gc
import linecache
import time

import pytest

from kit.source import source_units
from kit.source.module import self_contained

HELPER = """\
K{0} = {0}
T{0} = {{'k': [K{0}, 'text'], 'f': math.sqrt}}
key{0} = lambda row: row[K{0}]

@dataclass
class Row{0}:
    first{0}: int
    second: float = 0.5

def f{0}(n, row: Row{0} = None):
    \"\"\"Do some work.\"\"\"
{1}    return {2}(n) + len(T{0}) + key{0}([0] * (K{0} + 1))

"""
LINES = "".join(f"    n = n + K{{0}} * {line}\n" for line in range(6))


def notebook(helpers: int, cells: int):
    """Return the executor of a notebook with a chain of helpers over some cells."""
    for name in [name for name in linecache.cache if name.startswith("<ipython")]:
        del linecache.cache[name]
    texts = ["import math\nfrom dataclasses import dataclass\n", *[""] * cells]
    for number in range(helpers):
        after = f"f{number + 1}" if number + 1 < helpers else "math.sqrt"
        body = LINES.format(number)
        texts[1 + number % cells] += HELPER.format(number, body, after)
    texts[-1] += "def main(tt, n):\n    return f0(n)\n"
    namespace = {"__name__": "__main__"}
    for number, text in enumerate(texts):
        name = f"<ipython-input-speed-{number}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec", dont_inherit=True), namespace)  # noqa: S102 - cells
    return namespace["main"]


def seconds(helpers: int, cells: int) -> float:
    """Return the processor time of one run that does not know the cells yet."""
    executor = notebook(helpers, cells)
    source_units._UNITS.clear()
    source_units._ENTRIES.clear()
    begin = time.process_time()
    self_contained(executor)
    return time.process_time() - begin


def unit(helpers: int, cells: int) -> float:
    """Return the processor time that parsing and printing the same cells takes."""
    notebook(helpers, cells)
    texts = [
        "".join(linecache.cache[name][2])
        for name in linecache.cache
        if name.startswith("<ipython")
    ]
    begin = time.process_time()
    for text in texts:
        ast.unparse(ast.parse(text))
    return time.process_time() - begin


@pytest.fixture
def _no_collecting():
    """Keep the collector out: the objects of all other tests are not our time."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.mark.usefixtures("_no_collecting")
def test_twenty_helpers_over_thirty_cells_cost_little():
    """At most ten times what it costs to parse and print the notebook once."""
    ratio = 1e9
    for _ in range(8):
        ratio = min(ratio, seconds(20, 30) / unit(20, 30))
        if ratio < 10:
            return
    assert ratio < 10


@pytest.mark.usefixtures("_no_collecting")
def test_ten_times_the_code_takes_ten_times_as_long():
    """Each size is measured by what parsing and printing it costs; 1.4 is noise."""
    small, large = 1e9, 1e9
    for _ in range(6):
        small = min(small, *(seconds(30, 45) / unit(30, 45) for _ in range(3)))
        large = min(large, seconds(300, 450) / unit(300, 450))
        if large < 1.4 * small:
            return
    assert large < 1.4 * small
