"""``typing.TextIO`` and ``typing.BinaryIO``: files that arrive opened."""

from __future__ import annotations

import io
import typing
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.storage import current_storage
from kit.types.annotated import underlying
from kit.types.engine import TypeEngine
from kit.types.files import FlyteFile
from kit.types.refusal import refuse_literal, refuse_value
from kit.types.transformer import Decoder, Encoder, Transformer

__all__ = ["BinaryStreamTransformer", "TextStreamTransformer"]


class _StreamTransformer(Transformer):
    """A file that arrives opened; whoever gets it closes it."""

    stream_type: Any
    """The type of its values, of the module ``typing``."""

    media_type: str
    """The format of the blob."""

    mode: str
    """How it is opened."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"

    def handles(self, python_type: Any) -> bool:
        return python_type is self.stream_type

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        return types_pb2.LiteralType(blob=types_pb2.BlobType(format=self.media_type))

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        literal_type = engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            data = value.read() if _is_readable(value) else None
            if isinstance(data, str):
                data = data.encode()
            if not isinstance(data, bytes):
                why = f"Expected a file opened to be read, not {value!r:.200}."
                raise refuse_value(
                    value, underlying(python_type), literal_type, why=why
                )
            storage = current_storage()
            uri = storage.new_output_path("stream")
            storage.write_bytes(uri, data)
            out.scalar.blob.metadata.type.CopyFrom(literal_type.blob)
            out.scalar.blob.uri = uri

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        encoding = None if "b" in self.mode else "utf-8"

        def decode(literal: literals_pb2.Literal) -> Any:
            if literal.scalar.WhichOneof("value") != "blob":
                raise refuse_literal(literal, python_type)
            file = FlyteFile.from_source(literal.scalar.blob.uri)
            return open(file, self.mode, encoding=encoding)  # noqa: PTH123 - whoever gets it closes it

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> None:
        """Leave it to files: an executor gets a ``FlyteFile``."""
        return


def _is_readable(value: Any) -> bool:
    return isinstance(value, io.IOBase) and value.readable()


class TextStreamTransformer(_StreamTransformer):
    """``typing.TextIO``, UTF-8."""

    name = "TextIO"
    stream_type = typing.TextIO
    media_type = "text/plain"
    mode = "r"


class BinaryStreamTransformer(_StreamTransformer):
    """``typing.BinaryIO``."""

    name = "BinaryIO"
    stream_type = typing.BinaryIO
    media_type = "application/octet-stream"
    mode = "rb"
