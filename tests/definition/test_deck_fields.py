"""Deck fields and the two flags."""

from __future__ import annotations

import pytest

from kit.definition.metadata import (
    DEFAULT_DECK_FIELDS,
    DeckField,
    check_deck_fields,
    decks_enabled,
)
from kit.errors import DefinitionError


@pytest.mark.parametrize(("flag", "enabled"), [(None, False), (True, True)])
def test_enable_deck_decides(flag, enabled):
    """Decks are off unless they are asked for."""
    assert decks_enabled(flag) is enabled


@pytest.mark.parametrize("disable", [True, False])
def test_disable_deck_is_deprecated(disable):
    """It still works, with flytekit's warning at the caller's line."""

    def task():
        return decks_enabled(disable_deck=disable)

    with pytest.warns(FutureWarning, match="deprecated in 1.10.0") as warned:
        enabled = task()

    assert enabled is not disable
    assert str(warned[0].message) == (
        "disable_deck was deprecated in 1.10.0, please use enable_deck instead"
    )
    assert warned[0].filename == __file__


def test_both_flags():
    """One of them is enough, even when they agree."""
    with pytest.raises(DefinitionError) as error:
        decks_enabled(enable_deck=True, disable_deck=False)

    flytekit = "only one of [disable_deck, enable_deck] can be set"
    assert flytekit in str(error.value)
    assert isinstance(error.value, ValueError)


def test_fields_by_value_or_member():
    """A field's text stands for it."""
    assert check_deck_fields(["Input", DeckField.OUTPUT]) == [
        DeckField.INPUT,
        DeckField.OUTPUT,
    ]
    assert check_deck_fields(DEFAULT_DECK_FIELDS) == list(DEFAULT_DECK_FIELDS)


def test_unknown_field():
    """The error lists the fields and suggests the nearest."""
    with pytest.raises(DefinitionError) as error:
        check_deck_fields(["Inputs"])

    text = str(error.value)
    assert text.startswith(
        "Element Inputs from deck_fields param is not a valid deck field. "
        "Please use one of {<DeckField.INPUT: 'Input'>, "
    )
    assert text.endswith("Did you mean 'Input'?")
