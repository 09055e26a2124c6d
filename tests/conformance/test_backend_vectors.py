"""kit answers what the real Flyte backend answers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flyteidl.core import literals_pb2
from google.protobuf import json_format

from conformance.vectors import vectors
from kit.definition.resources import parse_quantity
from kit.errors import KitError
from kit.template.macros import MacroError, RenderContext, render_args

TEMPLATES = {entry["name"]: entry for entry in vectors("template_vectors.json")}
QUANTITIES = {entry["in"]: entry for entry in vectors("quantity_vectors.json")}


def failing(message: str) -> Any:
    """Make a function that fails, in place of a path or a reader."""

    def fail() -> Any:
        raise OSError(message)

    return fail


def context_of(entry: dict[str, str]) -> RenderContext:
    """Read the context of a vector."""
    named = {_snake(name): value for name, value in entry.items()}
    error = named.pop("task_template_path_error", "")
    if error:
        return RenderContext(**{**named, "task_template_path": failing(error)})
    return RenderContext(**named)


def _snake(name: str) -> str:
    return re.sub("([A-Z])", lambda match: f"_{match[1].lower()}", name)


def inputs_of(entry: dict[str, Any]) -> Any:
    """Read the inputs of a vector: a map, none, or one that cannot be read."""
    if entry.get("inputs_read_error"):
        return failing(entry["inputs_read_error"])
    if entry["inputs"] is None:
        return None
    return json_format.ParseDict(entry["inputs"], literals_pb2.LiteralMap())


@pytest.mark.parametrize("name", TEMPLATES)
def test_args_are_rendered_as_the_engine_does(name):
    """The rendered args, or the engine's very error."""
    entry = TEMPLATES[name]
    context, inputs = context_of(entry["context"]), inputs_of(entry)
    if entry["error"] is None:
        expected = [entry["expected"], *(entry.get("expected_alternatives") or [])]
        assert render_args(entry["args"], context, inputs) in expected
    else:
        with pytest.raises(MacroError) as caught:
            render_args(entry["args"], context, inputs)
        assert str(caught.value) == entry["error"]


@pytest.mark.parametrize("text", QUANTITIES)
def test_quantities_are_read_as_kubernetes_does(text):
    """The amount in several roundings, the canonical text, or an error."""
    entry = QUANTITIES[text]
    if entry.get("error"):
        with pytest.raises(KitError) as caught:
            parse_quantity(text)
        assert entry["error"] in str(caught.value)
        return
    quantity = parse_quantity(text)
    names = ("canonical", "value_ceil", "milli", "is_whole_number", "is_zero")
    found = {name: getattr(quantity, name) for name in names}
    assert found == {name: entry[name] for name in names}
