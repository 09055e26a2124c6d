"""Dataclasses with mashumaro's ``DataClassJSONMixin``: packed by way of their JSON."""

from __future__ import annotations

import json
import sys
from typing import Any

from kit.types.codecs import Convert, is_flyte_class, json_reader, json_writer
from kit.types.recursion import FieldsOf, parts_of

__all__ = ["is_mixin", "mixin_reader", "mixin_writer"]


def is_mixin(python_class: type) -> bool:
    """Say whether a dataclass has the mixin."""
    mixins = sys.modules.get("mashumaro.mixins.json")
    return mixins is not None and issubclass(python_class, mixins.DataClassJSONMixin)


def mixin_writer(python_class: Any, fields_of: FieldsOf) -> Convert:
    """Make what turns objects into plain values, by the class's own ``to_json``."""
    if not _holds_flyte_class(python_class, fields_of, set()):
        return lambda value: json.loads(value.to_json())
    # The methods that the mixin has made do not know how Flyte's classes are written.
    encode = json_writer(python_class)
    return lambda value: json.loads(encode(value))


def mixin_reader(python_class: Any, fields_of: FieldsOf) -> Convert:
    """Make what turns plain values into objects, by the class's own ``from_json``."""
    if not _holds_flyte_class(python_class, fields_of, set()):
        return lambda plain: python_class.from_json(json.dumps(plain))
    decode = json_reader(python_class)
    return lambda plain: decode(json.dumps(plain))


def _holds_flyte_class(python_class: Any, fields_of: FieldsOf, seen: set[int]) -> bool:
    seen.add(id(python_class))
    parts = [
        part for field in fields_of(python_class) or () for part in parts_of(field)
    ]
    return any(map(is_flyte_class, parts)) or any(
        _holds_flyte_class(part, fields_of, seen)
        for part in parts
        if id(part) not in seen
    )
