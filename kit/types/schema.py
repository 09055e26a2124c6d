"""``FlyteSchema``: the older kind of table, in parquet files."""

from __future__ import annotations

import dataclasses
import enum
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from flyteidl.core import literals_pb2, types_pb2

from kit.errors import ConversionError, GuessError, MissingPackageError
from kit.storage import current_storage, local_path, redacted
from kit.types.annotated import is_class, underlying
from kit.types.blobs import Hidden, Parametrized
from kit.types.codecs import FieldCodec, field_schema, object_schema, register_field
from kit.types.conversion_errors import literal_error, value_error
from kit.types.engine import Decoder, Encoder, Transformer, TypeEngine
from kit.types.frames import (
    PARQUET,
    frame_handler,
    is_frame_type,
    read_frame,
    read_parts,
    schema_columns,
    schema_python_type,
    write_frame,
)
from kit.types.packed import plain_of


class SchemaOpenMode(enum.Enum):
    """What a schema is open for."""

    READ = "r"
    WRITE = "w"


@dataclasses.dataclass(frozen=True)
class SchemaReader:
    """Reads the frames of a schema's folder.

    Attributes:
        from_path: The folder.
        columns: The names of the columns to read; all if empty.
        frame_type: The class to read them as.
    """

    from_path: str
    columns: tuple[str, ...]
    frame_type: Any

    @property
    def column_names(self) -> list[str] | None:
        """The names of the columns to read, ``None`` for all."""
        return list(self.columns) or None

    def all(self) -> Any:
        """Read all as one frame.

        Raises:
            ConversionError: It cannot be read.
        """
        handler = frame_handler(self.frame_type, PARQUET, self.from_path)
        return read_frame(handler, self.from_path, self.column_names)

    def iter(self) -> Iterator[Any]:
        """Read it file by file.

        Raises:
            ConversionError: It cannot be read.
        """
        handler = frame_handler(self.frame_type, PARQUET, self.from_path)
        return read_parts(handler, self.from_path, self.column_names)


@dataclasses.dataclass(frozen=True)
class SchemaWriter:
    """Writes frames into a schema's folder.

    Attributes:
        to_path: The folder.
        frame_type: The class of the frames.
    """

    to_path: str
    frame_type: Any

    def write(self, *frames: Any) -> None:
        """Write frames, each into a file of its own.

        Raises:
            ConversionError: One cannot be written.
        """
        handler = frame_handler(self.frame_type, PARQUET, self.to_path)
        folder = Path(self.to_path)
        folder.mkdir(parents=True, exist_ok=True)
        there = len(list(folder.iterdir()))
        for part, frame in enumerate(frames, start=there):
            write_frame(handler, frame, self.to_path, part=part)


@dataclasses.dataclass(init=False, repr=False)
class FlyteSchema(metaclass=Parametrized):
    """A table in parquet files; new code uses ``StructuredDataset`` instead.

    ``FlyteSchema[kwtypes(a=int)]`` is one whose columns are known.

    Args:
        local_path: The folder its files are written to and read from.
        remote_path: Where they are stored, or shall be when it goes out.
        supported_mode: Whether it is there to be written or to be read.

    Example:
        >>> import pandas as pd
        >>> from kit.types import FlyteSchema, default_engine
        >>> frame = pd.DataFrame({"a": [1, 2]})
        >>> literal = default_engine.to_literal(frame, FlyteSchema)
        >>> received = default_engine.to_python(literal, FlyteSchema)
        >>> received.open(pd.DataFrame).all()["a"].tolist()
        [1, 2]
    """

    remote_path: str | None = None

    def __init__(
        self,
        local_path: str | None = None,
        remote_path: str | None = None,
        supported_mode: SchemaOpenMode = SchemaOpenMode.WRITE,
    ) -> None:
        if supported_mode is SchemaOpenMode.READ and remote_path is None:
            msg = "To create a FlyteSchema in read mode, remote_path is required"
            raise ValueError(msg)
        storage = current_storage()
        self.remote_path = remote_path or storage.new_output_path()
        self._local_path = local_path or storage.new_local_path()
        self._supported_mode = supported_mode
        self._downloaded = False

    def __repr__(self) -> str:
        where = redacted(str(self.remote_path))
        return f"{type(self).shown}(remote_path={where!r})"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: Any) -> Any:
        return field_schema(
            cls,
            FlyteSchema,
            _read,
            _write,
            handler=handler,
            title="_TypedSchema" if cls.columns() else "FlyteSchema",
            fields={"remote_path": (str | None, None)},
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> Any:
        return object_schema(core_schema, handler)

    def __init_subclass__(cls) -> None:
        register_field(cls, FieldCodec(write=_write, read=_read))

    def __class_getitem__(cls, columns: Any) -> Any:
        if columns is None:
            return cls
        if not isinstance(columns, Mapping):
            msg = (
                "Columns should be specified as an ordered dict of column names and "
                f"their types, received {type(columns)}: kwtypes(a=int) makes one."
            )
            raise ConversionError(msg)
        return _typed(cls, columns) if columns else cls

    @classmethod
    def columns(cls) -> dict[str, Any]:
        """Return the columns' types by name; nothing if they are not known."""
        return {}

    @classmethod
    def column_names(cls) -> list[str]:
        """Return the columns' names."""
        return list(cls.columns())

    @property
    def local_path(self) -> str:
        """The folder its files are written to and read from."""
        return self._local_path

    @property
    def supported_mode(self) -> SchemaOpenMode:
        """Whether it is there to be written or to be read."""
        return self._supported_mode

    def open(
        self,
        dataframe_fmt: Any = None,
        override_mode: SchemaOpenMode | None = None,
    ) -> Any:
        """Return what reads or writes its frames.

        Args:
            dataframe_fmt: The class of frames; by default ``pandas.DataFrame``.
            override_mode: To read what was written here.  What came from elsewhere
                cannot be written.

        Raises:
            ConversionError: It is there to be read, and shall be written.
        """
        mode = override_mode or self._supported_mode
        reading = self._supported_mode is SchemaOpenMode.READ
        if reading and mode is SchemaOpenMode.WRITE:
            msg = (
                "Readonly schema cannot be opened in write mode! Write the frame to a "
                "new FlyteSchema()."
            )
            raise ConversionError(msg)
        frame_type = dataframe_fmt or _pandas_frame()
        if mode is SchemaOpenMode.WRITE:
            return SchemaWriter(self._local_path, frame_type)
        if reading:
            self._download()
        return SchemaReader(self._local_path, tuple(self.columns()), frame_type)

    def _download(self) -> None:
        if not self._downloaded:
            current_storage().download(
                str(self.remote_path), self._local_path, recursive=True
            )
            self._downloaded = True

    def as_readonly(self) -> FlyteSchema:
        """Return the schema of what was written here, to be read."""
        if self._supported_mode is SchemaOpenMode.READ:
            return self
        made = type(self)(self._local_path, self.remote_path, SchemaOpenMode.READ)
        made._downloaded = True  # noqa: SLF001 - its own class
        return made

    def store(self) -> str:
        """Have its files where it is stored, and return where that is.

        Raises:
            StorageError: They cannot be copied.
        """
        uri, local = str(self.remote_path), Path(self._local_path)
        written = self._supported_mode is SchemaOpenMode.WRITE
        if written and local.is_dir() and Path(local_path(uri)) != local:
            current_storage().upload(str(local), uri, recursive=True)
        return uri


_typed_schemas: dict[tuple[type, tuple[tuple[str, Any], ...]], type] = {}
_lock = threading.Lock()


def _typed(base: type[FlyteSchema], columns: Mapping[str, Any]) -> type[FlyteSchema]:
    """Return the class of schemas that have columns, the same for equal ones."""
    key = (base, tuple(columns.items()))
    with _lock:
        if key not in _typed_schemas:
            _typed_schemas[key] = _make_typed(base, dict(columns))
        return _typed_schemas[key]


def _make_typed(
    base: type[FlyteSchema], known_columns: dict[str, Any]
) -> type[FlyteSchema]:
    inside = ", ".join(
        f"{name}={getattr(kind, '__name__', kind)}"
        for name, kind in known_columns.items()
    )

    class TypedSchema(base):  # type: ignore[valid-type, misc] # the base is an argument
        __origin__ = base  # what typing and mashumaro ask of a generic
        __class_getitem__ = Hidden()
        _parameter = f"[{inside}]"

        @classmethod
        def columns(cls) -> dict[str, Any]:
            return dict(known_columns)

    TypedSchema.__name__, TypedSchema.__qualname__ = base.__name__, base.__qualname__
    TypedSchema.__module__ = base.__module__
    TypedSchema.__doc__ = base.__doc__
    return TypedSchema


def _pandas_frame() -> Any:
    try:
        import pandas as pd  # type: ignore[import-untyped] # it has no stubs
    except ImportError as error:
        raise MissingPackageError("pandas", extra="pandas") from error
    return pd.DataFrame


class SchemaTransformer(Transformer):
    """``FlyteSchema`` and its typed classes; data frames are taken as values."""

    name = "FlyteSchema Transformer"

    def __repr__(self) -> str:
        return "SchemaTransformer()"

    def handles(self, python_type: Any) -> bool:
        return is_class(python_type) and issubclass(python_type, FlyteSchema)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        columns = schema_columns(underlying(python_type).columns())
        return types_pb2.LiteralType(schema=types_pb2.SchemaType(columns=columns))

    def encoder(self, python_type: Any, engine: TypeEngine) -> Encoder:
        bare, literal_type = underlying(python_type), engine.literal_type(python_type)

        def encode(value: Any, out: literals_pb2.Literal) -> None:
            if isinstance(value, FlyteSchema):
                schema = value
            elif is_frame_type(type(value)):
                schema = bare()
                schema.open(type(value)).write(value)
            else:
                why = (
                    f"DataFrames of type {type(value)} are not supported currently: "
                    "expected a FlyteSchema or a pandas.DataFrame."
                )
                raise value_error(value, python_type, literal_type, why=why)
            uri = schema.store()
            out.scalar.schema.uri = uri
            out.scalar.schema.type.CopyFrom(literal_type.schema)

        return encode

    def decoder(self, python_type: Any, engine: TypeEngine) -> Decoder:
        bare = underlying(python_type)

        def decode(literal: literals_pb2.Literal) -> Any:
            plain = plain_of(literal)
            if plain is not None:
                return _read(plain, bare)
            kind = literal.scalar.WhichOneof("value")
            if kind not in ("schema", "structured_dataset"):
                raise literal_error(literal, python_type, to="a FlyteSchema")
            return _stored_at(getattr(literal.scalar, kind).uri, bare)

        return decode

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> Any:
        if literal_type.WhichOneof("type") != "schema":
            return None
        try:
            columns = {
                column.name: schema_python_type(column)
                for column in literal_type.schema.columns
            }
        except ConversionError as error:
            raise GuessError(str(error)) from error
        return FlyteSchema.__class_getitem__(columns)


def _stored_at(uri: str, made: Any) -> FlyteSchema:
    schema: FlyteSchema = made(remote_path=uri, supported_mode=SchemaOpenMode.READ)
    return schema


def _write(value: Any) -> dict[str, Any]:
    """Write a schema as a field of a dataclass."""
    if not isinstance(value, FlyteSchema):
        msg = f"{value!r:.200} of {type(value)} is no FlyteSchema."
        raise ConversionError(msg)
    return {"remote_path": value.store()}


def _read(plain: Any, made: Any) -> FlyteSchema:
    """Read a schema that was a field of a dataclass."""
    path = plain.get("remote_path") if isinstance(plain, dict) else None
    if not isinstance(path, str):
        msg = (
            "FlyteSchema's path should not be None: expected an object with a "
            f"`remote_path`, got {plain!r:.200}."
        )
        raise ConversionError(msg)
    return _stored_at(path, made)


register_field(FlyteSchema, FieldCodec(write=_write, read=_read))
