"""Descriptions from docstrings of four styles."""

from __future__ import annotations

import subprocess
import sys

import pytest

from kit.definition.interface import Docstring

GOOGLE = """Scores rows.

A longer text.

Args:
    rows (int): how many

Returns:
    float: the score
"""
NUMPY = """Scores rows.

A longer text.

Parameters
----------
rows : int
    how many

Returns
-------
float
    the score
"""
REST = """Scores rows.

A longer text.

:param rows: how many
:returns: the score
"""
EPYDOC = """Scores rows.

A longer text.

@param rows: how many
@return: the score
"""


@pytest.mark.parametrize("text", [GOOGLE, NUMPY, REST, EPYDOC])
def test_every_style_tells_the_same(text):
    """Short and long text, arguments and returns are read from each style."""
    docstring = Docstring(text)

    assert docstring.short_description == "Scores rows."
    assert docstring.long_description == "A longer text."
    assert docstring.input_descriptions == {"rows": "how many"}
    assert list(docstring.output_descriptions.values()) == ["the score"]


def test_from_a_function():
    """The text may come from a callable."""

    def function():
        """Does nothing."""

    assert Docstring(callable_=function).short_description == "Does nothing."


def test_nothing_at_all():
    """Without text and callable there is no description."""
    assert Docstring().short_description is None


@pytest.mark.parametrize("values", [{"docstring": ""}, {"callable_": len}, {}])
def test_little_or_nothing_to_read(values):
    """A missing or foreign docstring describes no variable."""
    docstring = Docstring(**values)

    assert docstring.input_descriptions == {}
    assert docstring.output_descriptions == {}


def test_the_parser_is_loaded_only_when_it_is_needed():
    """Making a docstring does not import docstring_parser."""
    code = (
        "import sys; from kit.definition.interface import Docstring; "
        "Docstring('x'); assert 'docstring_parser' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
