"""Which decks a task writes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from enum import Enum

from kit.errors import DefinitionError, nearest

__all__ = ["DEFAULT_DECK_FIELDS", "DeckField", "check_deck_fields", "decks_enabled"]


class DeckField(str, Enum):
    """One deck of a task's ``deck.html``."""

    INPUT = "Input"
    OUTPUT = "Output"
    SOURCE_CODE = "Source Code"
    TIMELINE = "Timeline"
    DEPENDENCIES = "Dependencies"


DEFAULT_DECK_FIELDS = (
    DeckField.SOURCE_CODE,
    DeckField.DEPENDENCIES,
    DeckField.TIMELINE,
    DeckField.INPUT,
    DeckField.OUTPUT,
)


def decks_enabled(
    enable_deck: bool | None = None,  # noqa: FBT001 - flytekit's names
    disable_deck: bool | None = None,  # noqa: FBT001
) -> bool:
    """Tell from the two flags of a task whether it writes decks; by default not.

    Raises:
        DefinitionError: Both flags are set.

    Warns:
        FutureWarning: ``disable_deck`` is used, which ``enable_deck`` replaced.
    """
    if enable_deck is not None and disable_deck is not None:
        msg = (
            "only one of [disable_deck, enable_deck] can be set. Use enable_deck: "
            "disable_deck is deprecated."
        )
        raise DefinitionError(msg)
    if disable_deck is not None:
        warnings.warn(
            "disable_deck was deprecated in 1.10.0, please use enable_deck instead",
            FutureWarning,
            stacklevel=3,
        )
        return not disable_deck
    return bool(enable_deck)


def check_deck_fields(deck_fields: Iterable[DeckField | str]) -> list[DeckField]:
    """Return the fields as :class:`DeckField`; their values as text will do.

    Raises:
        DefinitionError: One is no field.
    """
    return [_field(entry) for entry in deck_fields]


def _field(entry: DeckField | str) -> DeckField:
    if entry in list(DeckField):
        return DeckField(entry)
    known = ", ".join(map(repr, DeckField))
    msg = (
        f"Element {entry} from deck_fields param is not a valid deck field. "
        f"Please use one of {{{known}}}."
    )
    raise DefinitionError(msg + nearest(entry, [field.value for field in DeckField]))
