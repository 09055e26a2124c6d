"""What people write in notebooks every day, and some of it twice a day."""

# ruff: noqa: E501 - the cells are data

from __future__ import annotations

from tests.source.notebooks import refused, works

HABITS = (
    refused(
        "live default",
        "CaptureError",
        "import threading\nL = threading.Lock()\ndef f(n, k=L):\n    return n",
        "def main(tt, n):\n    return f(n)\n",
        says=["'L'", "k=L"],
    ),
    works(
        "class getitem",
        "class A:\n    def __class_getitem__(cls, k):\n        return k\nX = A[3]",
        "def main(tt, n):\n    return A[n], X",
    ),
    works(
        "alias shadows module",
        "import json\nloads = json.loads\ndef json(x):\n    return loads(x)",
        "def main(tt, n):\n    return json(str(n))",
    ),
    works("format spec", "w = 5", "def main(tt, n):\n    return f'{n:{w}.{w-1}f}'"),
    works(
        "dataclass inheritance",
        "from dataclasses import dataclass, field\nD = 4\n@dataclass\nclass A:\n    x: int = D",
        "@dataclass\nclass B(A):\n    y: list = field(default_factory=lambda: [D])",
        "def main(tt, n):\n    return B().y, B(n).x",
    ),
    works(
        "function in a loop",
        "for k in range(2):\n    def f(n):\n        return n + 1\nwith open('/dev/null') as fh:\n    def g(n):\n        return n",
        "def main(tt, n):\n    return f(n) + g(n)",
    ),
    works(
        "total ordering",
        "import functools\n@functools.total_ordering\nclass A:\n    def __init__(self, v):\n        self.v = v\n    def __eq__(self, o):\n        return self.v == o.v\n    def __lt__(self, o):\n        return self.v < o.v",
        "def main(tt, n):\n    return A(1) <= A(n)",
    ),
    works(
        "static method at top",
        "@staticmethod\ndef f(n):\n    return n",
        "def main(tt, n):\n    return f(n)\n",
    ),
    refused(
        "callable object",
        "CaptureError",
        "class Add:\n    def __init__(self, k):\n        self.k = k\n    def __call__(self, n):\n        return n + self.k\nf = Add(2)",
        "def main(tt, n):\n    return f(n)\n",
        says=["'f'", "Add"],
    ),
    works(
        "recursive lambda",
        "fact = lambda n: 1 if n < 2 else n * fact(n - 1)",
        "def main(tt, n):\n    return fact(n)",
    ),
    works(
        "long lambda",
        "f = (lambda n:\n     n +\n     1)",
        "def main(tt, n):\n    return f(n)\n",
    ),
    works(
        "two names of a lambda",
        "f = g = lambda n: n",
        "def main(tt, n):\n    return f(n), g(n)",
    ),
    refused(
        "lambda in dict",
        "CaptureError",
        "D = {'a': lambda n: n + 1}",
        "def main(tt, n):\n    return D['a'](n)",
        says=["'D'", "<lambda>"],
    ),
    refused(
        "shadowed set",
        "CaptureError",
        "X = set()\nY = float('inf')\nset = 3",
        "def main(tt, n):\n    return X, set, Y",
        says=["'set'", "something else"],
    ),
    refused(
        "shadowed float late",
        "CaptureError",
        "Y = float('inf')\nfloat = 3",
        "def main(tt, n):\n    return Y, float",
        says=["'float'"],
    ),
    works(
        "enum auto methods",
        "import enum\nclass E(enum.Enum):\n    A = enum.auto()\n    B = enum.auto()\n    @property\n    def low(self):\n        return self.name.lower()\nD = {E.A: 1}",
        "def main(tt, n):\n    return E.B.low, D[E.A], E(2).name",
    ),
    works(
        "intflag rest",
        "import enum\nclass F(enum.IntFlag):\n    A = 1\n    B = 2\nX = F.A | F.B | 8",
        "def main(tt, n):\n    return int(X), X",
    ),
    works(
        "class cell",
        "class A:\n    def f(self):\n        return __class__.__name__",
        "def main(tt, n):\n    return A().f()",
    ),
    works(
        "class own name inside",
        "class A:\n    A = 1\n    def f(self):\n        return A.A",
        "def main(tt, n):\n    return A().f()",
    ),
    works(
        "looked up by globals", "def main(tt, n):\n    return '__name__' in globals()"
    ),
    works(
        "looked up by vars",
        "import math",
        "def main(tt, n):\n    return vars(math)['pi']",
    ),
    works(
        "looked up by sys.modules",
        "import sys",
        "def main(tt, n):\n    return getattr(sys.modules['sys'], 'byteorder')",
    ),
    works(
        "looked up by import_module",
        "from importlib import import_module",
        "def main(tt, n):\n    return import_module('math').pi",
    ),
    works("eval", "K = 2", "def main(tt, n):\n    return eval('n + 1')"),
    works(
        "global in class",
        "class A:\n    global G\n    G = 5",
        "def main(tt, n):\n    A()\n    return G",
    ),
    works(
        "tuple targets",
        "A, (B, *C) = 1, (2, 3, 4)",
        "def main(tt, n):\n    return A, B, C",
    ),
    works(
        "submodule alias",
        "import numpy as np",
        "def main(tt, n):\n    return float(np.linalg.norm([3, 4]))",
    ),
    refused(
        "decorator factory method",
        "CaptureError",
        "class Reg:\n    def __init__(self):\n        self.d = {}\n    def add(self, k):\n        def deco(f):\n            self.d[k] = f\n            return f\n        return deco\nreg = Reg()",
        "@reg.add('x')\ndef f(n):\n    return n",
        "def main(tt, n):\n    return f(n)\n",
        says=["'reg'", "reg.add"],
    ),
    refused(
        "contextvars",
        "CaptureError",
        "import contextvars\nV = contextvars.ContextVar('V', default=3)",
        "def main(tt, n):\n    return V.get()",
        says=["'V'"],
    ),
    works(
        "property object",
        "class A:\n    def __init__(self):\n        self._x = 1\n    x = property(lambda self: self._x)",
        "def main(tt, n):\n    return A().x",
    ),
    works(
        "class with lambda attr and no def",
        "class A:\n    f = lambda self: 3\n    g = staticmethod(lambda n: n)",
        "def main(tt, n):\n    return A().f() + A.g(n)",
    ),
    works(
        "nested def default",
        "K = 3",
        "def main(tt, n):\n    def g(x=K):\n        return x\n    return g()",
    ),
    works(
        "try star import name",
        "try:\n    import tomllib\nexcept ImportError:\n    tomllib = None",
        "def main(tt, n):\n    return tomllib is None or n",
    ),
    works(
        "none fallback",
        "try:\n    import no_such\nexcept ImportError:\n    no_such = None",
        "def main(tt, n):\n    return no_such is None",
    ),
    works(
        "exception in namedtuple",
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int\n    def double(self):\n        return self.x * 2\n    @classmethod\n    def make(cls):\n        return cls(1)",
        "Q = P(5)",
        "def main(tt, n):\n    return Q.double(), P.make()",
    ),
    works(
        "generic protocol typed",
        "from typing import Protocol, TypeVar, Generic\nT = TypeVar('T')\nclass Src(Protocol[T]):\n    def get(self) -> T: ...\nclass A(Generic[T]):\n    x: 'T'",
        "def main(tt, n: Src[int]) -> A[str]:\n    return n",
    ),
    works(
        "weird names",
        "from math import pi as π\nª = 1",
        "def main(tt, n):\n    return round(π), ª",
    ),
    works(
        "pattern match const",
        "class C:\n    RED = 3",
        "def main(tt, n):\n    match n:\n        case C.RED:\n            return 'red'\n    return 'no'",
    ),
    works(
        "annotated constant",
        "X: int = 3\nY: 'list[int]' = [X]",
        "def main(tt, n):\n    return X, Y",
    ),
    works(
        "multiple inheritance of exceptions and slots",
        "class A:\n    __slots__ = 'a',\nclass B(A):\n    __slots__ = {'b': 'doc'}",
        "def main(tt, n):\n    x = B()\n    x.a = n\n    return x.a, B.b.__doc__",
    ),
    works(
        "docstring with backslashes",
        "def f(n):\n    r'''\\d {x} \\N'''\n    return f.__doc__",
        "def main(tt, n):\n    return f(n)\n",
    ),
    works("cell magic html", "%%html\n<b>x</b>", "def main(tt, n):\n    return n\n"),
    works(
        "assert rewriting none",
        "def f(n):\n    assert n, 'no'\n    return n",
        "def main(tt, n):\n    return f(n)\n",
    ),
    works(
        "cache with bound method",
        "import functools\nclass A:\n    @functools.lru_cache(maxsize=8)\n    def f(self, n):\n        return n",
        "def main(tt, n):\n    return A().f(n)",
    ),
    works(
        "conditional constants",
        "import os\nDEBUG = bool(os.environ.get('NOPE'))\nif DEBUG:\n    def f(n):\n        return 0\nelse:\n    f = abs",
        "def main(tt, n):\n    return f(n)\n",
    ),
    works(
        "task in a task",
        "import kit\n@kit.container_task(image='a:1')\ndef other(tt, n: int) -> int:\n    return n + 1",
        "def main(tt, n):\n    return other.function(tt, n)",
    ),
    works(
        "module getattr chain",
        "import os",
        "def main(tt, n):\n    return os.path.sep, os.curdir",
    ),
    works(
        "dict of partial of method",
        "import functools\nJ = functools.partial(str.join, '-')",
        "def main(tt, n):\n    return J(['a','b'])",
    ),
    refused(
        "class redefined in another cell with base",
        "CaptureError",
        "class A:\n    def v(self):\n        return 1",
        "class A(A):\n    def w(self):\n        return 2",
        "def main(tt, n):\n    return A().v()",
        says=["older 'A'"],
    ),
    refused(
        "function redefined using the older",
        "CaptureError",
        "def f(n):\n    return n + 1",
        "g = f\ndef f(n):\n    return g(n) * 2",
        "def main(tt, n):\n    return f(n)\n",
        says=["older 'f'", "names of their own"],
    ),
    refused(
        "wrapped again by hand",
        "CaptureError",
        "import functools\ndef f(n):\n    return n\nf = functools.lru_cache(f)",
        "def main(tt, n):\n    return f(n)\n",
        says=["decorator"],
    ),
    works(
        "starred class attr loop",
        "class A:\n    xs = []\n    for i in range(3):\n        xs.append(i)\n    del i\n    def n(self):\n        return self.xs",
        "def main(tt, n):\n    return A().n()",
    ),
    works(
        "fields loop only",
        "class A:\n    for i in range(3):\n        pass",
        "def main(tt, n):\n    return A.i",
    ),
)
