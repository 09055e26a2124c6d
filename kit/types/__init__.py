"""Python values and Flyte's literals, both ways, and the guess back from a type."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from kit.types.annotated import FlyteAnnotation, HashMethod
from kit.types.builtin import LazyTransformer, default_engine
from kit.types.conversion_errors import format_message
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.flyte_classes import CLASS_HOMES

if TYPE_CHECKING:
    from kit.types.datasets import StructuredDataset
    from kit.types.directories import FlyteDirectory
    from kit.types.files import FlyteFile
    from kit.types.schema import FlyteSchema

__all__ = [
    "Decoder",
    "Encoder",
    "FlyteAnnotation",
    "FlyteDirectory",
    "FlyteFile",
    "FlyteSchema",
    "HashMethod",
    "LazyTransformer",
    "StructuredDataset",
    "Transformer",
    "TypeEngine",
    "default_engine",
    "format_message",
]


def __getattr__(name: str) -> object:
    """Load a public class from its home, the first time it is asked for."""
    if name not in CLASS_HOMES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(CLASS_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Show the public names, also those not loaded yet."""
    return sorted({*globals(), *__all__})
