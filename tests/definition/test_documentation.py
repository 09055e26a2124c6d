"""Documentation of a task."""

from __future__ import annotations

import pytest

from kit.definition.interface import Docstring
from kit.definition.metadata import (
    Description,
    Documentation,
    SourceCode,
    documentation_of,
)

FULL = Documentation(
    short_description="One line",
    long_description=Description(
        "Much", None, "https://i", Description.DescriptionFormat.MARKDOWN
    ),
    source_code=SourceCode("https://github.com/acme/x"),
)


@pytest.mark.parametrize(
    "documentation",
    [
        FULL,
        Documentation(),
        Documentation("s", Description()),
        Documentation("s", Description(uri="https://u")),
    ],
)
def test_there_and_back(documentation):
    """Every field survives the wire."""
    message = documentation.to_flyte_idl()

    assert Documentation.from_flyte_idl(message) == documentation


def test_a_description_is_rst_unless_it_says_otherwise():
    """An empty description still has a format."""
    message = Description("").to_flyte_idl()

    assert message.format == Description.DescriptionFormat.RST.value
    assert message.WhichOneof("content") is None


def test_without_a_docstring_the_docs_are_what_was_passed():
    """Nothing is made up."""
    assert documentation_of(FULL, None) is FULL
    assert documentation_of(None, None) is None


def test_a_docstring_alone():
    """It gives both descriptions, the long one even when it is empty."""
    assert documentation_of(None, Docstring("Short.\n\nLong.")) == Documentation(
        "Short.", Description("Long.")
    )
    assert documentation_of(None, Docstring("")).long_description == Description(None)


def test_a_docstring_wins_where_it_has_text():
    """The rest of the docs stays, and the docs passed in are not changed."""
    joined = documentation_of(FULL, Docstring("Other."))

    assert joined == Documentation("Other.", FULL.long_description, FULL.source_code)
    assert FULL.short_description == "One line"
    longer = documentation_of(FULL, Docstring("Other.\n\nLong."))
    assert longer.long_description == Description("Long.")
