"""The text of a module, laid out from the parts that were found for it."""

from __future__ import annotations

import ast
import builtins
import dis
import hashlib
import re
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from kit.errors import AuthoringError, UndefinedNameError
from kit.source.closure import Closure, Part
from kit.source.definitions import check_executor, namespace_of, root_definition
from kit.source.literals import SecretValues, is_third_party
from kit.source.scopes import unquoted


def in_order(
    first: Iterable[str],
    now: Mapping[str, Iterable[str]],
    later: Mapping[str, Iterable[str]],
) -> list[str]:
    """Return names such that each stands below what it needs.

    What a definition needs while it is made must stand above it.  What it needs only
    when it is called stands above it too, unless the two need each other.

    Args:
        first: Where to begin; what these reach is ordered.
        now: What each name needs while it is made.
        later: What each needs when it is called.

    >>> in_order(["f"], {"g": ["Base"]}, {"f": ["g"], "Base": ["f"]})
    ['Base', 'g', 'f']
    """
    order: dict[str, None] = {}
    for start in first:
        _walk(start, now, later, order)
    return list(order)


def _walk(
    start: str,
    now: Mapping[str, Iterable[str]],
    later: Mapping[str, Iterable[str]],
    order: dict[str, None],
) -> None:
    """Add a name below what it needs, without recursion: chains may be long."""
    open_: dict[str, None] = {start: None}
    stack = [(start, iter([*now.get(start, ()), *later.get(start, ())]))]
    while stack:
        name, needs = stack[-1]
        for need in needs:
            if need not in order and need not in open_:
                open_[need] = None
                needed = [*now.get(need, ()), *later.get(need, ())]
                stack.append((need, iter(needed)))
                break
        else:
            stack.pop()
            _add(name, now, order)


def _add(name: str, now: Mapping[str, Iterable[str]], order: dict[str, None]) -> None:
    """Add a name; in a loop what it needs now may not stand above it yet."""
    stack = [name]
    while stack:
        top = stack[-1]
        missing = [n for n in now.get(top, ()) if n not in order and n not in stack]
        if missing and top not in order:
            stack.append(missing[0])
        else:
            order.setdefault(stack.pop())


def with_registries_split(parts: dict[str, Part]) -> dict[str, Part]:
    """Return the parts with every such constant made empty first, and filled last.

    A decorator that puts functions into a dict finds it empty, as it did in the
    notebook; at the end the dict is given what it holds there.
    """
    split = dict(parts)
    for name, part in parts.items():
        if part.fill and _is_used_while_made(name, parts):
            split[name] = Part(part.empty)
            split[f"{name} filled"] = Part(part.fill, now=[name, *part.now])
    return split


def _is_used_while_made(name: str, parts: dict[str, Part]) -> bool:
    """Tell whether making what a constant holds may use the constant."""
    held = _reached(parts[name].now, parts, later=False)
    makers = {need for each in held for need in parts[each].now}
    return name in _reached(makers, parts, later=True)


def _reached(names: Iterable[str], parts: dict[str, Part], *, later: bool) -> set[str]:
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += parts[name].now + (parts[name].later if later else [])
    return found


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


_MAGIC = re.compile(
    r"^get_ipython\(\)\.(?:run_(?:line|cell)_magic\('([^']+)'|system|getoutput)"
)


def left_out(closure: Closure) -> list[str]:
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


_MODULE = {"__name__", "__doc__", "__file__", "__builtins__", "__annotations__"}
_LOOKS_UP = ("LOAD_GLOBAL", "LOAD_NAME")
_BINDS = ("STORE_NAME", "STORE_GLOBAL")


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
    missing = _by_pyflakes(tree) if find_spec("pyflakes") else _by_bytecode(code)
    if missing:
        missing -= set(_mere_texts(tree))
    if missing:
        raise UndefinedNameError(
            f"{name} needs {', '.join(map(repr, sorted(missing)))}, which its module "
            "would not define. Define or import it in a cell, at the top level."
        )


def _mere_texts(tree: ast.Module) -> Iterator[str]:
    """Yield texts in the brackets of classes, which may look like names."""
    for node in ast.walk(tree):
        for place in ("annotation", "returns"):
            annotation = getattr(node, place, None)
            for quoted in unquoted(annotation) if annotation is not None else ():
                if quoted.is_any_text:
                    names = ast.walk(quoted.node)
                    yield from (n.id for n in names if isinstance(n, ast.Name))


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

    @property
    def digest(self) -> str:
        """The SHA-256 of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()


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
        namespace = namespace_of(executor)
    closure = Closure(secrets.quote)
    name = closure.add_executor(definition, executor, namespace)
    for part_name, part in closure.parts.items():
        secrets.check(part.text, part_name)
    text = module_text(
        closure, [name], f"{name}, with all that it needs; written by kit."
    )
    secrets.check(text, name)
    check_module(text, name)
    imports = import_lines(closure)
    return ModuleSource(
        name=f"{name}_{hashlib.sha256(text.encode()).hexdigest()[:12]}",
        text=text,
        executor=name,
        imports=imports,
        requirements=requirements_of(imports),
        notes=(*closure.notes, *left_out(closure)),
    )
