"""Names are resolved in the module where each object was written."""

# ruff: noqa: E501, ISC004 - the modules are data

from __future__ import annotations

import pytest

from kit.errors import AuthoringError
from kit.source.module import self_contained

MAIN = (
    "from kit_local_helper import {0}\nUNIT = 1\n\ndef main(tt, n):\n    return {1}\n"
)


@pytest.mark.parametrize(
    ("helper", "name", "use"),
    [
        ("class Conv:\n    kg = staticmethod(lambda g: g / UNIT)", "Conv", "Conv.kg(n)"),
        ("class Conv:\n    unit = UNIT", "Conv", "n / Conv.unit"),
        ("class Conv:\n    def kg(self, g):\n        return g / UNIT",
         "Conv", "Conv().kg(n)"),
        ("class Conv:\n    class In:\n        unit = UNIT", "Conv", "n / Conv.In.unit"),
        ("def kg(g, unit=UNIT):\n    return g / unit", "kg", "kg(n)"),
        ("def kg(g):\n    return g / UNIT", "kg", "kg(n)"),
        ("kg = lambda g: g / UNIT", "kg", "kg(n)"),
        ("import dataclasses\n@dataclasses.dataclass\nclass Conv:\n"
         "    unit: int = dataclasses.field(default_factory=lambda: UNIT)",
         "Conv", "n / Conv().unit"),
        ("def by_unit(f):\n    def w(*a):\n        return f(*a) / UNIT\n    return w\n"
         "@by_unit\ndef kg(g):\n    return g", "kg", "kg(n)"),
        ("class Base:\n    unit = UNIT\nclass Conv(Base):\n    pass",
         "Conv", "n / Conv.unit"),
        ("import functools\n@functools.singledispatch\ndef kg(g):\n    return g\n"
         "@kg.register\ndef _(g: int):\n    return g / UNIT", "kg", "kg(n)"),
    ],
)  # fmt: skip
def test_a_helpers_own_globals_are_meant(helper, name, use, write, fresh):
    """A notebook's variable of the same name changes nothing of the helper."""
    write("kit_local_helper", f"UNIT = 1000\n{helper}\n")
    main = write("kit_local_main", MAIN.format(name, use)).main
    assert main(None, 5000) == 5.0
    assert fresh(self_contained(main))(None, 5000) == 5.0


def test_two_variables_of_one_name_are_refused(write):
    """Where both modules use the name the error says which two."""
    write("kit_local_helper", "UNIT = 1000\nclass Conv:\n    unit = UNIT\n")
    main = write("kit_local_main", MAIN.format("Conv", "Conv.unit * UNIT")).main
    with pytest.raises(AuthoringError, match="'UNIT' means two things"):
        self_contained(main)


def test_equal_lists_of_two_modules_stay_two(write):
    """Two lists that are equal now are not one: either may be changed later."""
    write("kit_local_helper", "UNIT = []\ndef add(n):\n    UNIT.append(n)\n")
    text = MAIN.format("add", "add(n), UNIT").replace("UNIT = 1", "UNIT = []")
    main = write("kit_local_main", text).main
    with pytest.raises(AuthoringError, match="'UNIT' means two things"):
        self_contained(main)


@pytest.mark.parametrize("before", ["UNIT = 1\n", ""])
def test_a_variable_that_one_module_assigns_is_its_own(before, write):
    """Equal numbers are one constant, unless a function of one module sets it."""
    helper = "def count(n):\n    global UNIT\n    UNIT = n\n    return UNIT\n"
    write("kit_local_helper", before + helper)
    main = write("kit_local_main", MAIN.format("count", "UNIT, count(n), UNIT")).main
    with pytest.raises(AuthoringError, match="'UNIT' means two things"):
        self_contained(main)


def test_a_class_that_its_module_has_replaced_is_refused(write):
    """Without methods nothing shows which globals it was made with."""
    helper = write("kit_local_helper", "UNIT = 1000\nclass Conv:\n    unit = UNIT\n")
    main = write("kit_local_main", MAIN.format("Conv", "Conv.unit")).main
    helper.Conv = type("Conv", (), {})
    with pytest.raises(AuthoringError, match="not the one that module"):
        self_contained(main)
