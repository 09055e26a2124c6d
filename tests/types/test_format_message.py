"""Messages as text."""

from __future__ import annotations

from flyteidl.core import literals_pb2, types_pb2
from work import at_most

from kit.types import default_engine, format_message


def test_fields_are_indented_under_the_types_name() -> None:
    """The words are those that flytekit prints."""
    literal = default_engine.to_literal("x", str)
    assert format_message(literal) == (
        "Flyte Serialized object (Literal):\n"
        "  scalar:\n"
        "    primitive:\n"
        "      string_value: x"
    )


def test_empty_messages_are_left_out() -> None:
    """Nothing is said of a message that has no fields."""
    literal = default_engine.to_literal(None, type(None))
    assert format_message(literal) == "Flyte Serialized object (Literal):\n  scalar:"
    assert (
        format_message(literals_pb2.Literal()) == "Flyte Serialized object (Literal):"
    )


def test_repeated_fields_stand_on_one_shortened_line() -> None:
    """Lists are cut at a word, and marked."""
    text = format_message(default_engine.to_literal(list(range(100)), list[int]))
    last = text.splitlines()[-1]
    assert last.startswith("    literals: [scalar { primitive { integer: 0 } } ,")
    assert last.endswith("[...]")
    assert len(last) < 100


def test_maps_show_their_first_entries() -> None:
    """A map is drawn as a dict."""
    text = format_message(default_engine.to_literal({"a": 1}, dict[str, int]))
    assert "    literals: {'a': scalar { primitive { integer: 1 } } }" in text


def test_long_values_cost_no_more_than_they_show() -> None:
    """A million elements are described as fast as a few."""
    literal = default_engine.to_literal([0] * 200_000, list[int])
    with at_most(5):
        format_message(literal)


def test_deep_messages_are_cut() -> None:
    """A message of any depth can be told in an error."""
    literal_type = types_pb2.LiteralType()
    inner = literal_type
    for _ in range(300):
        inner = inner.collection_type
    inner.simple = types_pb2.INTEGER
    text = format_message(literal_type)
    assert len(text.splitlines()) < 250
    assert "more lines" in text
