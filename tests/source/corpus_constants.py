"""Notebooks with constants that an expression can make anew, and some that none can."""

# ruff: noqa: E501 - the cells are data

from __future__ import annotations

from tests.source.notebooks import refused, works

SHOW = "def main(tt, n):\n    return X"


def equal(name, cell, *, has=(), **facts):
    """Expect that the constant X comes out the same."""
    return works(name, cell, SHOW, has=has, **facts)


CONSTANTS = (
    equal(
        "decimal",
        "from decimal import Decimal\nX = Decimal('1.10')",
        has=["X = Decimal('1.10')"],
    ),
    equal("fraction", "from fractions import Fraction\nX = Fraction(2, 6)"),
    equal(
        "path",
        "from pathlib import Path\nX = Path('data') / 'a b.csv'",
        has=["X = Path('data/a b.csv')"],
    ),
    equal(
        "pure path",
        "import pathlib\nX = pathlib.PurePosixPath('/a'), "
        "pathlib.PureWindowsPath('c:/a')",
        has=["pathlib.PurePosixPath("],
    ),
    equal(
        "dates",
        "import datetime as dt\nX = (dt.date(2024, 2, 29), "
        "dt.datetime(2024, 1, 2, 3), dt.datetime(2024, 1, 2, fold=1), "
        "dt.time(1, 0, 0, 5), dt.timedelta(days=-1, seconds=3), dt.timedelta(), "
        "dt.timezone.utc, dt.timezone(dt.timedelta(hours=2), 'X'), "
        "dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc), dt.datetime.max)",
        has=["dt.timezone.utc", "dt.date(2024, 2, 29)"],
    ),
    equal(
        "date by its own name",
        "from datetime import date, timedelta\nX = date(2024, 1, 1) + timedelta(3)",
        has=["X = date(2024, 1, 4)"],
    ),
    equal(
        "date under a taken name",
        "import datetime as time\ndatetime = 3\nX = [time.datetime(2024, 1, 1)]",
        has=["time.datetime("],
    ),
    equal(
        "date without its class",
        "from datetime import date as d\nX = d(2024, 1, 1)\ndel d\ndate = 'mine'",
        has=["from datetime import date as _date"],
    ),
    equal(
        "time zone",
        "from zoneinfo import ZoneInfo\nimport datetime\n"
        "X = datetime.time(1, tzinfo=ZoneInfo('UTC'))",
        has=["ZoneInfo('UTC')"],
    ),
    equal(
        "uuid and addresses",
        "import uuid, ipaddress\nX = (uuid.UUID(int=5), "
        "ipaddress.ip_address('10.0.0.1'), ipaddress.ip_network('10.0.0.0/8'))",
    ),
    equal(
        "ranges and slices",
        "X = range(3), range(1, 9, 2), slice(None, 4), ..., NotImplemented",
    ),
    equal("bytes of two kinds", "X = bytearray(b'a'), b'\\x00'"),
    equal("complex infinity", "X = complex('inf-1j')"),
    works(
        "pattern",
        "import re\nWORD = re.compile(r'(\\w+)-x', re.I | re.VERBOSE)",
        "def main(tt, n):\n    return WORD.match('AB-x').groups(), WORD.flags, "
        "WORD.pattern",
        has=["re.compile('(\\\\w+)-x', re.IGNORECASE | re.VERBOSE)"],
    ),
    works(
        "pattern of bytes",
        "import re\nP = re.compile(b'a'), re.compile('(?s)a'), "
        "re.compile('a', re.ASCII)",
        "def main(tt, n):\n    return [(p.pattern, p.flags) for p in P]",
    ),
    works(
        "pattern without its module",
        "from re import compile\nP = compile('a+')",
        "def main(tt, n):\n    return P.findall('aab')",
    ),
    works(
        "partials",
        "import functools, math\ndef g(a, b, c=1):\n    return a, b, c",
        "f = functools.partial(g, 1, c=2)\nh = functools.partial(math.pow, 2)\n"
        "k = functools.partial(f, c=5)",
        "def main(tt, n):\n    return f(n), h(n), k(n)",
        has=["f = functools.partial(g, 1, c=2)"],
    ),
    works(
        "operators",
        "from operator import itemgetter, attrgetter, methodcaller\n"
        "a = itemgetter(1)\nb = attrgetter('real')\nc = methodcaller('split', '-', "
        "maxsplit=1)\nd = itemgetter('x', 'y')",
        "def main(tt, n):\n    return a([n, 2]), b(n), c('a-b-c'), d({'x': 1, 'y': 2})",
    ),
    works(
        "methods of values",
        "join = ', '.join\nfrom datetime import datetime\n"
        "parse = datetime.fromisoformat",
        "def main(tt, n):\n    return join(['a', 'b']), parse('2024-01-02').year",
        has=["join = ', '.join"],
    ),
    works(
        "class method",
        "class A:\n    @classmethod\n    def make(cls, n):\n"
        "        return cls.__name__, n\nf = A.make",
        "def main(tt, n):\n    return f(n)",
        has=["f = A.make"],
    ),
    works(
        "logger",
        "import logging\nlog = logging.getLogger(__name__)\n"
        "other = logging.getLogger('acme.sql')\nroot = logging.getLogger()",
        "def main(tt, n):\n    log.debug('x')\n    return other.name, root.name",
        has=["log = logging.getLogger(__name__)"],
    ),
    works(
        "template of text",
        "from string import Template\nT = Template('$a b')",
        "def main(tt, n):\n    return T.substitute(a=n)",
    ),
    works(
        "collections",
        "import collections\n"
        "A = collections.deque([1, 2], maxlen=3)\nB = collections.Counter('aab')\n"
        "C = collections.OrderedDict(b=1, a=2)\nD = collections.defaultdict(list, a=[1])",
        "def main(tt, n):\n    D['z'].append(n)\n    A.append(n)\n"
        "    return A, B, list(C), D['z']",
    ),
    works(
        "read-only mapping",
        "from types import MappingProxyType, SimpleNamespace\n"
        "M = MappingProxyType({'a': 1})\nS = SimpleNamespace(a=1, b=[2])",
        "def main(tt, n):\n    return dict(M), S.b, S.a",
    ),
    works(
        "table of functions",
        "import math, statistics\ndef mine(xs):\n    return len(xs) + K",
        "K = 1\nOPS = {'sum': sum, 'mean': statistics.mean, 'mine': mine, "
        "'sqrt': math.sqrt, 'type': int}",
        "def main(tt, n):\n    return [OPS[k]([n, 2]) for k in ('sum', 'mean', 'mine')]"
        ", OPS['sqrt'](4), OPS['type']('3')",
        has=["'sum': sum", "statistics.mean", "math.sqrt"],
    ),
    works(
        "table of decorated functions and lambdas",
        "import functools\n@functools.lru_cache\ndef g(n):\n    return n\n"
        "h = lambda n: -n",
        "T = [g, h, functools.partial(g, 7)]",
        "def main(tt, n):\n    return T[0](n), T[1](n), T[2]()",
    ),
    works(
        "table of classes",
        "class A:\n    def v(self):\n        return KINDS\nclass B(A):\n    pass",
        "KINDS = {'a': A, 'b': B, 'none': type(None)}",
        "def main(tt, n):\n    return sorted(KINDS['b']().v())",
    ),
    works(
        "functions of a taken name",
        "from math import sqrt as root\nsqrt = 4\nF = (root, pow)\npow = 'mine'",
        "def main(tt, n):\n    return F[0](4), F[1](2, n), pow",
    ),
    works(
        "registry",
        "REG = {}\ndef register(f):\n    REG[f.__name__] = f\n    return f",
        "@register\ndef one(n):\n    return n\n@register\ndef two(n):\n    return 2 * n",
        "def main(tt, n):\n    return [REG[k](n) for k in sorted(REG)]",
    ),
    works(
        "one list under a name and inside another",
        "a = [1]\nb = {'a': a}",
        "def main(tt, n):\n    a.append(n)\n    return b['a'][-1]",
        has=["{'a': a}"],
    ),
    works(
        "one list inside another, found late",
        "b = {'a': [[1]]}\na = b['a']",
        "def main(tt, n):\n    b['c'] = n\n    a[0].append(n)\n    return b['a'][0][-1]",
    ),
    works(
        "named tuples",
        "from collections import namedtuple\n"
        "from typing import NamedTuple\nP = namedtuple('Point', 'x y', defaults=[3])\n"
        "class Q(NamedTuple):\n    a: int\n    b: tuple = ()",
        "X = [P(1), P(2, y=5)]\nY = Q(1, (P(7),))",
        "def main(tt, n):\n    return X, Y, P(n)",
        has=["P = namedtuple('Point'"],
    ),
    works(
        "named tuple of one",
        "from collections import namedtuple\nP = namedtuple('P', 'x')",
        "def main(tt, n):\n    return P(n)",
    ),
    works(
        "dataclasses",
        "from dataclasses import dataclass, field\n"
        "@dataclass(frozen=True)\nclass C:\n    lr: float = 0.1\n"
        "    tags: tuple = ()\n@dataclass\nclass D:\n    c: C\n    xs: list = "
        "field(default_factory=list)",
        "CONFIG = C(tags=('a',))\nD1 = D(CONFIG)\nD1.xs.append(4)",
        "def main(tt, n):\n    D1.xs.append(n)\n    return CONFIG, D1.c.lr, D1.xs[:1]",
        has=["CONFIG = C(lr=0.1, tags=('a',))"],
    ),
    works(
        "dataclass with slots as constant",
        "from dataclasses import dataclass\n"
        "@dataclass(slots=True)\nclass C:\n    a: int\n    def v(self):\n"
        "        return self.a\nX = C(4)",
        "def main(tt, n):\n    return X.v()",
    ),
    works(
        "enum by a call",
        "import enum\nColor = enum.Enum('Color', 'RED BLUE')\n"
        "N = enum.IntEnum('N', {'A': 5, 'B': 5})",
        "def main(tt, n):\n    return Color.BLUE.value, N.B.name, N(5) + n",
        has=["enum.Enum('Color'"],
    ),
    works(
        "enum members of modules",
        "import http, re\nS = http.HTTPStatus.OK\n"
        "F = re.I | re.M\nD = {http.HTTPStatus.OK: 1}",
        "def main(tt, n):\n    return S, int(F), D[200]",
    ),
    works(
        "type variables",
        "from typing import TypeVar, ParamSpec, NewType, Callable\n"
        "T = TypeVar('T')\nN = TypeVar('N', int, float)\nP = ParamSpec('P')\n"
        "C = TypeVar('C', bound='A', covariant=True)\nUserId = NewType('UserId', int)",
        "class A:\n    pass\ndef f(g: Callable[P, T]) -> Callable[P, T]:\n    return g",
        "def main(tt, n: N) -> UserId:\n    c: C = A()\n"
        "    return f(UserId)(n), N.__constraints__, C.__covariant__",
        has=["N = TypeVar('N', int, float)", "UserId = NewType('UserId', int)"],
    ),
    works(
        "type aliases",
        "import typing\nimport collections.abc\n"
        "class A:\n    pass\nT = typing.TypeVar('T')",
        "ALL = [list[int], dict[str, A], int | None, typing.Union[int, str], "
        "typing.Optional[A], typing.List[int], typing.Dict[str, typing.List[A]], "
        "typing.Callable[[int, str], A], typing.Callable[..., int], "
        "typing.Callable[[], None], collections.abc.Callable[[int], str], "
        "collections.abc.Callable[..., int], typing.Any, typing.Literal['a', 1, None],"
        " typing.Annotated[int, 'meta', 3], tuple[int, ...], typing.Tuple[int, ...], "
        "typing.Type[A], type[A], typing.ClassVar[int], typing.Tuple[()], tuple[()], "
        "list['A'], typing.List['A'], typing.Iterator[T], typing.List, "
        "typing.Callable, dict[str, T], collections.abc.Mapping[str, 'A | None']]",
        "def main(tt, n):\n    return [str(t).replace(__name__, 'M') for t in ALL]",
    ),
    works(
        "alias of a union",
        "from typing import Union, Optional\nclass A:\n    pass\n"
        "Either = Union[int, A]\nMaybe = Optional[int]\nPair = tuple[A, int]",
        "def main(tt, n: Either, m: Maybe = None) -> Pair:\n    return isinstance(n, int)",
        has=["Either = Union[int, A]"],
    ),
    works(
        "alias of a class",
        "from decimal import Decimal\nMoney = Decimal\nclass A:\n    v = 1\nB = A",
        "def main(tt, n: Money):\n    return B.v, Money(n)",
    ),
    works(
        "type statements",
        "type Pair[T] = tuple[T, T]\ntype Json = dict[str, Json] | "
        "list[Json] | A\nclass A:\n    pass",
        "def f[S: int](x: S) -> Pair[S]:\n    return x, x\n"
        "class Box[V]:\n    def __init__(self, v: V):\n        self.v = v",
        "def main(tt, n: Json):\n    return f(n), Box[int](n).v, "
        "str(Json.__value__).replace(__name__, 'M')",
        has=["type Pair[T] = tuple[T, T]"],
        python=(3, 12),
    ),
    works(
        "numbers of numpy",
        "import numpy as np\nK = np.float64(1.5)\nL = np.int32(7)\n"
        "F = {'sqrt': np.sqrt, 'type': np.float32}",
        "def main(tt, n):\n    return type(K).__name__, float(K), int(L), "
        "float(F['sqrt'](4.0))",
        has=["np.float64(1.5)"],
    ),
    refused(
        "array",
        "CaptureError",
        "import numpy as np\nX = np.zeros(3)",
        SHOW,
        says=["numpy.ndarray", "input"],
    ),
    refused(
        "list at two places",
        "CaptureError",
        "r = [0]\nX = [r, r]\ndel r",
        SHOW,
        says=["'X'", "at two places"],
    ),
    refused(
        "list shared by two",
        "CaptureError",
        "r = [0]\nX = {'a': r}\nY = {'b': r}\ndel r",
        "def main(tt, n):\n    return X, Y",
        says=["shares a list", "no name"],
    ),
    refused(
        "loop of two lists",
        "CaptureError",
        "a = []\nX = [a]\na.append(X)",
        "def main(tt, n):\n    return X, a",
        says=["holds itself"],
    ),
    refused(
        "object of a class",
        "CaptureError",
        "class A:\n    def __init__(self):\n        self.x = 1\nX = A()",
        SHOW,
        says=["'X'", "input"],
    ),
    refused(
        "dataclass that does more",
        "CaptureError",
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int\n"
        "    def __post_init__(self):\n        self.y = 1\nX = A(1)",
        SHOW,
        says=["'X'"],
    ),
    refused(
        "partial of a closure",
        "CaptureError",
        "import functools\ndef mk():\n"
        "    k = 1\n    return lambda n: n + k\nX = functools.partial(mk())",
        SHOW,
        says=["'X'", "lambda"],
    ),
    refused(
        "secret in a pattern",
        "SecretInSourceError",
        "import re\nX = re.compile('hunter2-secret')",
        "def main(tt, n):\n    return X.pattern",
        says=["'X'"],
    ),
    refused(
        "logger of a class",
        "CaptureError",
        "import logging\nX = logging.LoggerAdapter(logging.getLogger('a'), {})",
        SHOW,
        says=["LoggerAdapter"],
    ),
    refused(
        "class by type",
        "SourceError",
        "X = type('X', (), {'a': 1})",
        SHOW,
        says=["class statement"],
    ),
)
