"""Apply edits to a message: what a diff is right by."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import Message
from google.protobuf.struct_pb2 import Struct

from kit.difference.edits import Edit, Items, is_only_a_map, json_of_struct
from kit.template.custom import fill_struct


def apply(message: Any, edits: list[Edit]) -> Any:
    """Return a copy of a message with these edits made."""
    copy = type(message)()
    copy.CopyFrom(message)
    return _apply(copy, [(edit.steps, edit) for edit in edits])


def _apply(message: Any, edits: list[tuple[tuple, Edit]]) -> Any:
    for steps, edit in edits:
        if steps == ():
            assert len(edits) == 1
            return edit.after
    if isinstance(message, Struct):
        changed = _apply_json(json_of_struct(message), edits)
        struct = Struct()
        fill_struct(struct, changed)
        return struct
    if is_only_a_map(message.DESCRIPTOR):
        name = message.DESCRIPTOR.fields[0].name
        edits = [((name, *steps), edit) for steps, edit in edits]
    groups = sorted(_grouped(edits).items(), key=lambda item: not _removes(item[1]))
    for head, group in groups:  # first what goes: it may be of a oneof
        field = message.DESCRIPTOR.fields_by_name[head]
        _apply_field(message, field, group)
    return message


def _removes(group: list) -> bool:
    return any(steps == () and edit.kind == "removed" for steps, edit in group)


def _grouped(edits):
    groups: dict[Any, list] = {}
    for steps, edit in edits:
        groups.setdefault(steps[0], []).append((steps[1:], edit))
    return groups


def _apply_field(message: Any, field: Any, edits: list) -> None:
    value = getattr(message, field.name)
    if isinstance(value, Message):
        _apply_part(message, field.name, edits)
    elif hasattr(value, "keys"):
        _apply_map(value, edits)
    elif hasattr(value, "append"):
        items = _apply_list(list(value), edits, field)
        del value[:]
        value.extend(items)
    else:
        ((_, edit),) = edits
        _set(message, field, edit.after)


def _apply_map(value: Any, edits: list) -> None:
    for key, group in _grouped(edits).items():
        steps, edit = group[0]
        if steps == () and edit.kind == "removed":
            del value[key]
        elif steps == () and isinstance(edit.after, Message):
            value[key].CopyFrom(edit.after)
        elif steps == ():
            value[key] = edit.after
        else:
            value[key].CopyFrom(_apply(value[key], group))


def _apply_part(message: Any, name: str, edits: list) -> None:
    inner = [pair for pair in edits if pair[0] != ()]
    whole = [edit for steps, edit in edits if steps == ()]
    part = getattr(message, name)
    if whole and whole[0].kind != "removed":
        part.CopyFrom(whole[0].after)
        part.SetInParent()
    if inner:
        changed = _apply(part, inner)
        part.CopyFrom(changed)
        part.SetInParent()
    if whole and whole[0].kind == "removed":
        message.ClearField(name)


def _set(message: Any, field: Any, after: Any) -> None:
    if after is None:
        message.ClearField(field.name)
    elif field.enum_type is not None and isinstance(after, str):
        setattr(message, field.name, field.enum_type.values_by_name[after].number)
    else:
        setattr(message, field.name, after)


def _apply_list(items: list, edits: list, field: Any = None) -> list:
    """Remove, reorder, insert, and then change what stayed."""
    descend = _apply if field is not None and field.message_type else _apply_json
    name = _namer(field)
    reordered = [edit for steps, edit in edits if steps == ()]
    groups = _grouped([pair for pair in edits if pair[0] != ()])
    if reordered or any(isinstance(head, str) for head in groups):
        named = {name(item): item for item in items}
    else:
        named = dict(enumerate(items))
    gone = {
        head
        for head, group in groups.items()
        if any(steps == () and edit.kind == "removed" for steps, edit in group)
    }
    kept = [head for head in named if head not in gone]
    if reordered:
        kept = list(reordered[0].after)
    values = [[head, named[head]] for head in kept]
    for head, group in groups.items():
        for steps, edit in group:
            if steps == () and edit.kind == "added":
                position = head if edit.position is None else edit.position
                values.insert(position, [head, edit.after])
    if not all(isinstance(head, str) for head in named):
        values = [[index, value] for index, (_, value) in enumerate(values)]
    for pair in values:
        inner = [
            (steps, edit)
            for steps, edit in groups.get(pair[0], [])
            if not (steps == () and edit.kind in ("added", "removed"))
        ]
        if inner:
            pair[1] = descend(pair[1], inner)
    return [value for _, value in values]


def _namer(field: Any):
    from kit.difference import edits as fields
    from kit.difference import edits as json_values

    items: Items = json_values._JSON_ITEMS if field is None else fields._items(field)
    return items.name


def _apply_json(value: Any, edits: list) -> Any:
    for steps, edit in edits:
        if steps == () and edit.kind != "reordered":
            return edit.after
    if isinstance(value, list):
        return _apply_list(value, edits)
    changed = dict(value)
    for key, group in _grouped(edits).items():
        steps, edit = group[0]
        if steps == () and edit.kind == "removed":
            del changed[key]
        elif steps == () and edit.kind != "reordered":
            changed[key] = edit.after
        else:
            changed[key] = _apply_json(changed[key], group)
    return changed
