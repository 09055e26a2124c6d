"""The edits between two messages, field by field, without the values of secrets.

Maps are compared by key, lists by the names of their items where they have names and
aligned where they have none, Structs as JSON; fields that this flyteidl does not know
are compared as raw tags.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from flyteidl.core.security_pb2 import Secret
from flyteidl.core.types_pb2 import LiteralType
from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct, Value

from kit.definition.security import looks_secret
from kit.messages import is_map, parts_of, readable, unknown_fields
from kit.template.custom import fill_struct

Kind = Literal["added", "removed", "changed", "reordered"]
Steps = tuple[str | int, ...]


@dataclass(frozen=True)
class Edit:
    """What is done at one place to make one message of another.

    Attributes:
        steps: The place: names of fields, keys of maps, names or positions in lists.  A
            position counts in the new list, that of a removed item in the old one.
        kind: ``reordered`` is for a list whose items have names: ``before`` and
            ``after`` are the names that both lists have, in their order.
        before: What was there; ``None`` if nothing was.
        after: What is there; ``None`` if nothing is.  Values are scalars, bytes, names
            of enum values, JSON values in a Struct, or messages.
        position: Where an item with a name was added to its list.
    """

    steps: Steps
    kind: Kind
    before: Any
    after: Any
    position: int | None = None


def leaf(steps: Steps, before: Any, after: Any) -> Edit:
    """Return the edit of a value that is not looked into; ``None`` is its absence."""
    kind: Kind = "changed"
    if before is None:
        kind = "added"
    elif after is None:
        kind = "removed"
    return Edit(steps, kind, before, after)


@dataclass(frozen=True)
class Items:
    """What has to be known of a list's items.

    Attributes:
        descend: Yields the edits between two items that are not alike.
        fingerprint: Is equal for items that are alike, and only for them.
        name: Names an item; ``None`` if it has no name.
    """

    descend: Callable[[Any, Any, Steps], Iterator[Edit]]
    fingerprint: Callable[[Any], Hashable]
    name: Callable[[Any], str | None] = lambda _item: None


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
    return len(descriptor.fields) == 1 and is_map(descriptor.fields[0])


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
    found: dict[int, tuple[Any, ...]] = {}
    for field in unknown_fields(message):
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
        return readable(field, value) if message.HasField(field.name) else None
    return None if value in ("", b"") else readable(field, value)


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
    return str(readable(type(entry).DESCRIPTOR.fields_by_name["name"], entry.name))


def _fingerprint(value: Any) -> Hashable:
    if isinstance(value, Message):
        return _bytes(value)
    return repr(value) if isinstance(value, float) else value


def _bytes(message: Message) -> bytes:
    return message.SerializeToString(deterministic=True)


def _full_name(message: Message) -> str:
    return str(message.DESCRIPTOR.full_name)


_NAMES = {
    "KeyValuePair": lambda pair: str(pair.key),
    "ResourceEntry": _resource_name,
    "Secret": _secret_name,
    "OAuth2TokenRequest": lambda token: str(token.name),
}
"""How items of lists are named, by the name of their message."""


def compare_structs(old: Struct, new: Struct, steps: Steps) -> Iterator[Edit]:
    """Yield the edits by JSON path.

    What JSON has no form for (a value of no kind, unknown fields) is one edit of the
    whole Struct, if nothing else differs.
    """
    found = False
    for edit in _compare_json(json_of_struct(old), json_of_struct(new), steps):
        found = True
        yield edit
    if not found and _bytes(old) != _bytes(new):
        yield Edit(steps, "changed", old, new)


def json_of_struct(struct: Struct) -> dict[str, Any]:
    """Read a Struct, also one with numbers that JSON lacks; keys are sorted."""
    return {key: _plain(value) for key, value in sorted(struct.fields.items())}


def _plain(value: Value) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return json_of_struct(value.struct_value)
    if kind == "list_value":
        return [_plain(item) for item in value.list_value.values]
    return None if kind in (None, "null_value") else getattr(value, kind)


def _compare_json(old: Any, new: Any, steps: Steps) -> Iterator[Edit]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _compare_objects(old, new, steps)
    elif isinstance(old, list) and isinstance(new, list):
        yield from compare_sequences(old, new, steps, _JSON_ITEMS)
    elif _json_fingerprint(old) != _json_fingerprint(new):
        yield Edit(steps, "changed", old, new)


def _compare_objects(
    old: dict[str, Any], new: dict[str, Any], steps: Steps
) -> Iterator[Edit]:
    for key in sorted({*old, *new}):
        place = (*steps, key)
        if key not in new:
            yield Edit(place, "removed", old[key], None)
        elif key not in old:
            yield Edit(place, "added", None, new[key])
        else:
            yield from _compare_json(old[key], new[key], place)


def _json_fingerprint(value: Any) -> str:
    """Tell ``1.0`` from ``True`` and ``0.0`` from ``-0.0``, as the bytes do."""
    return json.dumps(value, sort_keys=True)


def _json_name(item: Any) -> str | None:
    """Return the name of an object in a list, as Kubernetes names containers."""
    name = item.get("name") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None


_JSON_ITEMS = Items(
    descend=_compare_json, fingerprint=_json_fingerprint, name=_json_name
)


_MOST_PAIRS = 1_000_000
"""Beyond it, items are paired by position: aligning takes the product of both sizes."""

Block = tuple[str, int, int, int, int]


def compare_sequences(
    old: Sequence[Any], new: Sequence[Any], steps: Steps, items: Items
) -> Iterator[Edit]:
    """Yield the edits; by name if every item of both lists has one of its own."""
    old_named, new_named = _named(old, items), _named(new, items)
    if old_named is None or new_named is None:
        yield from _aligned(old, new, steps, items)
    else:
        yield from _by_name(old_named, new_named, steps, items)


def _named(sequence: Sequence[Any], items: Items) -> dict[str, Any] | None:
    named = {name: item for item in sequence if (name := items.name(item)) is not None}
    return named if len(named) == len(sequence) else None


def _by_name(
    old: dict[str, Any], new: dict[str, Any], steps: Steps, items: Items
) -> Iterator[Edit]:
    for name, item in old.items():
        if name not in new:
            yield Edit((*steps, name), "removed", item, None)
    before = tuple(name for name in old if name in new)
    after = tuple(name for name in new if name in old)
    if before != after:
        yield Edit(steps, "reordered", before, after)
    for position, (name, item) in enumerate(new.items()):
        if name not in old:
            yield Edit((*steps, name), "added", None, item, position)
        elif items.fingerprint(old[name]) != items.fingerprint(item):
            yield from items.descend(old[name], item, (*steps, name))


def _aligned(
    old: Sequence[Any], new: Sequence[Any], steps: Steps, items: Items
) -> Iterator[Edit]:
    prints = list(map(items.fingerprint, old)), list(map(items.fingerprint, new))
    for _, old_start, old_stop, new_start, new_stop in _blocks(*prints):
        paired = min(old_stop - old_start, new_stop - new_start)
        for offset in range(paired):
            index = new_start + offset
            pair = old[old_start + offset], new[index]
            yield from items.descend(*pair, (*steps, index))
        for index in range(old_start + paired, old_stop):
            yield Edit((*steps, index), "removed", old[index], None)
        for index in range(new_start + paired, new_stop):
            yield Edit((*steps, index), "added", None, new[index])


def _blocks(old: list[Hashable], new: list[Hashable]) -> Iterator[Block]:
    """Yield the stretches that differ."""
    same = _common_prefix(old, new)
    end = _common_prefix(old[same:][::-1], new[same:][::-1])
    old_end, new_end = len(old) - end, len(new) - end
    if (old_end - same) * (new_end - same) > _MOST_PAIRS:
        yield "replace", same, old_end, same, new_end
        return
    import difflib  # only lists that differ need it

    matcher = difflib.SequenceMatcher(
        None, old[same:old_end], new[same:new_end], autojunk=False
    )
    for tag, old_start, old_stop, new_start, new_stop in matcher.get_opcodes():
        if tag != "equal":
            olds, news = (old_start + same, old_stop + same), (new_start + same,)
            yield tag, *olds, *news, new_stop + same


def _common_prefix(old: list[Hashable], new: list[Hashable]) -> int:
    for index, (before, after) in enumerate(zip(old, new, strict=False)):
        if before != after:
            return index
    return min(len(old), len(new))


HIDDEN = "(hidden)"
"""What is shown in place of a secret value."""

_PAIR = "value"
"""The field, and the key in a pod's JSON, whose name is next to it."""


def without_secrets(steps: Steps, value: Any) -> Any:
    """Return a value of an edit at these steps with hidden texts in place of secrets.

    >>> without_secrets(("container", "env", "DB_PASSWORD", "value"), "x")
    '(hidden)'
    >>> without_secrets(("custom", "db"), {"user": "ann", "password": "x"})
    {'user': 'ann', 'password': '(hidden)'}
    """
    names = [step for step in steps if isinstance(step, str)]
    own = names[-2:-1] if names[-1:] == [_PAIR] else names[-1:]
    return _hide(value, own[0] if own else "")


def _hide(value: Any, name: str) -> Any:
    if isinstance(value, str | bytes):
        return HIDDEN if value and looks_secret(name) else value
    if isinstance(value, list):
        return [_hide(item, name) for item in value]
    if isinstance(value, dict):
        named = str(value.get("name", _PAIR))
        return {
            key: _hide(item, named if key == _PAIR else key)
            for key, item in value.items()
        }
    return _hide_in_message(value) if isinstance(value, Message) else value


def _hide_in_message(message: Any) -> Any:
    """Return a copy; only variables, maps of texts and Structs can hold secrets."""
    copy = type(message)()
    copy.CopyFrom(message)
    _clean(copy)
    return copy


def _clean(message: Any) -> None:
    kind = message.DESCRIPTOR.full_name
    if kind == "google.protobuf.Struct":
        shown = _hide(json_of_struct(message), "")
        message.Clear()
        fill_struct(message, shown)
    elif kind == "flyteidl.core.KeyValuePair":
        message.value = _hide(message.value, message.key)
    else:
        for part in list(parts_of(message)):
            if isinstance(part.value, Message):
                _clean(part.value)
            elif isinstance(part.key, str) and isinstance(part.value, str):
                field = getattr(message, part.name)
                field[part.key] = _hide(part.value, part.key)
