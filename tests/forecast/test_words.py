"""Types and values as Go prints them, and names as Kubernetes refuses them."""

from __future__ import annotations

import math

import pytest
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.types_pb2 import LiteralType

from kit.forecast.kubernetes import (
    is_dns_label,
    joined,
    label_value_faults,
    metadata_faults,
    node_id,
    qualified_name_faults,
    subdomain_faults,
    variable_names,
)
from kit.forecast.literal_types import message_text
from kit.template.macros import format_identifier


def test_a_message_is_one_line():
    """Fields as declared, maps by key, numbers as Go's."""
    made = LiteralType(simple="STRUCT")
    made.structure.tag = "t"
    made.metadata.update({"b": 1e6, "a": [True, None, math.inf, 'x"\n']})
    assert message_text(made) == (
        'simple:STRUCT  metadata:{fields:{key:"a"  value:{list_value:{values:'
        "{bool_value:true}  values:{null_value:NULL_VALUE}  values:{number_value:inf}  "
        'values:{string_value:"x\\"\\n"}}}}  fields:{key:"b"  value:{number_value:'
        '1e+06}}}  structure:{tag:"t"}'
    )


def test_an_identifier_is_printed_as_before():
    """The quicker function for identifiers says the same."""
    task = Identifier(resource_type=1, project="p", name='a"b', version="é")
    assert message_text(task) == format_identifier(task)


@pytest.mark.parametrize(
    ("faults", "count"),
    [
        (subdomain_faults("a.b-c"), 0),
        (subdomain_faults("A"), 1),
        (subdomain_faults("a" * 254), 1),
        (label_value_faults(""), 0),
        (label_value_faults("x y"), 1),
        (label_value_faults("-" * 64), 2),
        (qualified_name_faults("acme.io/Team_1"), 0),
        (qualified_name_faults("a/b/c"), 1),
        (qualified_name_faults("A/"), 3),
        (qualified_name_faults("/a"), 1),
        (metadata_faults({}, {"Acme.io/x": "any text"}), 0),
        (metadata_faults({"a b": "c d"}, {"a b": "c d"}), 3),
        (metadata_faults({}, {"a": "x" * 2**18}), 1),
    ],
)
def test_names_are_refused_as_by_kubernetes(faults, count):
    """With a fault for each cause."""
    assert len(faults) == count


def test_several_faults_are_a_list():
    """One stands alone."""
    assert joined(["a"]) == "a"
    assert joined(["a", "b"]) == "[a, b]"


def test_a_dns_label_is_short_and_lower_case():
    """As the name of a container has to be."""
    assert is_dns_label("a-1")
    assert not is_dns_label("a-")
    assert not is_dns_label("A")
    assert not is_dns_label("a" * 64)


def test_a_node_is_named_after_the_end_of_the_task():
    """Letters of any script stay; a letter that is cut through goes."""
    assert node_id("acme.load_birds-2") == "acmeloadbirds-2"
    assert node_id("é" * 40) == "é" * 31
    assert node_id("..__..") == ""


def test_variables_are_runs_of_ascii_letters():
    """An index before a dot belongs to the name after it."""
    assert variable_names("[0].x") == ["x"]
    assert variable_names("x.y") == ["x", "y"]
    assert variable_names("数量") == []
