"""Types that are no classes, as the expressions that make them: ``list[int]``."""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import Any

from kit.source.writing import Write

__all__ = ["TYPE_EXPRESSIONS"]


def _type(value: Any, to: Write) -> str:
    """Write what stands for a type: None too, and forward references as text."""
    if value is type(None):
        return "None"
    if isinstance(value, typing.ForwardRef):
        return repr(value.__forward_arg__)
    if isinstance(value, list):  # the parameters of a Callable with a ParamSpec
        return f"[{', '.join(_type(item, to) for item in value)}]"
    return to.write(value)


def _types(values: tuple[Any, ...], to: Write) -> str:
    return ", ".join(_type(item, to) for item in values) or "()"


def _builtin_generic(value: Any, to: Write) -> str:
    if getattr(value, "__unpacked__", False):
        return "*" + _generic(value.__origin__, value.__args__, to)
    return _generic(value.__origin__, value.__args__, to)


def _generic(origin: Any, args: tuple[Any, ...], to: Write) -> str:
    return f"{to.refer(origin)}[{_types(args, to)}]"


def _either(value: Any, to: Write) -> str:
    return " | ".join(_type(item, to) for item in value.__args__)


def _union(value: Any, to: Write) -> str:
    return _generic(typing.Union, value.__args__, to)


def _typing_generic(value: Any, to: Write) -> str:
    """Write ``typing.List[int]`` with typing's name for it, and ``Box[int]``."""
    of_typing = getattr(typing, str(value._name), None)  # noqa: SLF001 - the only place
    is_alias = getattr(of_typing, "__origin__", None) is value.__origin__
    return _generic(of_typing if is_alias else value.__origin__, value.__args__, to)


def _callable(value: Any, to: Write) -> str:
    *parameters, result = value.__args__
    of_typing = type(value).__module__ == "typing"
    origin = to.refer(typing.Callable if of_typing else value.__origin__)
    if len(parameters) == 1 and _is_whole(parameters[0]):
        return f"{origin}[{_type(parameters[0], to)}, {_type(result, to)}]"
    inside = "" if not parameters else _types(tuple(parameters), to)
    return f"{origin}[[{inside}], {_type(result, to)}]"


def _is_whole(value: Any) -> bool:
    """Tell whether something stands for all parameters of a Callable."""
    return value is ... or type(value).__name__ in {
        "ParamSpec",
        "_ConcatenateGenericAlias",
    }


def _one_of(value: Any, to: Write) -> str:
    return f"{to.refer(typing.Literal)}[{', '.join(map(to.write, value.__args__))}]"


def _annotated(value: Any, to: Write) -> str:
    more = ", ".join(map(to.write, value.__metadata__))
    return f"{to.refer(typing.Annotated)}[{_type(value.__origin__, to)}, {more}]"


def _special(value: Any, to: Write) -> str:
    return to.refer(value)


def _forward(value: typing.ForwardRef, to: Write) -> str:
    return f"{to.refer(typing.ForwardRef)}({value.__forward_arg__!r})"


def _type_variable(value: Any, to: Write) -> str:
    """Write a TypeVar or ParamSpec with all that it says."""
    parts = [repr(value.__name__)]
    parts += [_type(item, to) for item in getattr(value, "__constraints__", ())]
    if getattr(value, "__bound__", None) is not None:
        parts.append(f"bound={_type(value.__bound__, to)}")
    for flag in ("covariant", "contravariant", "infer_variance"):
        if getattr(value, f"__{flag}__", False):
            parts.append(f"{flag}=True")
    if getattr(value, "has_default", bool)():  # from Python 3.13 on
        parts.append(f"default={_type(value.__default__, to)}")
    return f"{to.refer(type(value))}({', '.join(parts)})"


def _new_type(value: Any, to: Write) -> str:
    supertype = _type(value.__supertype__, to)
    return f"{to.refer(typing.NewType)}({value.__name__!r}, {supertype})"


TYPE_EXPRESSIONS: dict[str, Callable[[Any, Write], str]] = {
    "types.GenericAlias": _builtin_generic,
    "types.UnionType": _either,
    "collections.abc._CallableGenericAlias": _callable,
    "typing._GenericAlias": _typing_generic,
    "typing._UnionGenericAlias": _union,
    "typing._CallableGenericAlias": _callable,
    "typing._LiteralGenericAlias": _one_of,
    "typing._AnnotatedAlias": _annotated,
    "typing._ConcatenateGenericAlias": _typing_generic,
    "typing._SpecialForm": _special,
    "typing._SpecialGenericAlias": _special,
    "typing._CallableType": _special,
    "typing._TupleType": _special,
    "typing.ForwardRef": _forward,
    "typing.TypeVar": _type_variable,
    "typing.ParamSpec": _type_variable,
    "typing.TypeVarTuple": _type_variable,
    "typing.NewType": _new_type,
}
