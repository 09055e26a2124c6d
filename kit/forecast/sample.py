"""Literals that stand for inputs that nobody has given yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType

from kit.errors import ConversionError, GuessError, UnsupportedTypeError
from kit.types import default_engine


def sample_inputs(template: TaskTemplate, defaults: Mapping[str, Any]) -> LiteralMap:
    """Return a literal for each input: its default, or its name in angle quotes."""
    literals = LiteralMap()
    for name, variable in template.interface.inputs.variables.items():
        literals.literals[name].CopyFrom(_literal(name, variable.type, defaults))
    return literals


def _literal(
    name: str, literal_type: LiteralType, defaults: Mapping[str, Any]
) -> Literal:
    if name in defaults:
        try:
            python_type = default_engine.guess_type(literal_type)
            return default_engine.to_literal(defaults[name], python_type)
        except (ConversionError, GuessError, UnsupportedTypeError):
            return _stand_in(name, literal_type)
    return _stand_in(name, literal_type)


def _stand_in(name: str, literal_type: LiteralType) -> Literal:
    """Make a literal of the type's kind, so that the engine refuses what it would."""
    literal = Literal()
    kind = literal_type.WhichOneof("type")
    if kind == "collection_type":
        inner = _stand_in(name, literal_type.collection_type)
        literal.collection.literals.append(inner)
    elif kind == "map_value_type":
        literal.map.SetInParent()
    elif kind == "union_type":
        literal.scalar.union.SetInParent()
    elif kind == "structured_dataset_type":
        literal.scalar.structured_dataset.SetInParent()
    else:
        literal.scalar.primitive.string_value = f"«{name}»"
    return literal
