"""Literals, types and templates for tests of forecasts."""

from __future__ import annotations

from typing import Any

from flyteidl.core import literals_pb2, types_pb2
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from kit.types import default_engine


def literal(value: Any, python_type: Any = None) -> literals_pb2.Literal:
    """Return the literal of a value."""
    return default_engine.to_literal(value, python_type or type(value))


def inputs(**values: Any) -> literals_pb2.LiteralMap:
    """Return a map of literals: values, or literals as they are."""
    made = literals_pb2.LiteralMap()
    for name, value in values.items():
        is_literal = isinstance(value, literals_pb2.Literal)
        made.literals[name].CopyFrom(value if is_literal else literal(value))
    return made


def literal_type(python_type: Any) -> types_pb2.LiteralType:
    """Return the literal type of a Python type."""
    return default_engine.literal_type(python_type)


def template(name: str = "lab.weigh", **types: Any) -> TaskTemplate:
    """Return the template of a task with inputs of some types and an output ``o``."""
    made = TaskTemplate(type="python-task")
    made.id.resource_type = 1
    made.id.project, made.id.domain = "flytesnacks", "development"
    made.id.name, made.id.version = name, "1"
    for key, each in types.items():
        made.interface.inputs.variables[key].type.CopyFrom(literal_type(each))
    made.interface.outputs.variables["o"].type.CopyFrom(literal_type(int))
    made.container.image = "ghcr.io/acme/weigh:1"
    return made


CORE = kit.Platform.flyte_core()
