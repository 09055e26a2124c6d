"""NumPy arrays, stored as ``.npy`` files."""

from __future__ import annotations

import sys
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, UnsupportedTypeError
from kit.storage import (
    current_storage,
    is_remote,
    local_path,
    redacted,
)
from kit.types.annotated import (
    FlyteAnnotation,
    HashMethod,
    annotations_of,
    underlying,
)
from kit.types.conversion_errors import literal_error, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine

_FORMAT = "NumpyArray"
_OBJECTS = (
    " Arrays of objects are pickled, and whoever can write a pickle can run code here: "
    "only if you trust where they come from, declare "
    "Annotated[numpy.ndarray, kwtypes(allow_pickle=True)]."
)


class ArrayTransformer(Transformer):
    """``numpy.ndarray``; pickles are neither written nor read unless annotated so."""

    name = "Numpy Array"

    def __repr__(self) -> str:
        return "ArrayTransformer()"

    def handles(self, python_type: Any) -> bool:
        numpy = sys.modules.get("numpy")
        bare = typing.get_origin(python_type) or python_type
        return numpy is not None and bare is numpy.ndarray

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(blob=types_pb2.BlobType(format=_FORMAT))

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare, options = _array_class(python_type), _options(python_type)
        literal_type = engine.literal_type(python_type)
        pickles = bool(options.get("allow_pickle", False))

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if not isinstance(value, bare):
                raise value_error(value, python_type, literal_type)
            uri = _save(value, pickles=pickles)
            out.scalar.blob.metadata.type.CopyFrom(literal_type.blob)
            out.scalar.blob.uri = uri

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        options = _options(python_type)
        pickles = bool(options.get("allow_pickle", False))

        def decode(literal: literals_pb2.Literal) -> Any:
            if literal.scalar.WhichOneof("value") != "blob":
                raise literal_error(literal, python_type)
            uri, mode = literal.scalar.blob.uri, options.get("mmap_mode")
            return _load(uri, pickles=pickles, mmap_mode=mode)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> None:
        """Leave it to files: an executor gets a ``FlyteFile["NumpyArray"]``."""
        return


def _array_class(python_type: Any) -> Any:
    bare = underlying(python_type)
    return typing.get_origin(bare) or bare


def _options(python_type: Any) -> Mapping[str, Any]:
    """Return what ``kwtypes`` in the annotation says."""
    found: Mapping[str, Any] | None = None
    for given in annotations_of(python_type):
        if isinstance(given, (HashMethod, FlyteAnnotation, Transformer)):
            continue
        if not isinstance(given, Mapping):
            msg = (
                f"The metadata for {python_type} must be of type kwtypes or "
                f"HashMethod. {given!r:.200} is neither."
            )
            raise UnsupportedTypeError(msg)
        if found is not None:
            msg = f"Metadata {found} is already specified, cannot use {given}."
            raise UnsupportedTypeError(msg)
        found = given
    return found or {}


def _save(array: Any, *, pickles: bool) -> str:
    import numpy as np

    storage = current_storage()
    uri = storage.new_output_path("array.npy")
    remote = is_remote(uri)
    path = Path(storage.new_local_path("array.npy") if remote else local_path(uri))
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        np.save(path, array, allow_pickle=pickles)
        if remote:
            storage.upload(str(path), uri)
    except ValueError as error:
        path.unlink(missing_ok=True)
        msg = f"An array of {array.dtype} cannot be written: {error}.{_OBJECTS}"
        raise ConversionError(msg) from error
    if remote:
        path.unlink()
    return uri


def _load(uri: str, *, pickles: bool, mmap_mode: Any) -> Any:
    import numpy as np

    storage = current_storage()
    path = local_path(uri)
    if is_remote(uri):
        path = storage.download(uri, storage.new_local_path("array.npy"))
    try:
        return np.load(path, allow_pickle=pickles, mmap_mode=mmap_mode)
    except (ValueError, OSError, EOFError) as error:
        why = _OBJECTS if "allow_pickle" in str(error) else ""
        msg = f"{redacted(uri)} cannot be read as a NumPy array: {error}.{why}"
        raise ConversionError(msg) from error
