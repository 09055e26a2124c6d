"""Names are found by Python's own rules of scope."""

from __future__ import annotations

import ast
import symtable
import sys
from pathlib import Path

import pytest

import kit
from kit.source.scopes import free_names
from kit.source.source_units import unit_of_text


def names(source: str, *, future: bool = False) -> dict[str, str]:
    """Return each free name with when it is looked up."""
    node = ast.parse(source).body[0]
    return {
        name: "now" if use.now else "later" if use.evaluated else "never"
        for name, use in free_names(node, future=future).items()
    }


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(a, b=D): return a + G", {"D": "now", "G": "later"}),
        ("@deco\ndef f(): pass", {"deco": "now"}),
        ("def f(x: A) -> B: pass", {"A": "now", "B": "now"}),
        ("def f(x: 'A'): pass", {"A": "never"}),
        ("def f(x: 'list[A]'): pass", {"list": "never", "A": "never"}),
        ("def f(x: Literal['A']): pass", {"Literal": "now"}),
        ("def f(x: Annotated[A, 'm']): pass", {"Annotated": "now", "A": "now"}),
        ("def f():\n x: A = 1", {"A": "never"}),
        ("class C(B, metaclass=M):\n x = y\n def m(self): return z",
         {"B": "now", "M": "now", "y": "now", "z": "later"}),
        ("class C:\n x = x\n def m(self): return x", {"x": "now"}),
        ("class C:\n x = 1\n y = x\n z = [q for q in y]", {}),
        ("class C:\n x = 1\n y = [x for _ in '']", {"x": "now"}),
        ("def f():\n return [a for a in b if c], a",
         {"b": "later", "c": "later", "a": "later"}),
        ("def f():\n return [(y := x) for x in q], y", {"q": "later"}),
        ("def f():\n def g(): return h\n h = 1\n return g", {}),
        ("def f():\n global g\n g = 1", {"g": "later"}),
        ("def f():\n global g\n g += 1", {"g": "later"}),
        ("def f(k=lambda: L): pass", {"L": "later"}),
        ("def f(k=[x for x in X]): pass", {"X": "now"}),
        ("class C:\n def m(self): return __x", {"_C__x": "later"}),
        ("def f():\n import a.b, c as d\n from e import g\n return a, d, g", {}),
        ("def f():\n try: pass\n except E as e: return e", {"E": "later"}),
        ("def f(n):\n match n:\n  case {'a': b, **r}: return b, r\n  case P(x=y): y",
         {"P": "later"}),
        ("def f(): return f()", {}),
    ],
)  # fmt: skip
def test_names_and_when_they_are_looked_up(source, expected):
    """Each construct gives its free names, now, later or never."""
    assert names(source) == expected


def test_a_future_import_leaves_annotations_alone():
    """Annotations that are kept as text are never evaluated."""
    assert names("def f(x: A) -> B: pass", future=True) == {"A": "never", "B": "never"}


@pytest.mark.skipif(sys.version_info < (3, 12), reason="syntax of Python 3.12")
def test_type_parameters_are_not_free():
    """`def f[T]` binds T, and bounds are looked up later."""
    assert names("def f[T: B](x: T) -> T: pass") == {"B": "later"}


def test_dotted_names_are_kept():
    """The chain tells which submodules are needed."""
    node = ast.parse("def f(): return a.b.c(a.d)").body[0]
    assert free_names(node)["a"].chains == {"a.b.c", "a.d"}


def globals_of(table: symtable.SymbolTable) -> set[str]:
    """Return what symtable calls global in the functions below a table."""
    found = {
        symbol.get_name()
        for symbol in table.get_symbols()
        if table.get_type() == "function" and symbol.is_global()
    }
    return found.union(*map(globals_of, table.get_children()))


@pytest.mark.parametrize(
    "path", sorted(Path(kit.__file__).parent.rglob("*.py")), ids=str
)
def test_symtable_agrees_on_real_code(path):
    """Every global that the compiler sees in kit's own functions is found."""
    page = unit_of_text(path.read_text(encoding="utf-8"))
    for nodes in page.definitions.values():
        for node in nodes:
            if page.tree.body.count(node):
                table = symtable.symtable(ast.unparse(node), "x", "exec")
                expected = globals_of(table) - {node.name, "__class__"}
                assert expected <= {*free_names(node)}, node.name


def test_a_text_in_brackets_may_be_no_name():
    """``FlyteFile["csv"]`` has a format; ``list["Bird"]`` has a type."""
    cell = 'class Out:\n    a: FlyteFile["csv"]\n    b: list["Bird"]\n    c: "Nest"\n'
    uses = free_names(ast.parse(cell).body[0])
    assert set(uses) == {"FlyteFile", "csv", "list", "Bird", "Nest"}
    assert [name for name, use in uses.items() if use.mere_text] == ["csv"]
