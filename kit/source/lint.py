"""A second opinion on a finished module: does it compile, are all names defined?"""

from __future__ import annotations

import ast
import builtins
import dis
import types
from collections.abc import Iterator
from importlib.util import find_spec

from kit.errors import AuthoringError, UndefinedNameError
from kit.source.scopes import unquoted


def check_module(text: str, name: str) -> None:
    """Refuse a module that is no Python or has an undefined name.

    pyflakes tells it, where it is installed; else the compiled module's own look-ups.

    Raises:
        AuthoringError: It does not compile.
        UndefinedNameError: A name in it is defined nowhere.
    """
    try:
        tree = ast.parse(text)
        code = compile(text, f"<{name}>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise AuthoringError(
            f"The module of {name} does not compile: {error}. Please report the cells "
            "it was made from; moving the executor into a file gets around it."
        ) from error
    missing = looked_up = _by_bytecode(code)
    if find_spec("pyflakes"):
        missing = _by_pyflakes(tree) - (_in_annotations(tree) - looked_up)
    if missing:
        raise UndefinedNameError(
            f"{name} needs {', '.join(map(repr, sorted(missing)))}, which its module "
            "would not define. Define or import it in a cell, at the top level."
        )


def _in_annotations(tree: ast.Module) -> set[str]:
    """Return names in annotations: as text they may be names of nothing."""
    found: set[str] = set()
    for node in ast.walk(tree):
        for place in ("annotation", "returns"):
            annotation = getattr(node, place, None)
            for quoted in unquoted(annotation) if annotation is not None else ():
                names = ast.walk(quoted.node)
                found.update(n.id for n in names if isinstance(n, ast.Name))
    return found


def _by_pyflakes(tree: ast.Module) -> set[str]:
    from pyflakes import messages  # only where it is installed
    from pyflakes.checker import Checker

    wrong = (messages.UndefinedName, messages.UndefinedExport)
    found = {
        str(message.message_args[0])
        for message in Checker(tree).messages
        if isinstance(message, wrong)
    }
    # It does not know that a class looks `__name` up as `_Class__name`.
    return {name for name in found if not name.startswith("__") or name.endswith("__")}


def _by_bytecode(code: types.CodeType) -> set[str]:
    used: set[str] = set()
    bound = {*vars(builtins), *_MODULE, "__module__", "__qualname__"}
    for each in _codes(code):
        for instruction in dis.get_instructions(each):
            if instruction.opname in _LOOKS_UP:
                used.add(str(instruction.argval))
            elif instruction.opname in _BINDS:
                bound.add(str(instruction.argval))
    return used - bound


def _codes(code: types.CodeType) -> Iterator[types.CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


_MODULE = {"__name__", "__doc__", "__file__", "__builtins__", "__annotations__"}


_LOOKS_UP = ("LOAD_GLOBAL", "LOAD_NAME")


_BINDS = ("STORE_NAME", "STORE_GLOBAL")
