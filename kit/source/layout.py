"""The text of a module, laid out from the parts that were found for it."""

from __future__ import annotations

from collections.abc import Iterable

from kit.source.closure import Closure
from kit.source.importable import is_third_party
from kit.source.order import in_order
from kit.source.part import Part
from kit.source.registries import with_registries_split

__all__ = [
    "import_lines",
    "keeps_annotations",
    "merged_imports",
    "module_body",
    "module_text",
    "requirements_of",
]

_FUTURE = "from __future__ import annotations"


def module_text(
    closure: Closure, names: Iterable[str], docstring: str, *, future: bool = False
) -> str:
    """Lay a module out: docstring, imports, constants, definitions.

    Args:
        closure: What the module is made of.
        names: The parts that it is there for; what they reach comes with them.
        docstring: Its first line, without quotes.
        future: Whether its annotations are kept as text whatever the parts say.
    """
    head = f'"""{docstring}"""\n'
    if future or keeps_annotations(closure):
        head += f"\n{_FUTURE}\n"
    imports = import_lines(closure)
    if imports:
        head += "\n" + "".join(f"{line}\n" for line in imports)
    if closure.type_imports:
        lines = sorted(closure.type_imports.values())
        head += "\nif TYPE_CHECKING:\n" + "".join(f"    {line}\n" for line in lines)
    return head + module_body(closure, names)


def keeps_annotations(closure: Closure) -> bool:
    """Tell whether a part was written under ``from __future__ import annotations``."""
    definitions = [part.definition for part in closure.parts.values()]
    return any(item is not None and item.future for item in definitions)


def module_body(closure: Closure, names: Iterable[str]) -> str:
    """Lay out constants and definitions, each below what it needs."""
    parts = with_registries_split(closure.parts)
    order = in_order(
        [*names, *(key for key in parts if key not in closure.parts)],
        {key: part.now for key, part in parts.items()},
        {key: part.later for key, part in parts.items()},
    )
    plain = [key for key in order if parts[key].definition is None]
    early = dict.fromkeys(key for key in plain if not parts[key].now)
    text = ("\n" if early else "") + "".join(parts[key].text for key in early)
    for key in order:
        if key not in early:
            text += "\n\n" + _commented(parts[key])
    return text


def _commented(part: Part) -> str:
    if part.definition is None:
        return part.text
    where = f"# From {part.definition.page.place}, line {part.definition.line}.\n"
    return where + part.text


def import_lines(closure: Closure) -> tuple[str, ...]:
    """Return the import statements: whole modules first, each kind sorted."""
    lines = {*closure.imports.values(), *closure.extra_imports}
    if closure.type_imports:
        lines.add("from typing import TYPE_CHECKING")
    deep = [line for line in closure.extra_imports if " as " not in line]
    lines -= {line for line in lines if any(f"{line}." in more for more in deep)}
    return merged_imports(lines)


def merged_imports(lines: Iterable[str]) -> tuple[str, ...]:
    """Return import statements: whole modules first, and each other module once.

    >>> merged_imports(["from a import c", "import b", "from a import b"])
    ('import b', 'from a import b, c')
    """
    whole = set()
    names: dict[str, set[str]] = {}
    for line in lines:
        module, found, name = line.partition(" import ")
        if found:
            names.setdefault(module, set()).add(name)
        else:
            whole.add(line)
    merged = (f"{key} import {', '.join(sorted(names[key]))}" for key in sorted(names))
    return (*sorted(whole), *merged)


def requirements_of(imports: Iterable[str]) -> tuple[str, ...]:
    """Return the top-level third-party modules that some statements import."""
    tops = {line.split()[1].partition(".")[0] for line in imports}
    return tuple(sorted(top for top in tops if is_third_party(top)))
