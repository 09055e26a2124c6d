"""Random definitions, written as cases: types nested three deep, values, tasks."""

from __future__ import annotations

import datetime as dt
from typing import Any, NamedTuple

from hypothesis import strategies as st

PRELUDE = """
class Color(enum.Enum):
    RED = 'red'
    GREEN = 'grün'

class Level(str, enum.Enum):
    LOW = 'low'
    HIGH = 'high'

@dataclasses.dataclass
class Point:
    x: int
    y: float = 0.5
    label: Optional[str] = None

@dataclasses.dataclass
class Shape:
    origin: Point
    corners: List[Point]
    color: Color = Color.RED
    tags: Dict[str, int] = dataclasses.field(default_factory=dict)
    when: Optional[datetime.datetime] = None
"""

SETTINGS = {
    "project": "flytesnacks",
    "domain": "development",
    "version": "v1",
    "env": {},
    "image_config": {
        "default_image": {
            "name": "default",
            "fqn": "ghcr.io/acme/base",
            "tag": "1.2.3",
        },
        "images": [
            {"name": "default", "fqn": "ghcr.io/acme/base", "tag": "1.2.3"},
            {"name": "gpu", "fqn": "localhost:5000/acme/cuda", "tag": "12.4"},
        ],
    },
}


class Typed(NamedTuple):
    """A type's expression, and the expressions of its values."""

    expression: str
    values: st.SearchStrategy[str]


text = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20
)
words = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=12)
variables = st.from_regex(r"[a-z_ñжé][a-z0-9_]{0,10}", fullmatch=True).filter(
    lambda name: not name.startswith("_")
)
ints = st.integers(-(2**63), 2**63 - 1)
floats = st.floats(allow_nan=False)
moments = st.datetimes(
    dt.datetime(1800, 1, 1),  # noqa: DTZ001 - naive ones are values too
    dt.datetime(2200, 1, 1),  # noqa: DTZ001
    timezones=st.sampled_from(
        [None, dt.timezone.utc, dt.timezone(dt.timedelta(hours=-5))]
    ),
)
spans = st.timedeltas(dt.timedelta(days=-9999), dt.timedelta(days=9999))


def _shown(value: Any) -> str:
    """Write a value as an expression that the cases' names evaluate."""
    return (
        f"float('{value}')" if value in (float("inf"), float("-inf")) else repr(value)
    )


plain = st.recursive(
    st.none()
    | st.booleans()
    | ints
    | st.floats(allow_nan=False, allow_infinity=False)
    | text,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3)
    ),
    max_leaves=6,
)
"""What JSON and MessagePack both hold."""

points = st.builds(
    "Point(x={}, y={}, label={!r})".format, ints, floats.map(_shown), st.none() | text
)
shapes = st.builds(
    "Shape(origin={}, corners=[{}], color=Color.{}, tags={!r}, when={!r})".format,
    points,
    st.lists(points, max_size=2).map(", ".join),
    st.sampled_from(["RED", "GREEN"]),
    st.dictionaries(text, ints, max_size=2),
    st.none() | moments.filter(lambda moment: moment.tzinfo is None),
)

LEAVES = (
    Typed("int", ints.map(repr)),
    Typed("float", floats.map(_shown)),
    Typed("bool", st.booleans().map(repr)),
    Typed("str", text.map(repr)),
    Typed("datetime.datetime", moments.map(repr)),
    Typed("datetime.date", st.dates(dt.date(1800, 1, 1)).map(repr)),
    Typed("datetime.timedelta", spans.map(repr)),
    Typed("dict", st.dictionaries(text, plain, max_size=3).map(repr)),
    Typed("Color", st.sampled_from(["Color.RED", "Color.GREEN"])),
    Typed("Level", st.sampled_from(["Level.LOW", "Level.HIGH"])),
    Typed("Point", points),
    Typed("Shape", shapes),
    Typed("Literal['a', 'b']", st.sampled_from(["'a'", "'b'"])),
    Typed("Annotated[int, HashMethod(lambda v: 'h' + str(v))]", ints.map(repr)),
    Typed("FlyteFile", words.map(lambda name: repr(f"s3://bucket/{name}"))),
    Typed("FlyteFile['csv']", words.map(lambda name: f"FlyteFile('s3://b/{name}')")),
    Typed("FlyteDirectory", words.map(lambda name: repr(f"gs://bucket/{name}/"))),
    Typed(
        "StructuredDataset",
        words.map(
            lambda name: f"StructuredDataset(uri='s3://b/{name}', file_format='csv')"
        ),
    ),
)


def _list_of(inner: Typed) -> Typed:
    values = st.lists(inner.values, max_size=3).map(lambda all_: f"[{', '.join(all_)}]")
    return Typed(f"List[{inner.expression}]", values)


def _dict_of(inner: Typed) -> Typed:
    pairs = st.tuples(text.map(repr), inner.values).map(": ".join)
    values = st.lists(pairs, max_size=3).map(lambda all_: f"{{{', '.join(all_)}}}")
    return Typed(f"Dict[str, {inner.expression}]", values)


def _optional(inner: Typed) -> Typed:
    return Typed(f"Optional[{inner.expression}]", st.just("None") | inner.values)


def _differ(inner: tuple[Typed, Typed]) -> bool:
    """Leave out unions in which flytekit makes one format's class twice."""
    return sum(one.expression.count("FlyteFile['csv']") for one in inner) < 2


def _union(inner: tuple[Typed, Typed]) -> Typed:
    names = ", ".join(one.expression for one in inner)
    return Typed(f"Union[{names}]", inner[0].values | inner[1].values)


leaves = st.sampled_from(LEAVES)


def _wider(inner: st.SearchStrategy[Typed]) -> st.SearchStrategy[Typed]:
    return st.one_of(
        inner.map(_list_of),
        inner.map(_dict_of),
        inner.map(_optional),
        st.tuples(inner, inner).filter(_differ).map(_union),
    )


_one_deep = leaves | _wider(leaves)
_two_deep = _one_deep | _wider(_one_deep)
types = _two_deep | _wider(_two_deep)
"""Types with up to three containers around a leaf."""

rows = st.dictionaries(
    variables, types.map(lambda kind: kind.expression), max_size=4
).map(lambda named: [list(pair) for pair in named.items()])
quantities = st.sampled_from(["1", "500m", "0", "2Gi", "0.5", "1e3", "100000u", "129M"])
resources = st.fixed_dictionaries(
    {},
    optional={
        "cpu": quantities,
        "mem": quantities,
        "ephemeral_storage": quantities,
        "gpu": st.sampled_from(["0", "1", "8"]),
    },
)
environments = st.dictionaries(
    st.from_regex(r"[A-Z_][A-Z0-9_]{0,9}", fullmatch=True), text, max_size=3
)
labels = st.dictionaries(
    st.from_regex(r"[a-z][a-z./]{0,9}", fullmatch=True), words, max_size=2
)


def optional(**entries: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Make dictionaries with any of the entries."""
    return st.fixed_dictionaries({}, optional=entries)


_cached = st.fixed_dictionaries(
    {"cache": st.just(True), "cache_version": words},
    optional={
        "cache_serialize": st.booleans(),
        "cache_ignore_input_vars": st.lists(variables, max_size=2),
    },
)
_uncached = optional(
    retries=st.integers(0, 9),
    timeout=st.integers(-9, 99999),
    interruptible=st.booleans(),
    deprecated=text,
    pod_template_name=words,
    generates_deck=st.booleans(),
    labels=labels,
    annotations=labels,
    is_eager=st.booleans(),
)
metadata = st.builds(lambda one, other: one | other, st.just({}) | _cached, _uncached)
secrets = st.lists(
    st.fixed_dictionaries(
        {"group": words},
        optional={
            "key": words,
            "group_version": words,
            "mount_requirement": st.sampled_from(["ANY", "ENV_VAR", "FILE"]),
            "env_var": st.from_regex(r"[A-Z_][A-Z0-9_]{0,9}", fullmatch=True),
        },
    ),
    max_size=2,
)
docs = optional(
    short_description=text,
    long_description=optional(
        value=text, icon_link=text, format=st.sampled_from(["MARKDOWN", "HTML", "RST"])
    ),
    source_code=optional(link=text),
)
customs = st.dictionaries(text, plain, max_size=4).map(repr)
images = st.sampled_from(
    [
        "ghcr.io/acme/runner:0.1",
        "{{.image.default}}",
        "{{ .images.gpu.fqn }}:{{.image.default.version}}",
        "localhost:5000/a@sha256:" + "ab" * 32,
        "",
    ]
)
docstrings = st.builds(
    "{}\n\n{}\n\nArgs:\n    a: the {}\n\nReturns:\n    int: the {}\n".format,
    words,
    words,
    words,
    words,
)

tasks = st.fixed_dictionaries(
    {
        "name": st.lists(words, min_size=1, max_size=3).map(".".join),
        "container_image": images,
        "executor": st.just("shimcorpus.executors.Noop"),
        "inputs": st.none() | rows,
        "outputs": st.none() | rows,
    },
    optional={
        "task_type": words,
        "task_type_version": st.integers(0, 2**31 - 1),
        "metadata": metadata,
        "requests": resources,
        "limits": resources,
        "environment": environments,
        "secret_requests": secrets,
        "docs": docs,
        "docstring": docstrings | text,
        "enable_deck": st.booleans(),
        "custom": customs,
        "config": st.dictionaries(words, text, max_size=3),
        "extended_resources": optional(shared_memory=st.sampled_from([True, "1Gi"])),
    },
)


def case(kind: str, **definition: Any) -> dict[str, Any]:
    """Write a case."""
    entry = {
        "name": kind,
        "kind": kind,
        "definition": {"prelude": PRELUDE, **definition},
    }
    return {**entry, "settings": SETTINGS}


@st.composite
def typed_values(draw: st.DrawFn) -> tuple[str, str]:
    """Draw a type and a value of it, as expressions."""
    kind = draw(types)
    return kind.expression, draw(kind.values)
