"""Plain constants as the source that makes them."""

from __future__ import annotations

import ast
import collections
import enum
import functools
import importlib
import math
import os
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from kit.errors import SecretInSourceError
from kit.source.pages import Page

LIMIT = 16 * 1024
"""The longest literal, in characters: more than that is data, not a constant."""

_WIDTH = 80
_BRACKETS: dict[type, str] = {
    list: "[]",
    tuple: "()",
    set: "{}",
    dict: "{}",
    frozenset: "{}",
}


class NotPlainError(Exception):
    """A value that is no plain constant; the text says what of it is not."""


def literal(
    value: Any,
    class_name: Callable[[type], str],
    other: Callable[[Any, int], str] | None = None,
    known: Callable[[Any], str | None] | None = None,
    *,
    indent: int = 0,
) -> str:
    """Return the expression of a plain constant.

    Plain are None, bool, int, float, complex, str and bytes, members of enums, and
    tuples, lists, dicts, sets and frozensets of those, of exactly these types.

    Args:
        value: The constant.
        class_name: Returns the name by which the source knows the class of an enum.
        other: Writes what is no plain constant, given it and its indent.
        known: Returns the name of what stands inside of the constant, if it has one.
        indent: Columns that the expression is indented by.

    Raises:
        NotPlainError: It is something else, too large, or holds itself.

    >>> literal({"b": [1, (2.5,)], "a": float("inf")}, str)
    "{'b': [1, (2.5,)], 'a': float('inf')}"
    """
    return _Writer(class_name, other, known).write(value, indent)


def is_plain(value: Any) -> bool:
    """Tell whether a value is None, a truth value, a number, text or bytes."""
    return value is None or type(value) in {bool, int, float, complex, str, bytes}


class _Writer:
    def __init__(
        self,
        class_name: Callable[[type], str],
        other: Callable[[Any, int], str] | None,
        known: Callable[[Any], str | None] | None,
    ) -> None:
        self._class_name = class_name
        self._other = other
        self._known = known
        self._left = LIMIT
        self._inside: list[int] = []

    def write(self, value: Any, indent: int) -> str:
        kind = type(value)
        if kind in _BRACKETS:
            return self._write_collection(value, indent)
        text = self._write_leaf(value, kind, indent)
        self._left -= len(text)
        if self._left < 0:
            raise NotPlainError(f"it is larger than {LIMIT} characters")
        return text

    def _write_leaf(self, value: Any, kind: type, indent: int) -> str:
        if isinstance(value, enum.Enum):
            return self._write_member(value)
        if kind is int and abs(value).bit_length() > LIMIT // 4:
            raise NotPlainError(f"it is larger than {LIMIT} characters")
        if kind in {str, bytes} and len(value) > LIMIT:
            raise NotPlainError(f"it is larger than {LIMIT} characters")
        if (
            value is None
            or value is ...
            or value is NotImplemented
            or kind in {bool, int, str, bytes}
        ):
            return repr(value)
        if kind is float:
            return repr(value) if math.isfinite(value) else f"float({str(value)!r})"
        if kind is complex:
            return f"complex({self.write(value.real, 0)}, {self.write(value.imag, 0)})"
        if self._other is not None:
            return self._other(value, indent)
        raise NotPlainError(f"it is a {kind.__module__}.{kind.__qualname__}")

    def _write_member(self, value: enum.Enum) -> str:
        cls = type(value)
        name = self._class_name(cls)
        if cls.__members__.get(str(value.name)) is value:
            return f"{name}.{value.name}"
        return f"{name}({self.write(value.value, 0)})"

    def _write_collection(self, value: Any, indent: int) -> str:
        if id(value) in self._inside:
            raise NotPlainError("it holds itself")
        self._inside.append(id(value))
        kind = type(value)
        if isinstance(value, dict):
            items = self._write_items(value, indent + 4)
        else:
            items = [self._write_item(item, indent + 4) for item in value]
        if kind in {set, frozenset}:
            items.sort()
        self._inside.pop()
        self._left -= 2 * len(items) + 2
        text = in_brackets(items, _BRACKETS[kind], indent, single=kind is tuple)
        if kind is frozenset:
            return f"frozenset({text})" if items else "frozenset()"
        return "set()" if kind is set and not items else text

    def _write_item(self, value: Any, indent: int) -> str:
        name = self._known(value) if self._known is not None else None
        return name or self.write(value, indent)

    def _write_items(self, value: dict[Any, Any], indent: int) -> list[str]:
        return [
            f"{self._write_item(key, indent)}: {self._write_item(item, indent)}"
            for key, item in value.items()
        ]


def in_brackets(
    items: Iterable[str], brackets: str, indent: int, *, single: bool = False
) -> str:
    """Write items in a line, or one to a line when they are long."""
    items = list(items)
    line = ", ".join(items) + ("," if single and len(items) == 1 else "")
    if indent + len(line) <= _WIDTH and "\n" not in line:
        return brackets[0] + line + brackets[1]
    pad = " " * (indent + 4)
    lines = "".join(f"{pad}{item},\n" for item in items)
    return f"{brackets[0]}\n{lines}{' ' * indent}{brackets[1]}"


_LIBRARIES = tuple(
    str(Path(sysconfig.get_path(kind)).resolve()) for kind in ("purelib", "platlib")
)
_ASK = "import sys; from importlib.util import find_spec; sys.exit(not find_spec({!r}))"


def is_importable(module: str) -> bool:
    """Tell whether a fresh interpreter in another folder can import a module.

    Modules of the standard library and of ``site-packages`` are known to be; any other
    is looked for once by an interpreter that sees installed packages only.
    """
    top = module.partition(".")[0]
    if top == "__main__":
        return False
    if top in sys.stdlib_module_names or top == "kit":
        return True
    loaded = sys.modules.get(top)
    folders = [getattr(loaded, "__file__", None), *getattr(loaded, "__path__", ())]
    if any(folder and str(folder).startswith(_LIBRARIES) for folder in folders):
        return True
    return _is_found(top)


def is_third_party(module: str) -> bool:
    """Tell whether a module comes neither with Python nor from a shell or script."""
    top = module.partition(".")[0]
    return top != "__main__" and top not in sys.stdlib_module_names


@functools.lru_cache(maxsize=256)
def _is_found(top: str) -> bool:
    command = [sys.executable, "-I", "-c", _ASK.format(top)]
    done = subprocess.run(command, capture_output=True, check=False, cwd="/")  # noqa: S603 - our own command
    return done.returncode == 0


class Write(Protocol):
    """What writes the things that stand inside of a constant."""

    def write(self, value: Any) -> str:
        """Return the expression of a value."""

    def refer(self, value: Any) -> str:
        """Return the name of a class, function or module."""


def refuse(value: Any) -> NotPlainError:
    """Say of what kind a value is."""
    kind = type(value)
    return NotPlainError(f"it is a {kind.__module__}.{kind.__qualname__}")


_BY_NAMEDTUPLE = {
    *("_fields", "_field_defaults", "_make", "_replace", "_asdict"),
    *("__doc__", "__module__", "__slots__", "__new__", "__repr__", "__match_args__"),
    *("__getnewargs__", "__replace__", "__static_attributes__", "__firstlineno__"),
}


def is_called_class(value: Any) -> bool:
    """Tell whether a class is one that a call alone makes: a named tuple or an enum."""
    return isinstance(value, type) and (_is_namedtuple(value) or _is_enum(value))


def called_class(value: type[Any], to: Write) -> str:
    """Return the call that makes a class with the same name and members.

    Raises:
        NotPlainError: It has more than such a call gives.
    """
    if _is_namedtuple(value):
        return _namedtuple(value, to)
    if _is_enum(value):
        members = {name: each.value for name, each in value.__members__.items()}
        base = to.refer(value.__bases__[0])
        return f"{base}({value.__name__!r}, {to.write(members)})"
    raise NotPlainError(
        f"the class {value.__qualname__} has no source: write it as a class statement"
    )


def _is_namedtuple(value: type[Any]) -> bool:
    fields = getattr(value, "_fields", ())
    listed = ", ".join(fields) + ("," if len(fields) == 1 else "")
    own = set(vars(value))
    return (
        value.__bases__ == (tuple,)
        and {"_fields", "_make"} <= own <= {*_BY_NAMEDTUPLE, *fields}
        and value.__doc__ == f"{value.__name__}({listed})"
    )


def _namedtuple(value: type[Any], to: Write) -> str:
    args = [repr(value.__name__), to.write(list(value._fields))]
    if value._field_defaults:
        args.append(f"defaults={to.write(list(value._field_defaults.values()))}")
    return f"{to.refer(collections.namedtuple)}({', '.join(args)})"  # noqa: PYI024 - it is written, not made


def _is_enum(value: type[Any]) -> bool:
    if not issubclass(value, enum.Enum) or len(value.__bases__) != 1:
        return False
    own = {name for name in vars(value) if not name.startswith("_")}
    return own <= set(value.__members__) and value.__bases__[0].__module__ == "enum"


_LONG = 6
"""From this length on a secret is also looked for inside of other text."""


class SecretValues:
    """The values that must not be written anywhere.

    Args:
        forbidden: What the caller knows to be secret; the values that Flyte put into
            this process's environment are added.
    """

    def __init__(self, forbidden: Iterable[str]) -> None:
        prefix = os.environ.get("FLYTE_SECRETS_ENV_PREFIX", "_FSEC_")
        found = {value for key, value in os.environ.items() if key.startswith(prefix)}
        self._values = {value for value in {*found, *forbidden} if value.strip()}

    def quote(self, line: str) -> str:
        """Return a line of source without secrets in it."""
        for value in sorted(self._values, key=len, reverse=True):
            if len(value) >= _LONG or value in _constants(line):
                line = line.replace(value, "***")
        return line

    def check(self, text: str, name: str) -> None:
        """Refuse source that holds a secret; the value is never printed.

        Raises:
            SecretInSourceError: One of its constants is, or holds, a secret.
        """
        if not self._values:
            return
        constants = _constants(text)
        for value in self._values:
            inside = len(value) >= _LONG and (
                value in text or any(value in constant for constant in constants)
            )
            if inside or value in constants:
                raise SecretInSourceError(
                    f"The source of {name!r} holds the value of a secret, which would "
                    "be stored with the task. Ask for it where it is used: request it "
                    "with secret_requests, and read it from "
                    "kit.current_context().secrets."
                )


def _constants(text: str) -> set[str]:
    """Return the constants of some source as text; none when it is no whole source."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return set()
    return {
        item.value.decode("latin-1")
        if isinstance(item.value, bytes)
        else str(item.value)
        for item in ast.walk(tree)
        if isinstance(item, ast.Constant) and not isinstance(item.value, bool)
    }


def import_of_module(name: str, module: ModuleType) -> str | None:
    """Return the statement that binds a loaded module to a name."""
    names = [key for key, value in list(sys.modules.items()) if value is module]
    if not names:
        return None
    if module is os.path:  # its own name is that of one operating system
        names = ["os.path"]
    names.sort(key=lambda key: (key.rpartition(".")[2] != name, key != module.__name__))
    return _import_module(names[0], name)


def _import_module(module: str, name: str) -> str:
    parent, _, last = module.rpartition(".")
    if module == name:
        return f"import {module}"
    return (
        f"from {parent} import {last}" if last == name else f"import {module} as {name}"
    )


def import_of_object(name: str, value: Any) -> str | None:
    """Return the statement that binds a class or function of a module to a name."""
    home = home_of_object(name, value)
    return None if home is None else import_from(*home, name)


def home_of_object(name: str, value: Any) -> tuple[str, str] | None:
    """Return the module that has a class or function, and its name there.

    The most public module that has the very same object is taken: ``pandas``, not
    ``pandas.core.frame``.  None when no installed module has it.
    """
    module = getattr(value, "__module__", None)
    if not isinstance(module, str) or not is_importable(module):
        return None
    known = (getattr(value, "__qualname__", None), getattr(value, "__name__", None))
    names = [item for item in (*known, name) if isinstance(item, str)]
    for place in _public_first(module):
        for attribute in names:
            if attribute.isidentifier() and has_object(place, attribute, value):
                return place, attribute
    return None


def _public_first(module: str) -> Iterator[str]:
    parts = module.split(".")
    for length in range(1, len(parts) + 1):
        yield ".".join(parts[:length])


def has_object(module: str, attribute: str, value: Any) -> bool:
    """Tell whether a loaded module has an object under a name."""
    loaded = sys.modules.get(module)
    if loaded is None:
        return False
    if attribute in vars(loaded):
        return vars(loaded)[attribute] is value
    lazy = attribute in getattr(loaded, "__all__", ())
    return lazy and getattr(loaded, attribute, None) is value


def import_from(module: str, attribute: str, name: str) -> str:
    """Return the statement that binds an attribute of a module to a name."""
    alias = "" if attribute == name else f" as {name}"
    return f"from {module} import {attribute}{alias}"


def type_checking_import(name: str, pages: Iterable[Page]) -> str | None:
    """Return the import of a name that only type checkers run."""
    for page in pages:
        if not any("TYPE_CHECKING" in line for line in page.lines):
            continue
        for block in ast.walk(page.tree):
            if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test):
                for node in block.body:
                    found = _alone(node, name)
                    if found is not None:
                        return found
    return None


def _alone(node: ast.stmt, name: str) -> str | None:
    """Return an import statement cut down to the one name, or None without it."""
    if isinstance(node, ast.ImportFrom) and node.module and not node.level:
        for alias in node.names:
            if (alias.asname or alias.name) == name:
                return import_from(node.module, alias.name, name)
    if isinstance(node, ast.Import):
        for alias in node.names:
            if (alias.asname or alias.name.partition(".")[0]) == name:
                as_name = f" as {alias.asname}" if alias.asname else ""
                return f"import {alias.name}{as_name}"
    return None


_FOLDERS: dict[str, str] = {}
"""The folder of each exported top-level module or package."""


class _Finder:
    """Finds exported modules by their exact names, before those that are installed."""

    @staticmethod
    def find_spec(
        name: str,
        path: Sequence[str] | None = None,  # noqa: ARG004 - the protocol's
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Return where an exported top-level module is, None for any other."""
        folder = _FOLDERS.get(name)
        return None if folder is None else PathFinder.find_spec(name, [folder], target)


def make_importable(module: str, folder: Path) -> None:
    """Let this process and those it starts for runs import an exported module.

    Copies of it that were imported before are forgotten.

    Args:
        module: Its top-level name.
        folder: The folder that it is in.
    """
    _FOLDERS[module] = str(folder.resolve())
    if _Finder not in sys.meta_path:
        sys.meta_path.insert(0, _Finder)
    for name in list(sys.modules):
        if name == module or name.startswith(f"{module}."):
            del sys.modules[name]
    importlib.invalidate_caches()


def exported_folders() -> tuple[str, ...]:
    """Return the folders that hold exported modules, the latest first."""
    return tuple(dict.fromkeys(reversed(_FOLDERS.values())))
