"""Tuples: no Flyte type, and refused in words that say what to use."""

from __future__ import annotations

import typing
from typing import Any, NoReturn

from flyteidl.core import types_pb2

from kit.errors import UnsupportedTypeError
from kit.types.annotated import is_class
from kit.types.engine import TypeEngine
from kit.types.transformer import Transformer

__all__ = ["TupleTransformer"]


class TupleTransformer(Transformer):
    """Refuses ``tuple``, ``tuple[...]`` and named tuples as types of variables."""

    name = "tuple"

    def __repr__(self) -> str:
        return "TupleTransformer()"

    def handles(self, python_type: Any) -> bool:
        origin = typing.get_origin(python_type) or python_type
        return is_class(origin) and issubclass(origin, tuple)

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        self._refuse(python_type)

    def encoder(self, python_type: Any, engine: TypeEngine) -> NoReturn:
        self._refuse(python_type)

    def decoder(self, python_type: Any, engine: TypeEngine) -> NoReturn:
        self._refuse(python_type)

    def guess(self, literal_type: types_pb2.LiteralType, engine: TypeEngine) -> None:
        return None

    @staticmethod
    def _refuse(python_type: Any) -> NoReturn:
        msg = (
            f"Transformer for type {tuple} is restricted currently: Flyte has no "
            f"tuples, so {python_type!r} cannot be a variable's type. Use a list, a "
            "dataclass, or one output for each element."
        )
        raise UnsupportedTypeError(msg)
