"""Annotations are read in one place, late or early as Python has them."""

from __future__ import annotations

import sys

import pytest

from kit.annotations import own_annotations, type_hints
from kit.source.class_statements import own_names
from kit.source.module import self_contained

HELPER = """
import dataclasses

class Bare:
    x: int
    y: "str"

class Below(Bare):
    pass

@dataclasses.dataclass
class Row:
    x: int
    y: list = dataclasses.field(default_factory=list)
"""


def test_a_class_has_its_own_annotations_only(write):
    """Inherited ones are their class's; text stays text."""
    module = write("kit_local_helper", HELPER)
    assert own_annotations(module.Bare) == {"x": int, "y": "str"}
    assert own_annotations(module.Below) == {}
    assert type_hints(module.Below) == {"x": int, "y": str}
    assert own_names(module.Bare) == {"x", "y"}


@pytest.mark.parametrize("name", ["Bare", "Row"])
def test_a_class_of_annotated_fields_travels(name, write, fresh):
    """It has neither methods nor values by which its statement could be known."""
    write("kit_local_helper", HELPER)
    text = "from kit_local_helper import {0}\ndef main(tt):\n    return {0}.__name__\n"
    main = write("kit_local_main", text.format(name)).main
    assert fresh(self_contained(main))(None) == name


@pytest.mark.skipif(sys.version_info < (3, 14), reason="Python 3.14 evaluates late")
def test_a_name_that_is_nowhere_fails_nothing(write):
    """From Python 3.14 on an annotation may name what is not there (yet)."""
    module = write("kit_local_helper", "class Late:\n    x: Nowhere\n")
    assert set(own_annotations(module.Late)) == {"x"}
