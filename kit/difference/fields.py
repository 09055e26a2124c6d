"""The edits between two messages, field by field, whatever their type.

Maps are compared by key, lists by the names of their items where they have names and
aligned where they have none, Structs as JSON; fields that this flyteidl does not know
are compared as raw tags.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from flyteidl.core.security_pb2 import Secret
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.message import Message

from kit.difference.edit import Edit, Steps, leaf
from kit.difference.json_values import compare_structs
from kit.difference.sequences import Items, compare_sequences

__all__ = ["compare_messages", "is_only_a_map"]

_SECTIONS = frozenset(
    f"flyteidl.core.{name}"
    for name in (
        *("Container", "ExtendedResources", "Resources", "SecurityContext"),
        *("TaskMetadata", "TypedInterface", "VariableMap"),
    )
)
"""Messages that are looked into even where only the new side has them."""

_INNER_TYPES = ("collection_type", "map_value_type")


def compare_messages(old: Any, new: Any, steps: Steps = ()) -> Iterator[Edit]:
    """Yield what makes the new message of the old one, in the order of its fields."""
    if _full_name(old) == "google.protobuf.Struct":
        yield from compare_structs(old, new, steps)
    elif isinstance(old, LiteralType) and not _same_kind(old, new):
        yield Edit(steps, "changed", old, new)
    else:
        for field in old.DESCRIPTOR.fields:
            yield from _compare_field(field, old, new, steps)
        yield from _compare_unknown(old, new, steps)


def is_only_a_map(descriptor: Any) -> bool:
    """Tell a message that is a map with a name; its keys stand for its fields."""
    return len(descriptor.fields) == 1 and _is_map(descriptor.fields[0])


def _compare_field(field: Any, old: Any, new: Any, steps: Steps) -> Iterator[Edit]:
    before, after = getattr(old, field.name), getattr(new, field.name)
    place = steps if is_only_a_map(old.DESCRIPTOR) else (*steps, field.name)
    if isinstance(before, Message):  # first, for a Struct is a mapping too
        if old.HasField(field.name) or new.HasField(field.name):
            yield from _compare_parts(field.name, old, new, place)
    elif isinstance(before, Mapping):
        yield from _compare_maps(before, after, place)
    elif isinstance(before, Sequence) and not isinstance(before, str | bytes):
        yield from compare_sequences(before, after, place, _items(field))
    else:
        before, after = _scalar(field, old), _scalar(field, new)
        if _fingerprint(before) != _fingerprint(after):
            yield leaf(place, before, after)


def _compare_parts(
    name: str, old: Message, new: Message, place: Steps
) -> Iterator[Edit]:
    """Compare a message that at least one side has."""
    before, after = getattr(old, name), getattr(new, name)
    had, has = old.HasField(name), new.HasField(name)
    if had and has:
        if _bytes(before) != _bytes(after):
            yield from compare_messages(before, after, place)
    elif has and after.ByteSize() and _full_name(after) in _SECTIONS:
        yield from compare_messages(before, after, place)
    else:
        yield leaf(place, before if had else None, after if has else None)


def _compare_maps(
    old: Mapping[Any, Any], new: Mapping[Any, Any], steps: Steps
) -> Iterator[Edit]:
    for key in sorted({*old, *new}):
        place = (*steps, key)
        before = old[key] if key in old else None  # noqa: SIM401 - get makes a value
        after = new[key] if key in new else None  # noqa: SIM401
        if before is None or after is None:
            yield leaf(place, before, after)
        elif _fingerprint(before) != _fingerprint(after):
            yield from _descend(before, after, place)


def _compare_unknown(old: Message, new: Message, steps: Steps) -> Iterator[Edit]:
    before, after = _unknown(old), _unknown(new)
    for number in sorted({*before, *after}):
        values = before.get(number), after.get(number)
        if values[0] != values[1]:
            yield leaf((*steps, f"field {number}"), *values)


def _unknown(message: Message) -> dict[int, tuple[Any, ...]]:
    """Return the raw values of unknown fields by number, as (wire type, data)."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    found: dict[int, tuple[Any, ...]] = {}
    fields: Any = UnknownFieldSet(message)
    for field in fields:
        value = (field.wire_type, _raw(field.data))
        found[field.field_number] = (*found.get(field.field_number, ()), value)
    return found


def _raw(data: Any) -> Any:
    """Return data of an unknown field; that of a group is a set of fields again."""
    if isinstance(data, int | bytes):
        return data
    return tuple((part.field_number, part.wire_type, _raw(part.data)) for part in data)


def _scalar(field: Any, message: Message) -> Any:
    """Return a scalar; ``None`` if it is absent, which an empty text counts as."""
    value = getattr(message, field.name)
    if field.has_presence:
        return _readable(field, value) if message.HasField(field.name) else None
    return None if value in ("", b"") else _readable(field, value)


def _readable(field: Any, value: Any) -> Any:
    """Return an enum's value by name, others and unknown ones as they are."""
    if field.enum_type is None:
        return value
    named = field.enum_type.values_by_number.get(value)
    return value if named is None else named.name


def _descend(old: Any, new: Any, steps: Steps) -> Iterator[Edit]:
    if isinstance(old, Message):
        yield from compare_messages(old, new, steps)
    else:
        yield Edit(steps, "changed", old, new)


def _same_kind(old: LiteralType, new: LiteralType) -> bool:
    """Tell whether two types differ in details only, such as columns or a schema."""
    kind = old.WhichOneof("type")
    if kind != new.WhichOneof("type"):
        return False
    if kind in _INNER_TYPES:
        return _same_kind(getattr(old, str(kind)), getattr(new, str(kind)))
    return kind != "union_type" and old.simple == new.simple


def _items(field: Any) -> Items:
    name = _NAMES.get("" if field.message_type is None else field.message_type.name)
    if name is None:
        return Items(descend=_descend, fingerprint=_fingerprint)
    return Items(descend=_descend, fingerprint=_fingerprint, name=name)


def _secret_name(secret: Secret) -> str:
    version = f"@{secret.group_version}" if secret.group_version else ""
    return f"{secret.group}{version}/{secret.key}"


def _resource_name(entry: Any) -> str:
    known = type(entry).DESCRIPTOR.fields_by_name["name"].enum_type.values_by_number
    return known[entry.name].name if entry.name in known else str(entry.name)


def _fingerprint(value: Any) -> Hashable:
    if isinstance(value, Message):
        return _bytes(value)
    return repr(value) if isinstance(value, float) else value


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def _full_name(message: Message) -> str:
    return str(message.DESCRIPTOR.full_name)


def _is_map(field: Any) -> bool:
    kind = field.message_type
    return kind is not None and bool(kind.GetOptions().map_entry)


_NAMES = {
    "KeyValuePair": lambda pair: str(pair.key),
    "ResourceEntry": _resource_name,
    "Secret": _secret_name,
    "OAuth2TokenRequest": lambda token: str(token.name),
}
"""How items of lists are named, by the name of their message."""
