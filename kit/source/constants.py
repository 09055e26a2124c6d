"""The constants of a module that is being made, and which of them are one object."""

from __future__ import annotations

import dataclasses
import datetime as dt
import functools
import logging
import re
import types
import typing
from collections import deque
from collections.abc import Callable
from typing import Any

from kit.source.literals import NotPlainError, Write, called_class, literal, refuse


def record(value: Any, to: Write) -> str:
    """Return the call of a class with all the fields of one of its instances.

    Raises:
        NotPlainError: It is no named tuple or dataclass, or making one runs code of
            its author's, which may do more than to keep the fields.
    """
    if _is_named_tuple(value):
        fields = dict(zip(value._fields, value, strict=True))
    elif _is_plain_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        fields = {name: getattr(value, name) for name in names}
    else:
        raise refuse(value)
    inside = ", ".join(f"{name}={to.write(item)}" for name, item in fields.items())
    return f"{to.refer(type(value))}({inside})"


def _is_named_tuple(value: Any) -> bool:
    kind = type(value)
    if not isinstance(value, tuple) or getattr(value, "__dict__", None):
        return False
    making = next(base for base in kind.__mro__ if "__new__" in vars(base))
    return "_fields" in vars(making) and _is_of_object(kind, "__init__")


def _is_plain_dataclass(value: Any) -> bool:
    kind = type(value)
    if "__dataclass_fields__" not in vars(kind):
        return False
    fields = dataclasses.fields(value)
    names = {field.name for field in fields}
    init = getattr(kind.__init__, "__code__", None)
    return (
        init is not None
        and init.co_filename == "<string>"  # as dataclass compiles its own
        and {*init.co_varnames} - {"self"} == names
        and set(getattr(value, "__dict__", names)) <= names
        and all(hasattr(value, name) for name in names)
        and not hasattr(kind, "__post_init__")
        and _is_of_object(kind, "__new__")
        and (kind.__dataclass_params__.frozen or _is_of_object(kind, "__setattr__"))
    )


def _is_of_object(kind: type[Any], name: str) -> bool:
    """Tell whether a class has a method from ``object``, not from its author."""
    return getattr(kind, name) is getattr(object, name)


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


Leaf = Callable[[Any, Write], str]


def construction(value: Any, to: Write) -> str:
    """Return the expression that makes an object of a known kind anew.

    Raises:
        NotPlainError: There is none for its kind, or it holds more than that makes.
    """
    kind = type(value)
    leaf = _LEAVES.get(f"{kind.__module__}.{kind.__qualname__}")
    if leaf is not None:
        return leaf(value, to)
    if isinstance(value, type):
        is_parametrized = "__origin__" in vars(value)
        return (_parametrized if is_parametrized else called_class)(value, to)
    if (
        kind.__module__ == "numpy"
        and hasattr(value, "item")
        and kind.__name__ != "ndarray"
    ):
        return _numpy_number(value, to)
    return record(value, to)


def _parametrized(value: Any, to: Write) -> str:
    """Write ``FlyteFile["csv"]``, or a schema of columns: classes with an origin."""
    for method in ("extension", "columns"):
        if hasattr(value, method):
            parameter = getattr(value, method)()
            return f"{to.refer(value.__origin__)}[{to.write(parameter)}]"
    raise refuse(value)


def _call(to: Write, callee: Any, *args: Any, **named: Any) -> str:
    items = [to.write(arg) for arg in args]
    items += [f"{key}={to.write(arg)}" for key, arg in named.items()]
    return f"{to.refer(callee)}({', '.join(items)})"


# Numbers, text and places


def _from_text(value: Any, to: Write) -> str:
    return _call(to, type(value), str(value))


def _fraction(value: Any, to: Write) -> str:
    return _call(to, type(value), value.numerator, value.denominator)


def _path(value: Any, to: Write) -> str:
    import pathlib

    concrete = isinstance(value, pathlib.Path)
    return _call(to, pathlib.Path if concrete else type(value), str(value))


def _span(value: Any, to: Write) -> str:
    return _call(to, type(value), value.start, value.stop, value.step)


def _numpy_number(value: Any, to: Write) -> str:
    plain = value.item()
    if type(plain) not in {bool, int, float, complex, str, bytes}:
        raise refuse(value)
    if type(value)(plain) != value and plain == plain:  # noqa: PLR0124 - not a number
        raise refuse(value)
    return _call(to, type(value), plain)


# Time


def _date(value: dt.date, to: Write) -> str:
    return _call(to, dt.date, value.year, value.month, value.day)


def _clock(value: dt.time | dt.datetime) -> tuple[list[int], dict[str, Any]]:
    parts = [value.hour, value.minute, value.second, value.microsecond]
    while parts and not parts[-1]:
        parts.pop()
    named: dict[str, Any] = {"tzinfo": value.tzinfo} if value.tzinfo else {}
    return parts, named | ({"fold": 1} if value.fold else {})


def _time(value: dt.time, to: Write) -> str:
    parts, named = _clock(value)
    return _call(to, dt.time, *parts, **named)


def _datetime(value: dt.datetime, to: Write) -> str:
    parts, named = _clock(value)
    return _call(to, dt.datetime, value.year, value.month, value.day, *parts, **named)


def _timedelta(value: dt.timedelta, to: Write) -> str:
    parts = {name: getattr(value, name) for name in ("days", "seconds", "microseconds")}
    return _call(
        to,
        dt.timedelta,
        **{key: part for key, part in parts.items() if part},
    )


def _timezone(value: dt.timezone, to: Write) -> str:
    if value is dt.timezone.utc:
        return f"{to.refer(dt.timezone)}.utc"
    return _call(to, dt.timezone, *value.__getinitargs__())  # type: ignore[attr-defined]


def _zone(value: Any, to: Write) -> str:
    if value.key is None:
        raise NotPlainError("it is a time zone without a key")
    return _call(to, type(value), value.key)


# Functions with some of their arguments


def _pattern(value: re.Pattern[Any], to: Write) -> str:
    flags = re.RegexFlag(value.flags)
    if isinstance(value.pattern, str):
        flags &= ~re.RegexFlag.UNICODE
    place = to.refer(re)
    names = [f"{place}.{flag.name}" for flag in re.RegexFlag if flag & flags]
    # DEBUG and the like are no part of what a pattern matches.
    more = f", {' | '.join(dict.fromkeys(names))}" if names else ""
    return f"{place}.compile({to.write(value.pattern)}{more})"


def _partial(value: functools.partial[Any], to: Write) -> str:
    if vars(value) or not all(map(str.isidentifier, value.keywords)):
        raise refuse(value)
    return _call(to, functools.partial, value.func, *value.args, **value.keywords)


def _as_reduced(value: Any, to: Write) -> str:
    """Write what operator's callables tell pickle of themselves."""
    made, args = value.__reduce__()
    if isinstance(made, functools.partial):  # as methodcaller keeps keywords
        return _call(to, made.func, *made.args, *args, **made.keywords)
    return _call(to, made, *args)


def _method(value: Any, to: Write) -> str:
    """Write a class method, or a method of a plain value: ``", ".join``."""
    owner = value.__self__
    if getattr(owner, value.__name__, None) != value:
        raise refuse(value)
    if isinstance(owner, type):
        return f"{to.refer(owner)}.{value.__name__}"
    if type(owner) in {str, bytes, re.Pattern}:
        return f"{to.write(owner)}.{value.__name__}"
    raise refuse(value)


# Collections and other things made by one call


def _deque(value: Any, to: Write) -> str:
    named = {} if value.maxlen is None else {"maxlen": value.maxlen}
    return _call(to, type(value), list(value), **named)


def _ordered(value: Any, to: Write) -> str:
    return _call(to, type(value), list(value.items()))


def _counter(value: Any, to: Write) -> str:
    return _call(to, type(value), dict(value))


def _defaultdict(value: Any, to: Write) -> str:
    return _call(to, type(value), value.default_factory, dict(value))


def _mapping_proxy(value: Any, to: Write) -> str:
    return _call(to, types.MappingProxyType, dict(value))


def _namespace(value: types.SimpleNamespace, to: Write) -> str:
    return _call(to, types.SimpleNamespace, **vars(value))


def _bytearray(value: bytearray, to: Write) -> str:
    return _call(to, bytearray, bytes(value))


def _template(value: Any, to: Write) -> str:
    return _call(to, type(value), value.template)


def _logger(value: logging.Logger, to: Write) -> str:
    get = f"{to.refer(logging)}.getLogger"
    if value is logging.getLogger():
        return f"{get}()"
    if value is not logging.getLogger(value.name):
        raise refuse(value)
    return f"{get}({'__name__' if value.name == '__main__' else repr(value.name)})"


_LEAVES: dict[str, Leaf] = {
    **dict.fromkeys(
        [
            "decimal.Decimal",
            "uuid.UUID",
            "ipaddress.IPv4Address",
            "ipaddress.IPv6Address",
            "ipaddress.IPv4Network",
            "ipaddress.IPv6Network",
        ],
        _from_text,
    ),
    **{
        f"{home}.{kind}": _path
        for home in ("pathlib", "pathlib._local")  # the latter from Python 3.13 on
        for kind in ("PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath")
    },
    "fractions.Fraction": _fraction,
    "builtins.range": _span,
    "builtins.slice": _span,
    "builtins.bytearray": _bytearray,
    "builtins.mappingproxy": _mapping_proxy,
    "builtins.method": _method,
    "builtins.builtin_function_or_method": _method,
    "datetime.date": _date,
    "datetime.time": _time,
    "datetime.datetime": _datetime,
    "datetime.timedelta": _timedelta,
    "datetime.timezone": _timezone,
    "zoneinfo.ZoneInfo": _zone,
    "re.Pattern": _pattern,
    "functools.partial": _partial,
    "operator.itemgetter": _as_reduced,
    "operator.attrgetter": _as_reduced,
    "operator.methodcaller": _as_reduced,
    "collections.deque": _deque,
    "collections.OrderedDict": _ordered,
    "collections.Counter": _counter,
    "collections.defaultdict": _defaultdict,
    "types.SimpleNamespace": _namespace,
    "string.Template": _template,
    "logging.Logger": _logger,
    "logging.RootLogger": _logger,
    **TYPE_EXPRESSIONS,
}


_ATOMS = (bool, int, float, complex, str, bytes, tuple, frozenset, range)
_MUTABLE = (list, dict, set, bytearray, deque, types.SimpleNamespace)
_REFERRED = (type, types.FunctionType, types.BuiltinFunctionType, types.ModuleType)
_NAMED = {"TypeVar", "ParamSpec", "TypeVarTuple", "NewType", "TypeAliasType"}


class Constants:
    """Writes constants such that two names of one list stay names of one list."""

    def __init__(self) -> None:
        self._named: dict[int, str] = {}
        self._holders: dict[int, tuple[str, Any]] = {}
        self._unfinished: set[str] = set()

    def name_of(self, name: str, value: Any) -> str:
        """Return the name that an object had first; the given one if it had none."""
        if value is None or isinstance(value, _ATOMS):
            return name
        return self._named.setdefault(id(value), name)

    def holder_of(self, value: Any) -> str | None:
        """Return the constant that was written with an object inside, if one was."""
        return self._holders.get(id(value), (None, None))[0]

    def expression(
        self,
        name: str,
        value: Any,
        refer: Callable[[Any], str],
        need: Callable[[str], object],
    ) -> str:
        """Return the expression that makes a constant.

        Args:
            name: What it will be called.
            value: The constant.
            refer: Returns the name of a class, function or module that it holds.
            need: Is told the names of the other constants that it holds.

        Raises:
            NotPlainError: It is no constant.
        """
        self._unfinished.add(name)
        try:
            return _Writing(self, name, refer, need).constant(value)
        finally:
            self._unfinished.discard(name)

    def other_name(self, item: Any) -> str | None:
        """Return the name of the constant that an object inside of another one is."""
        if item is None or isinstance(item, _ATOMS):
            return None
        name = self._named.get(id(item))
        if name in self._unfinished:
            raise NotPlainError("it holds itself")
        return name

    def release(self, holder: str) -> None:
        """Forget what a constant holds, which is to be written again."""
        for key in [key for key, (name, _) in self._holders.items() if name == holder]:
            del self._holders[key]

    def hold(self, item: Any, name: str) -> None:
        """Note which constant holds an object, and keep that alive: ids come again.

        Raises:
            NotPlainError: Another one holds it too, and it has no name.
        """
        holder, _ = self._holders.setdefault(id(item), (name, item))
        if holder != name:
            kind = type(item).__qualname__
            raise NotPlainError(f"it shares a {kind} that has no name with {holder!r}")


class _Writing:
    """One constant, while it is written."""

    def __init__(
        self,
        constants: Constants,
        name: str,
        refer: Callable[[Any], str],
        need: Callable[[str], object],
    ) -> None:
        self.refer = refer
        self._constants = constants
        self._name = name
        self._need = need
        self._held: set[int] = set()
        self._value: Any = None

    def constant(self, value: Any) -> str:
        """Write the constant itself."""
        self._value = value
        return self._construct(value)

    def write(self, value: Any) -> str:
        """Write what stands inside of the constant."""
        return self._name_of(value) or self._construct(value)

    def _construct(self, value: Any) -> str:
        return literal(value, self.refer, self._object, self._name_of)

    def _name_of(self, item: Any) -> str | None:
        """Return the name of what has one; None for what an expression makes."""
        name = self._constants.other_name(item)
        if name is not None:
            self._need(name)
            return name
        if item is type(None):
            return "type(None)"
        if _is_mutable(item):
            self._hold(item)
        elif isinstance(item, _REFERRED) or type(item).__name__ in _NAMED:
            return self._referred(item)
        return None

    def _hold(self, item: Any) -> None:
        if id(item) in self._held:
            kind = type(item).__qualname__
            raise NotPlainError(f"it holds one {kind} at two places")
        self._held.add(id(item))
        self._constants.hold(item, self._name)

    def _referred(self, item: Any) -> str | None:
        try:
            return self.refer(item)
        except NotPlainError:
            if isinstance(item, types.FunctionType | types.ModuleType):
                raise
            return None  # there may be an expression: a class made by a call

    def _object(self, value: Any, _indent: int) -> str:
        try:
            return construction(value, self)
        except NotPlainError:
            if callable(value) and value is not self._value:
                return self.refer(value)  # a decorated function, for instance
            raise


def _is_mutable(item: Any) -> bool:
    params = getattr(type(item), "__dataclass_params__", None)
    return isinstance(item, _MUTABLE) or (params is not None and not params.frozen)
