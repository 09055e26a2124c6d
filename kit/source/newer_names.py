"""The names of the standard library that are newer than Python 3.10.

From "What's New in Python" 3.11 to 3.13: what notebooks are likely to use.
"""

from __future__ import annotations

__all__ = ["first_version"]

_NEW_IN_11 = {
    "asyncio": "Barrier Runner TaskGroup Timeout timeout timeout_at",
    "contextlib": "chdir",
    "datetime": "UTC",
    "enum": "EnumCheck FlagBoundary ReprEnum StrEnum member nonmember property verify",
    "hashlib": "file_digest",
    "http": "HTTPMethod",
    "logging": "getLevelNamesMapping",
    "math": "cbrt exp2",
    "operator": "call",
    "typing": "LiteralString Never NotRequired Required Self TypeVarTuple Unpack "
    "assert_never assert_type clear_overloads dataclass_transform get_overloads "
    "reveal_type",
}
_NEW_IN_12 = {
    "calendar": "Day Month",
    "collections.abc": "Buffer",
    "itertools": "batched",
    "math": "sumprod",
    "random": "binomialvariate",
    "types": "get_original_bases",
    "typing": "TypeAliasType override",
}
_NEW_IN_13 = {
    "copy": "replace",
    "math": "fma",
    "os": "process_cpu_count",
    "typing": "NoDefault ReadOnly TypeIs get_protocol_members is_protocol",
    "warnings": "deprecated",
}
_MODULES = {"tomllib": (3, 11), "wsgiref.types": (3, 11), "dbm.sqlite3": (3, 13)}


def _by_name() -> dict[str, tuple[int, int]]:
    found = dict(_MODULES)
    for minor, names in ((11, _NEW_IN_11), (12, _NEW_IN_12), (13, _NEW_IN_13)):
        for module, listed in names.items():
            found.update({f"{module}.{name}": (3, minor) for name in listed.split()})
    return found


_FIRST = _by_name()


def first_version(name: str) -> tuple[int, int] | None:
    """Return the first Python that has a module, or a module's name, from 3.11 on.

    >>> first_version("datetime.UTC"), first_version("math.sqrt")
    ((3, 11), None)
    """
    return _FIRST.get(name)
