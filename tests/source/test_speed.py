"""Computing the source is quick, and linear in the size of the code."""

from __future__ import annotations

import gc
import linecache
import sys
import time
import types

from kit.source import pages
from kit.source.module_source import self_contained


def notebook(helpers: int, cells: int):
    """Return the executor of a notebook with a chain of helpers over some cells."""
    module = types.ModuleType("kit_speed_notebook")
    sys.modules[module.__name__] = module
    texts = [""] * cells
    for number in range(helpers):
        after = f"f{number + 1}" if number + 1 < helpers else "math.sqrt"
        texts[number % cells] += (
            f"K{number} = {number}\n\ndef f{number}(n):\n"
            + "".join(f"    n = n + K{number} * {line}\n" for line in range(8))
            + f"    return {after}(n)\n\n"
        )
    texts[-1] += "def main(tt, n):\n    return f0(n)\n"
    for number, text in enumerate(["import math\n", *texts]):
        name = f"<ipython-input-speed-{number}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        exec(compile(text, name, "exec"), vars(module))  # noqa: S102 - cells
    return module.main


def seconds(helpers: int, cells: int) -> float:
    """Return the best of some runs, none of which knows the pages yet."""
    executor, best = notebook(helpers, cells), 1e9
    for _ in range(3):
        pages._PAGES.clear()
        gc.collect()
        gc.freeze()  # collecting the objects of all other tests is not our time
        begin = time.process_time()
        self_contained(executor)
        best = min(best, time.process_time() - begin)
        gc.unfreeze()
    return best


def test_twenty_helpers_over_thirty_cells_take_no_time():
    """The user's cell does not feel it: 50 ms at most."""
    assert min(seconds(20, 30) for _ in range(4)) < 0.05


def test_ten_times_the_code_takes_ten_times_as_long():
    """Far from the square; twelve times is what a machine with no other work shows."""
    tries = (seconds(400, 600) / seconds(40, 60) for _ in range(4))
    assert any(ratio < 30 for ratio in tries)
