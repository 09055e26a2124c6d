"""Random notebooks give modules that do the same, or a KitError: never less.

``-m nightly`` tries 2,000 of each kind, or as many as ``KIT_PROPERTY_EXAMPLES`` says.
"""

from __future__ import annotations

import contextlib
import importlib
import itertools
import linecache
import os
import re
import sys
import types

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from kit.errors import KitError
from kit.source.module import self_contained

EXAMPLES = int(os.environ.get("KIT_PROPERTY_EXAMPLES", "150"))
NIGHTLY = int(os.environ.get("KIT_PROPERTY_EXAMPLES", "2000"))
NAMES = [f"v{number}" for number in range(7)]


def join(*lines):
    """Return the lines of one cell."""
    return "\n".join(lines) + "\n"


USE = join(
    "def use(x, n):",
    "    if n <= 0:",
    "        return 0",
    "    if isinstance(x, type):",
    "        return x(n - 1).show() if hasattr(x, 'show') else sorted(dir(x))[-1:]",
    "    return x(n - 1) if callable(x) else repr(x)",
)
PLAIN = join(
    "def plain(f):",
    "    def w(*a):",
    "        return 'plain', f(*a)",
    "    return w",
)
WRAPPING = join(
    "def wrapping(f):",
    "    @functools.wraps(f)",
    "    def w(*a):",
    "        return 'wrapped', f(*a)",
    "    return w",
)
KEEP = join(
    "kept = {}",
    "def keep(f):",
    "    kept[f.__name__] = f",
    "    return f",
)
PAIR = join(
    "@dataclasses.dataclass",
    "class Pair:",
    "    x: object",
    "    y: object = None",
)
IMPORTS = "import dataclasses, enum, functools, math, threading\n"
HEAD = (IMPORTS, USE, PLAIN, WRAPPING, KEEP, PAIR)

names = st.sampled_from(NAMES)
literals = st.one_of(
    st.none(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=4),
    st.binary(max_size=3),
    st.lists(st.integers() | st.text(max_size=2), max_size=3),
    st.dictionaries(st.text(max_size=2), st.booleans() | st.none(), max_size=2),
    st.tuples(st.integers()),
).map(repr)
uses = st.lists(names, max_size=3).map(
    lambda found: "[" + ", ".join(f"use({name}, n)" for name in found) + "]"
)
comprehensions = st.builds("[use({}, n) for {} in [1, {}]]".format, names, names, names)
bodies = uses | comprehensions
functions = st.builds(
    lambda name, default, body: join(
        f"def {name}(n, d={default}):", f"    return d, {body}"
    ),
    names,
    literals | names,
    bodies,
)
decorated = st.builds(
    "@{}\n{}".format,
    st.sampled_from(["plain", "wrapping", "functools.lru_cache"]),
    functions,
)
classes = st.builds(
    lambda name, base, value, body: join(
        f"class {name}({base}):",
        f"    held = {value}",
        "    def __init__(self, n):",
        "        self.n = n",
        "    def show(self):",
        "        n = self.n",
        f"        return self.held, {body}",
    ),
    names,
    names | st.just("object"),
    names | literals,
    bodies,
)
counters = st.builds(
    lambda name, other: join(
        f"def {name}(n):",
        f"    global {other}",
        f"    {other} = n",
        f"    return {other}",
    ),
    names,
    names,
)
simple = st.builds(
    "{} = {}\n".format,
    names,
    literals | names | st.sampled_from(["threading.Lock()", "abs", "math.pi", "math"]),
)
enums = st.builds(
    "class {0}(enum.Enum):\n    A = {1}\n{2} = {0}.A\n".format, names, literals, names
)
imports = st.builds(
    "{} as {}\n".format,
    st.sampled_from(["import math", "from math import sqrt", "import os.path"]),
    names,
)
tables = st.builds(
    "{} = {}\n".format,
    names,
    st.builds("[{}, {}]".format, names, names)
    | st.builds("{{'a': {}, 'b': [{}]}}".format, names, literals)
    | st.builds("({}, {})".format, names, literals)
    | st.builds("functools.partial(use, {})".format, names)
    | st.builds("Pair({}, y={})".format, names, literals),
)
lambdas = st.builds(
    "{} = lambda n, d={}: (d, use({}, n))\n".format, names, names, names
)
kept = st.builds(
    lambda name, body: join(f"@keep\ndef {name}(n):", f"    return len(kept), {body}"),
    names,
    bodies,
)
cells = st.one_of(
    *(functions, decorated, kept, lambdas, classes, enums),
    *(simple, tables, counters, imports),
)


def run(texts):
    """Run cells as a shell does: one that fails leaves the others be."""
    module = types.ModuleType("kit_property_notebook")
    sys.modules[module.__name__] = module
    for old in [name for name in linecache.cache if name.startswith("<ipython")]:
        del linecache.cache[old]
    for number, text in enumerate(texts):
        name = f"<ipython-input-{number}-{abs(hash(text))}>"
        linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
        try:
            exec(compile(text, name, "exec", dont_inherit=True), vars(module))  # noqa: S102 - cells
        except Exception as error:  # noqa: BLE001 - a shell shows it and goes on
            event(f"a cell fails: {type(error).__name__}")
    return module


def answer(function):
    """Return what an executor gives, or the class of what it raises."""
    try:
        text = repr(function(None, 3))
    except Exception as error:  # noqa: BLE001 - compared, not handled
        return type(error).__name__
    return re.sub(r" at 0x\w+", "", text).replace("kit_property_notebook", "fresh")


notebooks = st.tuples(st.lists(cells, min_size=1, max_size=8), bodies)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(notebooks)
def test_a_module_does_the_same_or_is_refused(notebook):
    """No NameError and no ImportError waits in a module that was made."""
    try_notebook(*notebook)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(max_examples=NIGHTLY, deadline=None, suppress_health_check=list(HealthCheck))
@given(notebooks)
def test_many_modules_do_the_same_or_are_refused(notebook):
    """The long form, with new notebooks each time."""
    try_notebook(*notebook)


def try_notebook(texts, body):
    """Compare a notebook with its module."""
    main = join("def main(tt, n):", f"    return {body}")
    compare(run([*HEAD, *texts, main]))


def compare(notebook):
    """Let a notebook's executor travel, and compare what it gives."""
    try:
        source = self_contained(notebook.main)
    except KitError as error:
        event(type(error).__name__)
        return
    event("made")
    fresh = sys.modules["fresh"] = types.ModuleType("fresh")
    code = compile(source.text, "fresh", "exec", dont_inherit=True)
    exec(code, vars(fresh))  # noqa: S102 - what is tested
    assert answer(fresh.main) == answer(notebook.main), source.text


HELPERS = ("kit_local_one", "kit_local_two")
from_one = st.builds("from kit_local_one import {} as {}\n".format, names, names)
from_two = st.builds("from kit_local_two import {} as {}\n".format, names, names)
kept_of = st.builds(
    "from {} import kept as {}\n".format, st.sampled_from(HELPERS), names
)
changes = st.one_of(
    st.builds("{}.held = {}\n".format, names, literals),
    st.builds("{}.append({})\n".format, names, literals),
    st.builds("{}.more = {}\n".format, names, literals),
    st.builds("{} += {}\n".format, names, literals),
    st.builds("del {}\n".format, names),
)
modules = st.lists(cells | changes, min_size=1, max_size=6)
numbers = itertools.count()


programs = st.tuples(
    modules,
    st.lists(cells | from_one, min_size=1, max_size=6),
    st.lists(cells | from_one | from_two | kept_of | changes, min_size=1, max_size=6),
    bodies,
)


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=programs)
def test_helper_modules_come_along_as_they_are(tmp_path_factory, program):
    """Names of a notebook and of two modules clash, and each keeps its meaning."""
    try_program(tmp_path_factory, *program)


@pytest.mark.nightly
@pytest.mark.timeout(3600)
@settings(max_examples=NIGHTLY, deadline=None, suppress_health_check=list(HealthCheck))
@given(program=programs)
def test_many_helper_modules_come_along_as_they_are(tmp_path_factory, program):
    """The long form, with new programs each time."""
    try_program(tmp_path_factory, *program)


def try_program(tmp_path_factory, one, two, texts, body):
    """Compare a notebook that takes from two modules with its module."""
    folder = tmp_path_factory.getbasetemp() / f"modules{next(numbers)}"
    folder.mkdir()
    finders = [each for each in sys.meta_path if not _rewrites(each)]
    before, sys.meta_path = sys.meta_path, finders
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    for name in HELPERS:
        sys.modules.pop(name, None)
    try:
        for name, parts in zip(HELPERS, (one, two), strict=True):
            (folder / f"{name}.py").write_text(working(parts), encoding="utf-8")
            importlib.import_module(name)
        main = join("def main(tt, n):", f"    return {body}")
        compare(run([*HEAD, *texts, main]))
    finally:
        sys.path.remove(str(folder))
        sys.meta_path = before


def _rewrites(finder):
    return "AssertionRewritingHook" in type(finder).__name__


def working(parts):
    """Return the text of a module, without the parts that fail."""
    module = types.ModuleType("kit_local_trial")
    sys.modules[module.__name__] = module
    kept_parts = []
    for part in (*HEAD, *parts):
        with contextlib.suppress(Exception):  # the module would not load
            exec(compile(part, "trial", "exec", dont_inherit=True), vars(module))  # noqa: S102 - as an import does
            kept_parts.append(part)
    return "".join(kept_parts)
