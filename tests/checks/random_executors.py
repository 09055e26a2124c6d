"""Random executors that read random keys of ``tt.custom`` in random ways."""

from __future__ import annotations

import random

CUSTOM = {
    "a": {"a": 1, "b": {"a": "x", "c": 2}},
    "b": {"b": {"a": {}, "b": "y"}, "c": [1, 2]},
    "c": [{"a": 1, "b": {"c": 3}}, {"a": 2, "d": "z"}],
    "d": "text",
    "e": 3,
}
KEYS = [*"abcdefg"]
"""The last two are provided nowhere."""

MODULE = """
import contextlib
from types import SimpleNamespace

KEY = "a"
NAMES = ("a", "b")


def helper(c, flag=True):
    d = c
    if flag:
        return c["a"]
    return d.get("b", {{}})


def deep(c, n):
    if n <= 0:
        return c
    return deep(c, n - 1)


def lazily(c):
    for key in NAMES:
        yield c.get(key)


def passed(tt):
    return tt.custom


def make(c):
    def inner(k="b"):
        return c[k] if k in c else c
    return inner


def use(*args, **kwargs):
    for arg in args:
        if isinstance(arg, dict):
            arg.get("c")
        elif callable(arg):
            arg()


class Executor:
    def part(self, c):
        return c["b"]

    @staticmethod
    def other(c):
        return c.get("a")

    def execute_from_model(self, tt, flag: bool, n: int):
        c = d = e = tt.custom
        k = "a"
        f = helper
{body}
        return 0
"""


class Writer:
    """Writes the body of one executor."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - no secrets
        self._is_plain = seed % 2 == 0
        self._names = ["c", "d", "e"]

    def module(self) -> str:
        """Return the source of a whole module."""
        return MODULE.format(body=self._block(2, self._random.randint(1, 6)))

    def _pick(self, *choices):
        return self._random.choice(choices)

    def _key(self) -> str:
        text = repr(self._random.choice(KEYS))
        return self._pick(text, text, text, text, "KEY", "k", "k", "0")

    def _name(self) -> str:
        return self._pick(*self._names)

    def _value(self, depth: int = 0) -> str:
        """Return an expression that is often what custom holds."""
        if depth > 2:
            return self._pick(self._name(), "tt.custom")
        value = self._value(depth + 1)
        key = self._key()
        if self._is_plain:
            return self._plain_value(value, key)
        return self._pick(
            self._name(),
            "tt.custom",
            f"{value}[{key}]",
            f"{value}[{key}]",
            f"{value}.get({key}, {{}})",
            f"{value}.get({key})",
            f"({value} if flag else {self._name()})",
            f"({value} or {self._name()})",
            f"helper({value}, flag)",
            f"f({value})",
            f"deep({value}, n)",
            "passed(tt)",
            f"self.part({value})",
            f"self.other({value})",
            f"make({value})()",
            f"(lambda x: x[{key}])({value})",
            f"(x := {value})",
            f"{value}.pop({key}, None)",
            f"{value}.setdefault({key}, {{}})",
            f"dict({value})",
            f"{{**{value}}}",
            f"[{value}, {self._name()}][n]",
            f"({value}, {self._name()})[0]",
        )

    def _plain_value(self, value: str, key: str) -> str:
        """Return what an author may well write."""
        return self._pick(
            f"{self._name()}[{key}]",
            f"tt.custom[{key}]",
            f"{value}[{key}]",
            f"{value}.get({key})",
            f"helper(tt.custom[{key}], flag)",
            f"self.part({self._name()})",
            f"self.other({self._name()})",
            f"int({value}[{key}])",
            f"[x[{key}] for x in {value}]",
        )

    def _plain_statement(self) -> str:
        value, name = self._value(), f"x{len(self._names)}"
        if self._random.random() < 0.3:
            self._names.append(name)
            return f"{name} = {value}"
        return self._pick(
            f"{value}",
            f"print({value}, end='')",
            f"f'{{{self._name()}}}'",
            f"if {self._key()} in {self._name()}: {value}",
            f"if flag: return {value}",
            f"for {name} in {value}: print({name}[{self._key()}])",
        )

    def _test(self) -> str:
        value = self._value(1)
        return self._pick(
            "flag", "n > 1", value, f"{self._key()} in {value}", f"not {value}"
        )

    def _block(self, indent: int, length: int) -> str:
        return "\n".join(self._statement(indent) for _ in range(length))

    def _statement(self, indent: int) -> str:
        pad = "    " * indent
        simple = self._simple()
        if indent > 4 or self._random.random() < 0.6:
            return f"{pad}{simple}"
        inner = self._block(indent + 1, self._random.randint(1, 3))
        other = self._block(indent + 1, 1)
        value, name, key = self._value(), self._name(), self._key()
        caught = self._pick("KeyError", "ValueError", "Exception", "TypeError")
        shown = repr(self._random.choice(KEYS))
        case = self._block(indent + 2, 1)
        define = f"{pad}def f(x, y=1):\n"
        return self._pick(
            f"{pad}if {self._test()}:\n{inner}\n{pad}else:\n{other}",
            f"{pad}for k in NAMES:\n{inner}",
            f"{pad}for k in {value}:\n{inner}",
            f"{pad}for {name} in [{value}, {self._value()}]:\n{inner}",
            f"{pad}try:\n{inner}\n{pad}except {caught}:\n{other}",
            f"{pad}try:\n{inner}\n{pad}finally:\n{other}",
            f"{pad}with contextlib.suppress(KeyError):\n{inner}",
            f"{pad}match {value}:\n{pad}    case {{{shown}: {name}}}:\n{case}\n"
            f"{pad}    case _:\n{case}",
            f"{define}{inner}\n{pad}    return {value}",
            f"{define}{pad}    nonlocal {name}\n{pad}    {name} = x\n"
            f"{pad}    return {name}[{key}]",
            f"{pad}for _ in range(n):\n{inner}",
            f"{pad}while n > 0:\n{pad}    n -= 1\n{inner}",
        )

    def _simple(self) -> str:
        if self._is_plain:
            return self._plain_statement()
        value, name, key = self._value(), self._name(), self._key()
        return self._pick(
            f"{name} = {value}",
            f"{name} = {value}",
            f"{name} = {value}",
            f"{name}, {self._name()} = {value}, {self._value()}",
            f"{value}",
            f"print({value}, end='')",
            f"str({value})",
            f"f'{{{name}}}'",
            f"use({value})",
            f"use(lambda: {value})",
            f"use(f=f, c={name})",
            f"{name}[{key}] = {value}",
            f"{value}[{key}] = {{'f': 1}}",
            f"del {name}[{key}]",
            f"k = {self._key()}",
            f"k = {value}",
            f"f = make({value})",
            f"f = lambda x: x.get({key}, {self._name()})",
            f"list(lazily({value}))",
            f"[x[{key}] for x in {value}]",
            f"{{x: {name} for x in {value} if {self._test()}}}",
            f"any({key} in x for x in ({value}, {name}))",
            f"{name}.update({value})",
            f"assert {self._test()}",
            "if flag: return 1",
            f"if {self._test()}: return {value}",
            f"x = [{value}]; {name} = x[0]",
            f"x = {name}.get; {self._name()} = x({key}, {{}})",
            f"self.kept = {name}; {self._name()} = self.kept",
            f"o = SimpleNamespace(c={name}); {self._name()} = o.c[{key}]",
            f"len({value}) == {value}",
        )
