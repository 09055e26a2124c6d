"""Nasty notebooks: what people do write, and what a simple copier gets wrong."""

# ruff: noqa: E501 - the cells are data

from __future__ import annotations

from tests.source.notebooks import refused, works

MAIN = "def main(tt, n):\n    return f(n)\n"

ATTACKS = (
    works(
        "stack of decorators",
        "import functools",
        "def add(k):\n    def deco(g):\n        @functools.wraps(g)\n"
        "        def w(*a):\n            return g(*a) + k\n        return w\n"
        "    return deco",
        "K = 5",
        "@add(K)\n@functools.lru_cache\n@add(k=2)\ndef f(n):\n    return n",
        MAIN,
        has=["@add(K)\n@functools.lru_cache\n@add(k=2)"],
    ),
    works(
        "decorator that is a class",
        "class Twice:\n    def __init__(self, g):\n        self.g = g\n"
        "    def __call__(self, n):\n        return 2 * self.g(n)",
        "@Twice\ndef f(n):\n    return n",
        MAIN,
        has=["@Twice\ndef f"],
    ),
    works(
        "comprehension over globals in a class body",
        "names = ['a', 'b']\nscale = 3",
        "class T:\n    table = {k: len(k) * scale for k in names}\n"
        "    both = [(a, b) for a in names for b in names]",
        "def main(tt, n):\n    return T.table, T.both",
    ),
    works(
        "conditional definition",
        "import sys\nif sys.version_info >= (3,):\n    def f(n):\n        return n\n"
        "else:\n    def f(n):\n        return -n",
        MAIN,
        lacks=["return -n"],
    ),
    works(
        "import with a fallback",
        "try:\n    import no_such_json as json\nexcept ImportError:\n    import json",
        "def main(tt, n):\n    return json.dumps([n])",
        has=["import json"],
    ),
    works(
        "from import with a fallback",
        "try:\n    from no_such_toml import loads\n"
        "except ImportError:\n    from json import loads",
        "def main(tt, n):\n    return loads(str(n))",
        has=["from json import loads"],
    ),
    works(
        "definition in a try",
        "try:\n    from no_such import f\nexcept ImportError:\n"
        "    def f(n):\n        return n * 3",
        MAIN,
    ),
    works(
        "name rebound between cells",
        "x = 1",
        "def f(n):\n    return n + x",
        "x = 'later'\nx = 10",
        MAIN,
        has=["x = 10"],
    ),
    works(
        "deleted and made again",
        "K = 1\ndel K\nK = 4",
        "def main(tt, n):\n    return K",
        has=["K = 4"],
    ),
    works(
        "walrus at the top level",
        "if (K := 7) > 2:\n    pass",
        "def main(tt, n):\n    return n + K",
        has=["K = 7"],
    ),
    works(
        "match over cell classes",
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int",
        "def f(n):\n    match P(n, 2):\n        case P(x=0):\n            return 'no'\n"
        "        case P(x, y) if x > y:\n            return x, y\n"
        "        case _:\n            return None",
        MAIN,
    ),
    works(
        "async helper",
        "import asyncio",
        "async def inner(n):\n    await asyncio.sleep(0)\n    return n * 2",
        "async def f(n):\n    return [x async for x in gen(n)], await inner(n)",
        "async def gen(n):\n    for i in range(n):\n        yield i",
        "def main(tt, n):\n    return asyncio.new_event_loop().run_until_complete(f(n))",
    ),
    works(
        "functools cache",
        "import functools\n@functools.cache\ndef f(n):\n"
        "    return n if n < 2 else f(n - 1) + f(n - 2)",
        MAIN,
    ),
    works(
        "cached property",
        "from functools import cached_property\nclass A:\n    def __init__(self, n):\n"
        "        self.n = n\n    @cached_property\n    def twice(self):\n"
        "        return 2 * self.n",
        "def main(tt, n):\n    return A(n).twice",
    ),
    works(
        "default factory of a cell",
        "from dataclasses import dataclass, field\ndef start():\n    return [1]",
        "@dataclass(order=True)\nclass P:\n    x: int = 0\n"
        "    y: list = field(default_factory=start)\n"
        "    z: dict = field(default_factory=lambda: {'k': start()})",
        "def main(tt, n):\n    return P(n).y, P(n).z, P(1) < P(2)",
    ),
    works(
        "class attributes of other cells' constants",
        "A = 1\nB = [A]",
        "class C:\n    a = A\n    b = B\n    c: int = A + 1",
        "def main(tt, n):\n    C.b.append(n)\n    return C.a, B[:1], C.c, C.b is B",
    ),
    works(
        "super in three levels",
        "class A:\n    def v(self):\n        return ['A']",
        "class B(A):\n    def v(self):\n        return [*super().v(), 'B']",
        "class C(B):\n    def v(self):\n        return [*super(C, self).v(), 'C']",
        "def main(tt, n):\n    return C().v()",
    ),
    works(
        "slots",
        "class A:\n    __slots__ = ('x', 'y')\n    def __init__(self, x):\n"
        "        self.x = x",
        "class B:\n    __slots__ = ('z',)",
        "def main(tt, n):\n    b = B()\n    b.z = A(n)\n    return b.z.x",
    ),
    works(
        "dataclass with slots",
        "from dataclasses import dataclass\n@dataclass(slots=True, frozen=True)\n"
        "class P:\n    x: int\n    def double(self):\n        return self.x * 2",
        "def main(tt, n):\n    return P(n).double(), hash(P(n)) == hash(P(n))",
    ),
    works(
        "properties with setters",
        "class A:\n    @property\n    def v(self):\n        return self._v\n"
        "    @v.setter\n    def v(self, x):\n        self._v = x + 1\n"
        "    @v.deleter\n    def v(self):\n        del self._v",
        "def main(tt, n):\n    a = A()\n    a.v = n\n    return a.v",
    ),
    works(
        "metaclass",
        "class Meta(type):\n    def __new__(mcs, name, bases, ns, **kw):\n"
        "        ns['made'] = name.lower()\n"
        "        return super().__new__(mcs, name, bases, ns)",
        "class A(metaclass=Meta, k=1):\n    v = 1",
        "def main(tt, n):\n    return A.made, A.v",
        needs_hook=True,
    ),
    works(
        "metaclass over methods",
        "class Meta(type):\n    def __len__(cls):\n        return 4",
        "class A(metaclass=Meta):\n    def v(self):\n        return len(type(self))",
        "def main(tt, n):\n    return A().v()",
    ),
    works(
        "init subclass",
        "class Base:\n    known = {}\n    def __init_subclass__(cls, tag='', **kw):\n"
        "        super().__init_subclass__(**kw)\n        Base.known[tag] = cls.__name__",
        "class A(Base, tag='a'):\n    def m(self):\n        return self.known['a']",
        "def main(tt, n):\n    return A().m()",
    ),
    works(
        "generic class",
        "from typing import Generic, TypeVar\nT = TypeVar('T', bound=int)",
        "class Box(Generic[T]):\n    def __init__(self, v: T) -> None:\n"
        "        self.v = v\n    def get(self) -> T:\n        return self.v",
        "def main(tt, n):\n    return Box[int](n).get()",
        has=["T = TypeVar('T', bound=int)"],
    ),
    works(
        "protocol",
        "from typing import Protocol, runtime_checkable\n@runtime_checkable\n"
        "class Sized2(Protocol):\n    def size(self) -> int: ...",
        "class A:\n    def size(self):\n        return 2",
        "def main(tt, n):\n    return isinstance(A(), Sized2)",
    ),
    works(
        "overload",
        "from typing import overload\n@overload\ndef f(n: int) -> int: ...\n"
        "@overload\ndef f(n: str) -> str: ...\ndef f(n):\n    return n",
        MAIN,
    ),
    works(
        "mutual recursion across cells through classes",
        "class Tree:\n    def __init__(self, n):\n        self.kids = kids(n)\n"
        "    def count(self):\n        return 1 + sum(map(count, self.kids))",
        "def kids(n):\n    return [Tree(i) for i in range(n)]",
        "def count(tree):\n    return tree.count()",
        "def main(tt, n):\n    return Tree(n).count()",
    ),
    works(
        "counter in two functions",
        "count = 0\ndef up():\n    global count\n    count += 1\n    return count",
        "def f(n):\n    up()\n    return up() - count",
        MAIN,
    ),
    works(
        "nonlocal in a made function",
        "def counter():\n    n = 0\n    def up():\n        nonlocal n\n"
        "        n += 1\n        return n\n    return up",
        "def main(tt, n):\n    up = counter()\n    return up(), up()",
    ),
    works(
        "context manager",
        "from contextlib import contextmanager\n@contextmanager\ndef twice(n):\n"
        "    yield n * 2",
        "class Open:\n    def __enter__(self):\n        return 1\n"
        "    def __exit__(self, *e):\n        return None",
        "def main(tt, n):\n    with twice(n) as t, Open() as o:\n        return t + o",
    ),
    works(
        "generators",
        "def one(n):\n    yield from range(n)\n    return 5",
        "def f(n):\n    got = yield from one(n)\n    yield got",
        "def main(tt, n):\n    return list(f(n))",
    ),
    works(
        "annotations as strings",
        "class Node:\n    def __init__(self, next: 'Node | None' = None) -> 'None':\n"
        "        self.next: 'Node' = next",
        "def main(tt, n: 'int') -> \"list['Node']\":\n    return Node(Node()).next.next",
    ),
    works(
        "future annotations in one cell only",
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass P:\n    x: int\n    kids: list[P]",
        "def main(tt, n):\n    return P(n, [P(1, [])]).kids[0].x",
    ),
    works(
        "unicode names",
        "größe = 2\nπ = 3\nﬁ = 4",
        "def naïve(ñ):\n    return ñ * größe * π + fi",
        "def main(tt, n):\n    return naïve(n), '\U0001f40d é\\u00e9'",
    ),
    works("tabs", "def f(n):\n\tif n:\n\t\treturn n\n\treturn 0", MAIN),
    works("carriage returns", "K = 2\r\ndef f(n):\r\n    return n + K\r\n", MAIN),
    works(
        "line continuation",
        "K = 1 + \\\n    2",
        "def f(n,\n      k=\\\nK):\n    return n + \\\n        k",
        MAIN,
    ),
    works(
        "form feed",
        "K = 1\n\x0c\ndef f(n):\n    return n + K\n\x0c\nL = 2",
        MAIN,
        needs_hook=True,
    ),
    works(
        "form feed in a string",
        "def f(n):\n    return '''a\x0cb\x1cc\u2028d\x85e''', n\n",
        MAIN,
        needs_hook=True,
    ),
    works(
        "long text",
        "TEXT = 'word ' * 400",
        "def main(tt, n):\n    return len(TEXT)",
    ),
    works(
        "name of the module",
        "def main(tt, n):\n    return bool(__name__) and __doc__ is None or n",
    ),
    works(
        "print overridden",
        "def print(*a):\n    return 'mine', a",
        "def main(tt, n):\n    return print(n)",
        has=["def print"],
    ),
    works(
        "print replaced by a partial",
        "import functools\nprint = functools.partial(max, 2)",
        "def main(tt, n):\n    return print(n)",
    ),
    works(
        "capture with a name",
        "%%capture out\nK = 6\ndef f(n):\n    return n * K",
        MAIN,
    ),
    works(
        "time magic",
        "%%time\ndef f(n):\n    return n * 2\nclass A:\n    v = 1\ng = lambda n: -n",
        "def main(tt, n):\n    return f(n), A.v, g(n)",
        needs_hook=True,
    ),
    works(
        "shell lines",
        "!ls > /dev/null\nfiles = !echo a\ndef f(n):\n    return n",
        MAIN,
        lacks=["get_ipython"],
    ),
    works(
        "await at the top level",
        "import asyncio\nasync def later(n):\n    return n",
        "K = await later(4)\ndef f(n):\n    return n + K",
        MAIN,
        has=["K = 4"],
    ),
    works(
        "lambda constant",
        "f = lambda x: x + 1",
        MAIN,
        has=["f = lambda x: x + 1"],
    ),
    works(
        "lambda over globals",
        "K = 3\ndef g(x):\n    return x * K",
        "f = lambda x, k=K: g(x) + k",
        MAIN,
        has=["f = lambda x, k=K: g(x) + k"],
    ),
    works(
        "lambda as a key",
        "by_len = lambda s: (len(s), s)",
        "def main(tt, n):\n    return sorted(['bb', 'a', 'aa'], key=by_len)",
    ),
    works(
        "single dispatch with cases of other cells",
        "import functools\n@functools.singledispatch\ndef f(n):\n    return 'any'",
        "@f.register\ndef _(n: int):\n    return K, -n",
        "K = 2\n@f.register(str)\ndef of_text(n):\n    return 'text'",
        "def main(tt, n):\n    return f(n), f('a'), f(None)",
        has=["@f.register\n"],
    ),
    works(
        "executor with mixins of other cells",
        "from abc import ABC, abstractmethod\nclass Runs(ABC):\n    @abstractmethod\n"
        "    def run(self, n): ...",
        "class Logs:\n    def log(self, x):\n        return ('log', x)",
        "class main(Logs, Runs):\n    def __new__(cls, tt, n):\n"
        "        return object.__new__(cls).run(n)\n"
        "    def run(self, n):\n        return self.log(n)",
    ),
    works(
        "star arguments and keyword-only helpers",
        "def f(*args, k=1, **more):\n    return args, k, more",
        "def main(tt, n):\n    return f(n, 2, k=3, z=4)",
    ),
    works(
        "method assigned in the body",
        "def shared(self):\n    return self.v",
        "class A:\n    v = 3\n    get = shared\n    same = property(shared)",
        "def main(tt, n):\n    return A().get(), A().same",
    ),
    works(
        "exception groups of a chain",
        "class E(Exception):\n    pass",
        "class F(E):\n    def __init__(self, n):\n        super().__init__(n)",
        "def f(n):\n    try:\n        raise F(n) from KeyError(1)\n"
        "    except (E, OSError) as e:\n        return e.args, type(e.__cause__).__name__",
        MAIN,
    ),
    works(
        "class used in its own body's default",
        "class A:\n    def make(self, other=None):\n        return A if other is None "
        "else other\n    class B:\n        def up(self):\n            return A",
        "def main(tt, n):\n    return A().make().B().up().__name__",
    ),
    works(
        "strings in f-strings",
        "W = 4",
        "def main(tt, n):\n    return f'{n:>{W}}|{W!r}|{[x for x in range(W)]}'",
        has=["W = 4"],
    ),
    works(
        "del inside",
        "x = 1",
        "def main(tt, n):\n    y = x\n    del y\n    return x",
    ),
    works(
        "name in a nested class only",
        "K = 2",
        "class A:\n    class B:\n        class C:\n            k = K",
        "def main(tt, n):\n    return A.B.C.k",
    ),
    works(
        "hidden names of a class",
        "class A:\n    __k = 2\n    def get(self):\n        return self.__k + __free",
        "_A__free = 3",
        "def main(tt, n):\n    return A().get()",
        has=["_A__free = 3"],
    ),
    works(
        "module reloaded by another name",
        "import collections.abc\nimport collections as c\nfrom os import path",
        "def main(tt, n):\n    return c.abc.Sized.__name__, path.join('a'), "
        "collections.abc is c.abc",
    ),
    works(
        "keyword argument named as a live object",
        "import threading\nconn = threading.Lock()",
        "def f(n, conn=None):\n    return dict(conn=n)",
        MAIN,
    ),
    works(
        "statement between definitions",
        "def f(n):\n    return n; f.x = 1\nx = 1; y = 2",
        MAIN,
    ),
    works(
        "one-line definitions",
        "class A: v = 1\ndef f(n): return n + A.v",
        MAIN,
    ),
    works(
        "definitions behind a semicolon",
        "x = 1; f = lambda n: n + x",
        MAIN,
    ),
    works(
        "comment and text at odd columns",
        "def f(n):\n    t = '''\nzero\n  two\n'''\n# a comment at the margin\n    return t",
        MAIN,
    ),
    works(
        "indented definition with text at the margin",
        "if True:\n    def f(n):\n        return '''\nmargin\n'''",
        MAIN,
    ),
    refused(
        "monkeypatched method",
        "CaptureError",
        "class A:\n    def m(self):\n        return 1",
        "def other(self):\n    return 2\nA.m = other",
        "def main(tt, n):\n    return A().m()",
        says=["A.m"],
    ),
    refused(
        "monkeypatched value",
        "CaptureError",
        "class A:\n    k = 1\n    def m(self):\n        return 1",
        "A.k = 2",
        "def main(tt, n):\n    return A.k",
        says=["A.k"],
    ),
    refused(
        "monkeypatched code",
        "CaptureError",
        "def f(n, k=1):\n    return k",
        "f.__defaults__ = (5,)",
        MAIN,
        says=["default"],
    ),
    refused(
        "awaitable left by a cell",
        "CaptureError",
        "async def later():\n    return 1\nx = later()",
        "def main(tt, n):\n    return x",
        "x.close()",
        says=["coroutine"],
    ),
    refused(
        "open file",
        "CaptureError",
        "import os\nlog = open(os.devnull)",
        "def main(tt, n):\n    return log.name",
        "log.close()",
        says=["'log'"],
    ),
    refused(
        "generator object",
        "CaptureError",
        "g = (x for x in range(3))",
        "def main(tt, n):\n    return next(g)",
        says=["generator"],
    ),
    refused(
        "older helper under a new name",
        "CaptureError",
        "def f(n):\n    return 1",
        "g = f",
        "def f(n):\n    return 2",
        "def main(tt, n):\n    return g(n)",
        says=["'g'"],
    ),
)
