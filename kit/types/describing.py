"""The literal types of what is inside structs, which may be more than variables may be.

Fields travel packed with their struct.  Their literal types only tell the backend what
it can take out of it, and stand in the interface, which has to be flytekit's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from typing import Any, NoReturn

from flyteidl.core import types_pb2

from kit.errors import UnsupportedTypeError
from kit.types.annotated import is_class, underlying
from kit.types.engine import TypeEngine
from kit.types.files import PICKLE_FORMAT
from kit.types.transformer import Transformer

__all__ = ["describe_fields"]


def describe_fields(
    fields: Iterable[tuple[str, Any]], engine: TypeEngine
) -> dict[str, types_pb2.LiteralType]:
    """Make the literal types of a struct's fields.

    Args:
        fields: Their names and types.  Those that cannot be described are left out: the
            backend then cannot take them out of the struct.
        engine: Who knows their types.
    """
    describing = engine
    if not isinstance(engine, _DescribingEngine):
        describing = _DescribingEngine(engine.transformers)
    described = {}
    for name, python_type in fields:
        with contextlib.suppress(UnsupportedTypeError):
            described[name] = describing.literal_type(python_type)
    return described


class _DescribingEngine(TypeEngine):
    """Takes what no transformer owns for its nearest base class, or for a pickle.

    As flytekit does, which pickles such values if they are variables.
    """

    def _find(self, python_type: Any) -> Transformer:
        return (
            self._owner(python_type) or self._base(python_type) or _PickledTransformer()
        )

    def _base(self, python_type: Any) -> Transformer | None:
        bare = underlying(python_type)
        owners = map(self._owner, getattr(bare, "__mro__", ()))
        found = next(filter(None, owners), None)
        if found is not None and not is_class(bare):
            msg = f"The arguments of {bare!r} are not those of its base class."
            raise UnsupportedTypeError(msg)
        return found


class _PickledTransformer(Transformer):
    """Describes what flytekit would pickle; kit converts it with its struct only."""

    name = "FlytePickle"

    def handles(self, python_type: Any) -> bool:
        return True

    def literal_type(
        self, python_type: Any, engine: TypeEngine
    ) -> types_pb2.LiteralType:
        made = types_pb2.LiteralType(blob=types_pb2.BlobType(format=PICKLE_FORMAT))
        made.metadata.update({"python_class_name": str(python_type)})
        return made

    def encoder(self, python_type: Any, engine: TypeEngine) -> NoReturn:
        _refuse(python_type)

    def decoder(self, python_type: Any, engine: TypeEngine) -> NoReturn:
        _refuse(python_type)


def _refuse(python_type: Any) -> NoReturn:
    msg = f"{python_type!r} is a field of a struct, and written with it."
    raise UnsupportedTypeError(msg)
