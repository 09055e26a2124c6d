"""The source of a module that holds an executor and all that it needs."""

from __future__ import annotations

import hashlib
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kit.source.closure import Closure, Part
from kit.source.importable import is_third_party
from kit.source.order import in_order
from kit.source.root import check_executor, root_definition
from kit.source.second_opinion import check_module
from kit.source.secret_values import SecretValues

__all__ = ["ModuleSource", "self_contained"]

_FUTURE = "from __future__ import annotations"
_MAGIC = re.compile(
    r"^get_ipython\(\)\.(?:run_(?:line|cell)_magic\('([^']+)'|system|getoutput)"
)


@dataclass(frozen=True)
class ModuleSource:
    """A module that needs nothing of the notebook it was written in.

    Attributes:
        name: What to call the module: the executor's name and a hash of the text.
        text: The module's source, ending in a newline.
        executor: The name of the executor's class, or function, in the module.
        imports: Its import statements, in their order.
        requirements: The top-level third-party modules it imports, sorted.
        notes: What a reader should know: lines that were left out, globals that start
            anew in each container.
    """

    name: str
    text: str
    executor: str
    imports: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def self_contained(
    executor: type[Any] | Callable[..., Any],
    *,
    namespace: Mapping[str, Any] | None = None,
    forbidden: Iterable[str] = (),
) -> ModuleSource:
    """Return the source of a module that holds an executor and all that it needs.

    The executor's own decorators travel with it, but for the one of kit's that makes a
    task of it and those above that one.

    Args:
        executor: A class or a function, defined in a cell, a script or a module.
        namespace: Where its names are looked up: the globals of its module by default.
        forbidden: Values, such as secrets', that must not stand in the source.

    Raises:
        SourceError: The source of something it needs cannot be had for certain.
        UndefinedNameError: It uses a name that does not exist.
        CaptureError: It uses an object that no source makes anew.
        SecretInSourceError: A constant is the value of a secret.
        AuthoringError: Something else keeps it from travelling, as the text says.
    """
    check_executor(executor)
    secrets = SecretValues(forbidden)
    definition = root_definition(executor)
    if namespace is None:
        namespace = _namespace_of(executor)
    closure = Closure(secrets.quote)
    name = closure.add_executor(definition, executor, namespace)
    for part_name, part in closure.parts.items():
        secrets.check(part.text, part_name)
    text = _text(closure, name)
    secrets.check(text, name)
    check_module(text, name)
    imports = _imports(closure)
    return ModuleSource(
        name=f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:12]}",
        text=text,
        executor=name,
        imports=imports,
        requirements=_requirements(imports),
        notes=(*closure.notes, *_left_out(closure)),
    )


def _namespace_of(executor: Any) -> Mapping[str, Any]:
    own = getattr(executor, "__globals__", None)
    if own is None:
        own = vars(sys.modules[executor.__module__])
    return dict(own)


def _text(closure: Closure, name: str) -> str:
    """Lay the module out: docstring, imports, constants, definitions."""
    parts = closure.parts
    order = in_order(
        [name],
        {key: part.now for key, part in parts.items()},
        {key: part.later for key, part in parts.items()},
    )
    head = f'"""{name}, with all that it needs; written by kit."""\n'
    if any(part.definition and part.definition.future for part in parts.values()):
        head += f"\n{_FUTURE}\n"
    if _imports(closure):
        head += "\n" + "".join(f"{line}\n" for line in _imports(closure))
    if closure.type_imports:
        lines = sorted(closure.type_imports.values())
        head += "\nif TYPE_CHECKING:\n" + "".join(f"    {line}\n" for line in lines)
    plain = [key for key in order if parts[key].definition is None]
    early = [key for key in plain if not parts[key].now]
    text = head + ("\n" if early else "") + "".join(parts[key].text for key in early)
    for key in order:
        if key not in early:
            text += "\n\n" + _commented(parts[key])
    return text


def _commented(part: Part) -> str:
    if part.definition is None:
        return part.text
    where = f"# From {part.definition.page.place}, line {part.definition.line}.\n"
    return where + part.text


def _imports(closure: Closure) -> tuple[str, ...]:
    """Return the import statements: whole modules first, each kind sorted."""
    lines = {*closure.imports.values(), *closure.extra_imports}
    if closure.type_imports:
        lines.add("from typing import TYPE_CHECKING")
    names: dict[str, set[str]] = {}
    for line in lines:
        if line.startswith("from "):
            module, _, name = line.partition(" import ")
            names.setdefault(module, set()).add(name)
    merged = [f"{key} import {', '.join(sorted(names[key]))}" for key in sorted(names)]
    whole = {line for line in lines if line.startswith("import ")}
    deep = [line for line in closure.extra_imports if " as " not in line]
    whole -= {line for line in whole if any(f"{line}." in more for more in deep)}
    return (*sorted(whole), *merged)


def _requirements(imports: Iterable[str]) -> tuple[str, ...]:
    tops = {line.split()[1].partition(".")[0] for line in imports}
    return tuple(sorted(top for top in tops if is_third_party(top)))


def _left_out(closure: Closure) -> list[str]:
    """Say which magics and shell lines of the cells did not come along.

    Their arguments are not repeated: some hold passwords.
    """
    found: dict[str, None] = {}
    for name, part in closure.parts.items():
        if part.definition is None or not part.definition.page.is_cell:
            continue
        for line in part.definition.page.lines:
            magic = _MAGIC.match(line)
            if magic is not None:
                what = f"%{magic[1]}" if magic[1] else "a shell line (!)"
                found[f"Left out of the cell of {name}: {what}."] = None
    return list(found)
