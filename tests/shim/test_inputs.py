from __future__ import annotations

import pytest
from flyteidl.core import literals_pb2, tasks_pb2

from kit.errors import ConversionError
from kit.shim.inputs import parse_literal_map


def test_parse():
    """The bytes of a map, and none at all, are a map."""
    made = literals_pb2.LiteralMap()
    made.literals["a"].scalar.primitive.integer = 1
    assert parse_literal_map(made.SerializeToString(), "inputs.pb") == made
    assert parse_literal_map(b"", "inputs.pb") == literals_pb2.LiteralMap()


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff",
        b"hello, world",
        b'{"a": 1}',
        tasks_pb2.TaskTemplate(type="python-task").SerializeToString(),
    ],
)
def test_other_bytes(data):
    """Bytes of something else are refused with their place."""
    with pytest.raises(ConversionError, match=r"dir/inputs\.pb .* is no LiteralMap"):
        parse_literal_map(data, "dir/inputs.pb")
