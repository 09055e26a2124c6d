"""The notebooks that the tests run: what works, and what is refused and why."""

# ruff: noqa: E501 - the cells are data

from __future__ import annotations

from tests.source.corpus_attacks import ATTACKS
from tests.source.corpus_constants import CONSTANTS
from tests.source.corpus_habits import HABITS
from tests.source.corpus_state import STATE
from tests.source.notebooks import refused, works

MAIN = "def main(tt, n):\n    return f(n)\n"

WORKING = (
    works(
        "attributes of members that the class sets",
        "import enum\nclass E(enum.Enum):\n    A = 1\n"
        "    def __init__(self, n):\n        self.label = str(n)",
        "def main(tt, n):\n    return E.A.label",
    ),
    works(
        "subclasses that are named",
        "class A:\n    pass\nclass B(A):\n    pass\nKNOWN = [B]",
        "def main(tt, n):\n    return [e.__name__ for e in A.__subclasses__()], KNOWN[0].__name__",
    ),
    works(
        "annotations of names that are nowhere",
        "def f(n: 'Nowhere', *a: 'nowhere.At'):\n    x: Nothing = n\n    return x",
        MAIN,
        has=["'Nowhere'"],
    ),
    works("alone", "def main(tt, n):\n    return n + 1"),
    works("helper", "def f(n):\n    return n * 2", MAIN, has=["def f("]),
    works("helper below", MAIN, "def f(n):\n    return n * 2"),
    works("module", "import math", "def main(tt, n):\n    return math.sqrt(n)"),
    works(
        "module alias",
        "import os.path as p",
        "def main(tt, n):\n    return p.join('a', str(n))",
        has=["import os.path as p"],
    ),
    works(
        "submodule by dots",
        "import xml.etree.ElementTree",
        "def main(tt, n):\n"
        "    return xml.etree.ElementTree.fromstring(f'<a n=\"{n}\"/>').attrib",
        has=["import xml.etree.ElementTree\n"],
    ),
    works(
        "from import alias",
        "from collections import OrderedDict as OD",
        "def main(tt, n):\n    return OD(a=n)",
        has=["from collections import OrderedDict as OD"],
    ),
    works(
        "bound method of a module",
        "from random import Random, seed",
        "def main(tt, n):\n    seed(n)\n    return Random(n).random()",
    ),
    works(
        "object without a module",
        "from os import environ",
        "def main(tt, n):\n    return len(environ) > 0",
        has=["from os import environ"],
    ),
    works("builtin alias", "say = abs", "def main(tt, n):\n    return say(-n)"),
    works("constant", "K = 3", "def main(tt, n):\n    return n + K", has=["K = 3\n"]),
    works(
        "constants",
        "A = (1,)\nB = {'x': [None, True], 'y': {2, 1}}\nC = b'z'\n"
        "D = frozenset({3})\nE = float('inf')\nF = set()\nG = -0.0\nH = 2 + 1j",
        "def main(tt, n):\n    return A, sorted(B), B['y'] == {1, 2}, C, D, E, F, G, H",
    ),
    works(
        "not a number",
        "X = float('nan')",
        "def main(tt, n):\n    return X != X",
        has=["X = float('nan')"],
    ),
    works(
        "two names of one list",
        "a = []\nb = a",
        "def main(tt, n):\n    a.append(n)\n    return b[-1:]",
        has=["= a\n"],
    ),
    works(
        "long constant",
        "WORDS = " + repr([f"word{i}" for i in range(30)]),
        "def main(tt, n):\n    return WORDS[n]",
    ),
    works(
        "enum member as constant",
        "import enum\nclass Color(enum.Enum):\n    RED = 1\n    BLUE = 2",
        "C = Color.BLUE",
        "def main(tt, n):\n    return C.name",
        has=["C = Color.BLUE"],
    ),
    works(
        "flag",
        "from enum import Flag\nclass P(Flag):\n    R = 1\n    W = 2\nRW = P.R | P.W",
        "def main(tt, n):\n    return RW.value",
    ),
    works("recursion", "def main(tt, n):\n    return n and n + main(tt, n - 1)"),
    works(
        "cycle",
        "def even(n):\n    return n == 0 or odd(n - 1)",
        "def odd(n):\n    return n != 0 and even(n - 1)",
        "def main(tt, n):\n    return even(n)",
    ),
    works(
        "cycle of classes",
        "class A:\n    def sub(self):\n        return B()",
        "class B(A):\n    pass",
        "def main(tt, n):\n    return type(A().sub()).__name__",
    ),
    works(
        "bases from other cells",
        "class Mix:\n    def half(self):\n        return 2",
        "class Base:\n    def __init__(self, n):\n        self.n = n",
        "class Both(Mix, Base):\n    pass",
        "def main(tt, n):\n    return Both(n).n / Both(n).half()",
    ),
    works(
        "dataclass of fields only",
        "from dataclasses import dataclass, field",
        "@dataclass\nclass P:\n    x: int\n    y: list = field(default_factory=list)",
        "def main(tt, n):\n    return P(n).y, P(n).x",
    ),
    works(
        "named tuple",
        "from typing import NamedTuple",
        "class P(NamedTuple):\n    x: int\n    y: int = 4",
        "def main(tt, n):\n    return tuple(P(n))",
    ),
    works(
        "typed dict",
        "from typing import TypedDict",
        "class P(TypedDict):\n    x: int",
        "def main(tt, n):\n    return P(x=n)",
    ),
    works(
        "exception",
        "class Wrong(ValueError):\n    '''No.'''",
        "def main(tt, n):\n    try:\n        raise Wrong(n)\n"
        "    except Wrong as e:\n        return e.args",
    ),
    works(
        "abstract class",
        "from abc import ABC, abstractmethod",
        "class A(ABC):\n    @abstractmethod\n    def f(self): ...",
        "class B(A):\n    def f(self):\n        return 5",
        "def main(tt, n):\n    return B().f()",
    ),
    works(
        "properties and static methods",
        "class A:\n    K = 2\n    @property\n    def two(self):\n"
        "        return self.K\n"
        "    @staticmethod\n    def g(n):\n        return n\n"
        "    @classmethod\n    def make(cls):\n        return cls()",
        "def main(tt, n):\n    return A.make().two, A.g(n)",
    ),
    works(
        "nested class",
        "class A:\n    class In:\n        v = 1",
        "def main(tt, n):\n    return A.In.v",
    ),
    works(
        "class attribute from a constant",
        "N = 4",
        "class A:\n    N = N\n    M = [N for _ in range(2)]",
        "def main(tt, n):\n    return A.N, A.M",
    ),
    works(
        "class as executor",
        "K = 2",
        "class main:\n    def __new__(cls, tt, n):\n        return n + K",
    ),
    works(
        "decorator with wraps",
        "import functools",
        "def twice(f):\n    @functools.wraps(f)\n    def w(*a):\n"
        "        return 2 * f(*a)\n    return w",
        "@twice\ndef f(n):\n    return n",
        MAIN,
        has=["@twice\ndef f"],
    ),
    works(
        "decorator without wraps",
        "def twice(f):\n    def w(*a):\n        return 2 * f(*a)\n    return w",
        "@twice\ndef f(n):\n    return n",
        MAIN,
        has=["@twice\ndef f"],
    ),
    works(
        "cached",
        "import functools",
        "@functools.lru_cache(maxsize=None)\ndef f(n):\n    return n",
        MAIN,
        has=["lru_cache"],
    ),
    works(
        "wraps something else",
        "import functools\ndef g(n):\n    return 0",
        "@functools.wraps(g)\ndef f(n):\n    return n + g(n)",
        MAIN,
    ),
    works(
        "decorated executor",
        "def deco(f):\n    f.mark = 1\n    return f",
        "@deco\ndef main(tt, n):\n    return n",
        has=["@deco\ndef main"],
    ),
    works("default", "K = 7", "def f(n, k=K):\n    return n + k", MAIN),
    works(
        "annotations",
        "from typing import Optional",
        "class T:\n    pass",
        "def main(tt, n: int, t: Optional[T] = None) -> 'T | None':\n    return t",
        has=["class T"],
    ),
    works(
        "literal annotation",
        "from typing import Literal, Annotated",
        "def main(tt, n, k: Literal['no_name'] = 'no_name',\n"
        "         a: Annotated[int, 'some words'] = 1):\n    return k",
    ),
    works(
        "future annotations",
        "from __future__ import annotations\ndef main(tt, n: int) -> list[int]:\n"
        "    return [n]",
        has=["from __future__ import annotations"],
    ),
    works(
        "type checking only",
        "from __future__ import annotations\nfrom typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from decimal import Decimal",
        "from __future__ import annotations\ndef main(tt, n: Decimal):\n    return n",
        has=["if TYPE_CHECKING:\n    from decimal import Decimal"],
    ),
    works(
        "comprehensions",
        "xs = [1, 2]\ny = 3",
        "def main(tt, n):\n    return [x * y for x in xs if x], {x: y for x in xs}, "
        "sum(z for x in xs for z in [x, n])",
        lacks=["\nx = "],
    ),
    works(
        "local shadows a live object",
        "import threading\nlock = threading.Lock()",
        "def main(tt, n):\n    lock = n\n    return lock",
        lacks=["threading"],
    ),
    works(
        "nested functions",
        "K = 1",
        "def main(tt, n):\n    m = n\n    def g(x):\n        nonlocal m\n"
        "        m += x + K\n        return m\n    return g(1), (lambda q: q + K)(2)",
    ),
    works(
        "global counter",
        "count = 0",
        "def main(tt, n):\n    global count\n    count += n\n    return count > 0",
        has=["count = "],
    ),
    works(
        "global made by the function",
        "def main(tt, n):\n    global fresh\n    fresh = n\n    return fresh",
    ),
    works(
        "shadowed builtin",
        "def sum(xs):\n    return 'mine'",
        "def main(tt, n):\n    return sum([n])",
        has=["def sum"],
    ),
    works(
        "magics and shell lines",
        "%time pass\n!true\ndef f(n):\n    return n",
        MAIN,
        lacks=["get_ipython"],
    ),
    works("capture", "%%capture\ndef f(n):\n    return n + 1", MAIN),
    works(
        "top-level calls stay",
        "def f(n):\n    return n\nprint('called')\nf(1)",
        MAIN,
        lacks=["called"],
    ),
    works(
        "main guard stays",
        "def f(n):\n    return n\nif __name__ == '__main__':\n    X = f(2)",
        MAIN,
        lacks=["__main__"],
    ),
    works("defined twice", "def f(n):\n    return 1", "def f(n):\n    return 2", MAIN),
    works(
        "class defined twice",
        "class A:\n    v = 1",
        "class A:\n    v = 2",
        "def main(tt, n):\n    return A.v",
        has=["v = 2"],
        lacks=["v = 1"],
    ),
    works(
        "class defined twice in a cell",
        "class A:\n    v = 1\nclass A:\n    v = 2",
        "def main(tt, n):\n    return A.v",
        lacks=["v = 1"],
    ),
    works(
        "same fields, another type",
        "from dataclasses import dataclass",
        "@dataclass\nclass A:\n    v: int",
        "@dataclass\nclass A:\n    v: str",
        "def main(tt, n):\n    return A.__annotations__['v'].__name__",
        has=["v: str"],
        needs_hook=True,
    ),
    works(
        "below an if",
        "if True:\n    def f(n):\n        return n\n"
        "else:\n    def f(n):\n        return 0",
        MAIN,
    ),
    works("another name", "def g(n):\n    return n", "f = g", MAIN, has=["f = g"]),
    works(
        "generator as helper",
        "def f(n):\n    yield n",
        "def main(tt, n):\n    return list(f(n))",
    ),
    works(
        "try, with, match",
        "import io",
        "def main(tt, n):\n    with io.StringIO() as s:\n        s.write('a')\n"
        "    match n:\n        case int() as k:\n            return k\n"
        "        case [a, *rest]:\n            return rest",
    ),
    works(
        "walrus",
        "def main(tt, n):\n    return [y for x in [n] if (y := x)], y",
    ),
    works(
        "third party",
        "import yaml",
        "def main(tt, n):\n    return yaml.safe_load(str(n))",
    ),
    works(
        "unused", "junk = object()", "def main(tt, n):\n    return n", lacks=["junk"]
    ),
    works(
        "indented string",
        "def f(n):\n    text = '''a\n  b\n'''\n    return text * n",
        MAIN,
    ),
)

REFUSED = (
    refused(
        "live object",
        "CaptureError",
        "import threading\nlock = threading.Lock()",
        "def main(tt, n):\n    with lock:\n        return n",
        says=["'lock'", "_thread.lock", "with lock:", "input", "custom"],
    ),
    refused(
        "missing",
        "UndefinedNameError",
        "def main(tt, n):\n    return lenght(n)",
        says=["'lenght'", "return lenght(n)"],
    ),
    refused(
        "nearest name",
        "UndefinedNameError",
        "def helper(n):\n    return n",
        "def main(tt, n):\n    return helpr(n)",
        says=["Did you mean 'helper'?"],
    ),
    refused(
        "deleted",
        "UndefinedNameError",
        "K = 1\ndef f(n):\n    return K",
        MAIN,
        "del K",
        says=["'K'", "f uses it"],
    ),
    refused(
        "closure",
        "CaptureError",
        "def make(k):\n    def f(n):\n        return n + k\n    return f\nf = make(2)",
        MAIN,
        says=["'f'", "inside another function"],
    ),
    refused(
        "closure as executor",
        "CaptureError",
        "def make(k):\n    def main(tt, n):\n        return n + k\n    return main\n"
        "main = make(2)",
        says=["'k'", "local of the function around it"],
    ),
    refused("lambda", "AuthoringError", "main = lambda tt, n: n", says=["lambda"]),
    refused(
        "lambda helper",
        "CaptureError",
        "f, g = lambda n: n, lambda n: 2",
        MAIN,
        says=["def f"],
    ),
    refused(
        "async",
        "AuthoringError",
        "async def main(tt, n):\n    return n",
        says=["async"],
    ),
    refused(
        "generator",
        "AuthoringError",
        "def main(tt, n):\n    yield n",
        says=["generator"],
    ),
    refused("builtin", "AuthoringError", "main = len", says=["builtin"]),
    refused(
        "partial",
        "AuthoringError",
        "import functools\nmain = functools.partial(print)",
        says=["partial"],
    ),
    refused(
        "method",
        "AuthoringError",
        "class A:\n    def m(self, tt, n):\n        return n\nmain = A().m",
        says=["method"],
    ),
    refused(
        "star",
        "AuthoringError",
        "from math import *",
        "def main(tt, n):\n    return sqrt(n)",
        says=["from math import sqrt"],
    ),
    refused(
        "magic inside",
        "UndefinedNameError",
        "def main(tt, n):\n    !ls\n    return n",
        says=["magic", "subprocess"],
    ),
    refused(
        "display",
        "UndefinedNameError",
        "def main(tt, n):\n    display(n)",
        says=["IPython.display"],
    ),
    refused(
        "exec",
        "SourceError",
        "exec('def f(n):\\n    return n')",
        MAIN,
        says=["not available"],
    ),
    refused(
        "large",
        "CaptureError",
        "X = list(range(100000))",
        "def main(tt, n):\n    return X[n]",
        says=["larger than"],
    ),
    refused(
        "holds itself",
        "CaptureError",
        "X = []\nX.append(X)",
        "def main(tt, n):\n    return X",
        says=["holds itself"],
    ),
    refused(
        "wrapped by a call",
        "CaptureError",
        "import functools\ndef g(n):\n    return n\nf = functools.lru_cache(g)",
        MAIN,
        says=["decorator"],
    ),
    refused(
        "attribute of a function",
        "CaptureError",
        "def f(n):\n    return f.k\nf.k = 2",
        MAIN,
        says=["f.k"],
    ),
    refused(
        "attribute of a class",
        "CaptureError",
        "class A:\n    def m(self):\n        return 1\nA.late = 2",
        "def main(tt, n):\n    return A.late",
        says=["A.late"],
    ),
    refused(
        "list of a class",
        "CaptureError",
        "class A:\n    items = []\n    def all(self):\n        return self.items\nA.items.append(1)",
        "def main(tt, n):\n    return A().all()",
        says=["A.items", "Write it in the class"],
    ),
    refused(
        "registry of a base",
        "CaptureError",
        "class A:\n    known = []\n    def __init_subclass__(cls):\n"
        "        registry(cls)\ndef registry(cls):\n    A.known.append(cls.__name__)\n"
        "class B(A):\n    pass",
        "def main(tt, n):\n    return A.known",
        says=["A.known"],
    ),
    refused(
        "subclasses",
        "CaptureError",
        "class A:\n    pass\nclass B(A):\n    pass",
        "def main(tt, n):\n    return [each.__name__ for each in A.__subclasses__()]",
        says=["'B'", "__subclasses__", "list of the classes"],
    ),
    refused(
        "attribute of a decorated function",
        "CaptureError",
        "import functools\n@functools.lru_cache\ndef f(n):\n    return n\nf.k = 2",
        "def main(tt, n):\n    return f(n) + f.k",
        says=["f.k"],
    ),
    refused(
        "attribute of a member",
        "CaptureError",
        "import enum\nclass E(enum.Enum):\n    A = 1\nE.A.label = 'a'",
        "def main(tt, n):\n    return E.A.label",
        says=["E.A.label"],
    ),
    refused(
        "older base",
        "CaptureError",
        "class A:\n    def v(self):\n        return 1",
        "class B(A):\n    def w(self):\n        return 2",
        "class A:\n    def v(self):\n        return 3",
        "def main(tt, n):\n    return B().v()",
        says=["earlier A", "cell of B"],
    ),
    refused(
        "older default",
        "CaptureError",
        "K = 1",
        "def f(n, k=K):\n    return k",
        "K = 2",
        MAIN,
        says=["earlier 'K'"],
    ),
    refused(
        "secret",
        "SecretInSourceError",
        "TOKEN = 'hunter2-secret'",
        "def main(tt, n):\n    return TOKEN",
        says=["'TOKEN'", "secret_requests"],
    ),
    refused(
        "secret in the code",
        "SecretInSourceError",
        "def main(tt, n):\n    return 'https://hunter2-secret@host'",
        says=["'main'"],
    ),
    refused(
        "secret beside a live object",
        "CaptureError",
        "import threading\nlock = threading.Lock()",
        "def main(tt, n):\n    return lock, 'hunter2-secret'",
        says=["***"],
    ),
    refused(
        "file of the script",
        "UndefinedNameError",
        "def main(tt, n):\n    return __file__",
        says=["__file__"],
    ),
)

NOTEBOOKS = (*WORKING, *REFUSED, *ATTACKS, *CONSTANTS, *HABITS, *STATE)
