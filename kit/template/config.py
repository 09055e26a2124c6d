"""The ``config`` of a template: the task's own entries, and those kit adds.

Two facts have no field of their own in a TaskTemplate and the container needs them: the
order of several outputs (a protobuf map has none) and the fields of a deck.  Templates
of the kit runtime carry them under these keys, which are a wire contract.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kit.errors import DefinitionError

_RESERVED = "kit."
OUTPUT_ORDER = "kit.output_order"
"""Names of the outputs in their order, joined by commas; only if there are several."""
DECK_FIELDS = "kit.deck_fields"
"""Fields of the deck, joined by commas; only when the task writes one."""


def check_config(config: Any) -> dict[str, str]:
    """Return a task's own config entries, each a text under a text.

    Raises:
        DefinitionError: It is no mapping of text to text, or a key is kit's own.
    """
    if config is not None and not isinstance(config, Mapping):
        msg = (
            f"get_config must return a dictionary of texts, got {config!r}. "
            f"Structured values belong into get_custom."
        )
        raise DefinitionError(msg)
    entries = dict(config or {})
    for key, value in entries.items():
        _check_entry(key, value)
    return entries


def _check_entry(key: Any, value: Any) -> None:
    if not isinstance(key, str) or not isinstance(value, str):
        msg = (
            f"get_config returned {key!r}: {value!r}: keys and values must be text. "
            f"Put other values into get_custom."
        )
        raise DefinitionError(msg)
    if key.startswith(_RESERVED):
        msg = (
            f"get_config returned the key {key!r}, but keys that begin with "
            f"{_RESERVED!r} are kit's own. Choose another name."
        )
        raise DefinitionError(msg)


def kit_entries(
    output_names: Iterable[str], deck_fields: Iterable[str] | None
) -> dict[str, str]:
    """Return the entries of the kit runtime.

    Args:
        output_names: The outputs in their order.
        deck_fields: Fields of the deck, or ``None`` when the task writes none.
    """
    names = list(output_names)
    entries = {OUTPUT_ORDER: ",".join(names)} if len(names) > 1 else {}
    if deck_fields is not None:
        entries[DECK_FIELDS] = ",".join(deck_fields)
    return entries
