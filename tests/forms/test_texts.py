"""Values as the text of a field, and back."""

from __future__ import annotations

import datetime as dt

import pytest

from kit.errors import CustomError, DefinitionError, MetadataError
from kit.forms.fields import (
    custom_of_text,
    custom_text,
    duration_of_text,
    duration_text,
    environment_of_text,
    environment_text,
)


@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"TZ": "UTC", "EMPTY": "", "EQUALS": "a=b", "SPACES": " x "},
        {"KEY": "line one\nline two"},
        {"BRACE": "{", "ABSENT": None},
    ],
)
def test_variables_come_back(variables):
    """As lines, or as JSON where lines would not do."""
    assert environment_of_text(environment_text(variables)) == variables


def test_blank_lines_are_no_variables():
    """As people leave them at the end."""
    assert environment_of_text("\nA=1\n\n") == {"A": "1"}


def test_a_line_that_is_no_variable_is_named():
    """With what was expected."""
    with pytest.raises(DefinitionError, match="'TZ UTC' is no variable: write NAME="):
        environment_of_text("TZ UTC")


@pytest.mark.parametrize("seconds", [1, 59, 60, 90, 3_600, 5_400, 90_061, 0.5, 7.25])
def test_durations_come_back(seconds):
    """With the units that people read."""
    duration = dt.timedelta(seconds=seconds)
    assert duration_of_text(duration_text(duration)) == duration


def test_no_duration_is_an_empty_text():
    """And back."""
    assert duration_text(None) == ""
    assert duration_of_text("  ") is None


def test_what_is_no_duration_is_an_error():
    """Of the metadata, whose field it is."""
    with pytest.raises(MetadataError, match="timeout: 'soon' is no duration"):
        duration_of_text("soon")


def test_custom_comes_back():
    """As JSON; none is an empty text."""
    custom = {"query": "SELECT 'ü'", "n": [1, 2.5, None, True]}
    assert custom_of_text(custom_text(custom)) == custom
    assert custom_text({}) == custom_text(None) == ""
    assert custom_of_text("") == {}
    assert custom_text({"x": object()}) == ""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "custom is no JSON: Expecting property name"),
        ("[1]", "must be a JSON object in braces, got a list"),
        ('{"a": ' + "[" * 60 + "]" * 60 + "}", "Nested too deep"),
        ("[" * 100_000, "custom is no JSON"),
    ],
)
def test_what_no_template_holds_is_an_error(text, words):
    """In its own words."""
    with pytest.raises(CustomError, match=words):
        custom_of_text(text)
