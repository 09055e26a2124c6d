"""State that was changed after its statement travels as it is, or is named."""

# ruff: noqa: E501 - the cells are data

from __future__ import annotations

from tests.source.notebooks import refused, works

REG = "REG = {}\ndef reg(f):\n    REG[f.__name__] = f\n    return f\n@reg\ndef a():\n    return 1\n@reg\ndef b():\n    return 2"
MUL = "import functools\ndef mul(k):\n    def d(f):\n        @functools.wraps(f)\n        def w(n):\n            return f(n) * k\n        return w\n    return d"
BARE = MUL.replace("        @functools.wraps(f)\n", "")
BASE = "class B:\n    reg = {}\n    def __init_subclass__(cls, key):\n        cls.reg[key] = cls\nclass X(B, key='x'):\n    pass\nclass Y(B, key='y'):\n    pass"


def of_class(expression, change):
    """Return the cells of a class with an attribute, and of a change to it."""
    text = f"import collections\nclass C:\n    x = {expression}\n    def f(self):\n        return self.x"
    return text, change


TRAVELS = {
    "list": ("x = sorted([3, 1])", "x.append(9)", "x"),
    "dict call": ("x = dict(a=1)", "x['b'] = 2", "x"),
    "comprehension": ("x = {i: i for i in range(3)}", "del x[1]", "x"),
    "augmented": ("x = 1", "x += 5", "x"),
    "augmented list": ("x = [1]\ny = x", "x += [5]", "(x, y, x is y)"),
    "made by a function": ("def make():\n    global STATE\n    STATE = {'a': 1}", "make()", "STATE"),
    "registry": (REG, "", "sorted(REG)"),
    "registry, emptied": (REG, "REG.clear()", "(a(), REG)"),
    "registry of names": ("N = []\ndef reg(f):\n    N.append(f.__name__)\n    return f\n@reg\ndef a():\n    return 1", "", "(a(), N)"),
    "registry, defaultdict": ("import collections\nR = collections.defaultdict(list)\ndef reg(f):\n    R['x'].append(f)\n    return f\n@reg\ndef a():\n    return 1", "", "[f() for f in R['x']]"),
    "counting decorator": ("N = 0\ndef reg(f):\n    global N\n    N += 1\n    return f\n@reg\ndef a():\n    return N", "", "a()"),
    "registry of a class": ("class R:\n    reg = {}\n    @classmethod\n    def add(cls, f):\n        cls.reg[f.__name__] = f\n        return f\n@R.add\ndef a():\n    return 1", "", "[f() for f in R.reg.values()]"),
    "init_subclass": (BASE, "", "sorted(B.reg)"),
    "init_subclass, one used": (BASE, "", "(X.__name__, sorted(B.reg))"),
    "metaclass": ("class M(type):\n    reg = []\n    def __init__(cls, *a):\n        super().__init__(*a)\n        M.reg.append(cls.__name__)\nclass X(metaclass=M):\n    pass", "", "M.reg"),
    "class counter": ("class C:\n    n = 0\n    @classmethod\n    def inc(cls):\n        cls.n += 1\n        return cls.n", "C.inc(); C.inc()", "C.inc()"),
    "class attribute is a global": ("D = {}\nclass C:\n    x = D", "C.x['b'] = 1", "(C.x, C.x is D)"),
    "default is a global": ("L = []\ndef f(k=L):\n    return k", "L.append(3)", "(f(), f() is L)"),
    "globals by text": ("x = 5", "", "(globals()['x'], globals().get('x'), 'x' in globals())"),
    "rerun constant": (f"K = 2\n{MUL}\n@mul(K)\ndef f(n):\n    return n", "K = 2", "f(n)"),
    "rerun class": ("class R:\n    pass\ndef f(r: R):\n    return 1", "class R:\n    pass", "f(R())"),
}  # fmt: skip
STAYS = {
    "class sorted": ("C.x", *of_class("sorted([2, 1])", "C.x.append(1)"), "C().f()"),
    "class comprehension": ("C.x", *of_class("[i for i in range(2)]", "C.x.append(1)"), "C().f()"),
    "class dict call": ("C.x", *of_class("dict(a=1)", "C.x['b'] = 1"), "C().f()"),
    "class ordered": ("C.x", *of_class("collections.OrderedDict()", "C.x['b'] = 1"), "C().f()"),
    "class expression": ("C.x", *of_class("1 + 1", "C.x = 7"), "C().f()"),
    "class same cell": ("C.x", "class C:\n    x = print\nC.x = 5", "", "C.x"),
    "dunder": ("C.__len__", "class C:\n    def __len__(self):\n        return 1\nC.__len__ = lambda self: 5", "", "len(C())"),
    "mutable default": ("default of f", "def f(k=[]):\n    k.append(1)\n    return len(k)", "f(); f()", "f()"),
    "mutable default call": ("default of f", "def f(x, k=dict()):\n    k[x] = 1\n    return len(k)", "f(1); f(2)", "f(3)"),
    "function attribute": ("f.x", "def f():\n    return f.x", "setattr(f, 'x', 5)", "f()"),
    "enum member": ("E.A.note", "import enum\nclass E(enum.Enum):\n    A = 1\n    def __init__(self, v):\n        self.note = 'a'\nE.A.note = 'hi'", "", "E.A.note"),
    "subclasses by text": ("__subclasses__", "class B:\n    pass\nclass X(B):\n    pass", "", "len(getattr(B, '__subclasses__')())"),
    "virtual subclass": ("A.register(B)", "import abc\nclass A(abc.ABC):\n    pass\nclass B:\n    pass\nA.register(B)", "", "isinstance(B(), A)"),
    "alias of an annotation": ("earlier 'A'", "A = int\ndef f(n: A):\n    return f.__annotations__", "A = str", "f(n)"),
    "bound again below": ("earlier 'K'", "K = 1\ndef f(k=K + 0):\n    return k\nK = 2", "", "f()"),
    "changed below": ("earlier 'L'", "L = [1]\nclass C:\n    x = len(L)\nL.append(2)", "", "C.x"),
    "module attribute": ("colorsys.zz", "import colorsys\ncolorsys.zz = 5", "", "colorsys.zz"),
    "module patched": ("colorsys.rgb_to_yiq", "import colorsys\ncolorsys.rgb_to_yiq = lambda *a: 'patched'", "", "colorsys.rgb_to_yiq(1, 1, 1)"),
}  # fmt: skip
NOTED = {
    "dataclass field": ("C.x", "import dataclasses\n@dataclasses.dataclass\nclass C:\n    x: int = 1", "C.x = 5", "C()"),
    "class opaque": ("C.p", "class P:\n    pass\nclass C:\n    p = P()\n    def f(self):\n        return vars(self.p)", "C.p.x = 1", "C().f()"),
    "deleted": ("C.x", "class C:\n    x = 1\n    def f(self):\n        return hasattr(self, 'x')", "del C.x", "C().f()"),
    "static method": ("C.f", "class C:\n    @staticmethod\n    def f():\n        return 1", "C.f = staticmethod(lambda: 2)", "C.f()"),
    "property": ("C.f", "class C:\n    @property\n    def f(self):\n        return 1", "C.f = property(lambda self: 2)", "C().f"),
    "decorated method": ("C.f", "import functools\nclass C:\n    @functools.lru_cache\n    def f(self):\n        return 1", "C.f = lambda self: 2", "C().f()"),
    "default of a method": ("C.f", "class C:\n    def f(self, x, k={}):\n        k[x] = 1\n        return len(k)", "C().f(1); C().f(2)", "C().f(3)"),
    "closure": ("'seen'", "def memo(f):\n    seen = {}\n    def f2(a):\n        seen[a] = f(a)\n        return len(seen)\n    return f2\n@memo\ndef f(a):\n    return 1", "f(1); f(2)", "f(3)"),
    "enum value": ("E.A.value", "import enum\nclass E(enum.Enum):\n    A = [1]", "E.A.value.append(2)", "E.A.value"),
    "iterator": ("C.ids", "import itertools\nclass C:\n    ids = itertools.count()\n    def f(self):\n        return next(self.ids)", "C().f()", "C().f()"),
    "decorator's argument": ("earlier 'K'", f"K = 2\n{MUL}\n@mul(K)\ndef f(n):\n    return n", "K = 50", "f(n)"),
    "bare decorator's argument": ("earlier 'K'", f"K = 2\n{BARE}\n@mul(K)\ndef f(n):\n    return n", "K = 50", "f(n)"),
    "decorator": ("earlier 'mul'", f"{MUL}\n@mul(2)\ndef f(n):\n    return n", MUL.replace("* k", "* k * 2"), "f(n)"),
    "class body": ("earlier 'K'", "K = 1\nclass C:\n    x = K * 2", "K = 2", "C.x"),
    "method default": ("earlier 'K'", "K = 1\nclass C:\n    def f(self, k=K):\n        return k", "K = 2", "C().f()"),
    "field default": ("earlier 'K'", "import dataclasses\nK = 1\n@dataclasses.dataclass\nclass C:\n    x: int = dataclasses.field(default=K)", "K = 2", "C().x"),
    "enum from a name": ("earlier 'K'", "import enum\nK = 1\nclass E(enum.Enum):\n    A = K", "K = 2", "E.A.value"),
}  # fmt: skip


def _main(expression):
    return f"def main(tt, n):\n    return {expression}"


STATE = (
    *(
        works(f"state travels: {name}", first, then, _main(use))
        for name, (first, then, use) in TRAVELS.items()
    ),
    *(
        refused(f"state: {name}", "CaptureError", a, b, _main(use), says=[says])
        for name, (says, a, b, use) in STAYS.items()
    ),
    *(
        refused(
            f"state, noted: {name}",
            "CaptureError",
            *(a, b, _main(use)),
            says=[says],
            needs_hook=True,
        )
        for name, (says, a, b, use) in NOTED.items()
    ),
)
