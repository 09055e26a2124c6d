"""Flyte's own classes: where kit's are, and kit's in place of flytekit's.

The modules of kit's are loaded when something needs them.  flytekit is never imported
here: whoever uses its classes has loaded it.
"""

from __future__ import annotations

import sys
import typing
from importlib import import_module
from typing import Any

from kit.types.annotated import annotations_of, underlying

CLASS_HOMES = {
    "FlyteDirectory": "kit.types.directories",
    "FlyteFile": "kit.types.files",
    "FlyteSchema": "kit.types.schema",
    "StructuredDataset": "kit.types.datasets",
}
"""Flyte's own classes by the modules that are loaded when something needs them."""

_PREFIX = "flytekit."
_FILE = "flytekit.types.file.file.FlyteFile"
_DIRECTORY = "flytekit.types.directory.types.FlyteDirectory"
_DATASET = "flytekit.types.structured.structured_dataset.StructuredDataset"
_SCHEMA = "flytekit.types.schema.types.FlyteSchema"


def class_named(name: str) -> Any:
    """Return one of Flyte's own classes, having loaded its module."""
    return getattr(import_module(CLASS_HOMES[name]), name)


def kit_type(python_type: Any) -> Any:
    """Return kit's class for one of flytekit's, with its annotations; else the type."""
    bare = underlying(python_type)
    if not isinstance(bare, type) or not bare.__module__.startswith(_PREFIX):
        return python_type
    own = _kit_class(bare)
    if own is None:
        return python_type
    annotations = annotations_of(python_type)
    annotated: Any = typing.Annotated
    return annotated.__class_getitem__((own, *annotations)) if annotations else own


def _kit_class(bare: Any) -> Any | None:
    names = _names(bare)
    if _FILE in names:
        return class_named("FlyteFile").__class_getitem__(bare.extension())
    if _DIRECTORY in names:
        return class_named("FlyteDirectory").__class_getitem__(bare.extension())
    if _DATASET in names:
        return class_named("StructuredDataset")
    if _SCHEMA in names:
        return class_named("FlyteSchema").__class_getitem__(bare.columns())
    return None


def kit_value(value: Any) -> Any:
    """Return kit's file, directory or table for one of flytekit's; else the value."""
    if not type(value).__module__.startswith(_PREFIX):
        return value
    names = _names(type(value))
    if _FILE in names:
        return class_named("FlyteFile")(_location(value), remote_path=value.remote_path)
    if _DIRECTORY in names:
        return class_named("FlyteDirectory")(
            _location(value), remote_directory=value.remote_directory
        )
    if _DATASET in names:
        return class_named("StructuredDataset")(
            dataframe=value.dataframe, uri=value.uri
        )
    return _kit_schema(value) if _SCHEMA in names else value


def _kit_schema(value: Any) -> Any:
    schema = class_named("FlyteSchema")
    modes = sys.modules[schema.__module__].SchemaOpenMode
    made = schema.__class_getitem__(type(value).columns())
    return made(
        local_path=str(value.local_path),
        remote_path=value.remote_path,
        supported_mode=modes(value.supported_mode.value),
    )


def _names(python_class: type) -> set[str]:
    return {f"{cls.__module__}.{cls.__name__}" for cls in python_class.__mro__}


def _location(value: Any) -> str:
    """Return where a flytekit file is, without making it download itself."""
    source = value.remote_source
    return str(source) if source else str(value.path)
