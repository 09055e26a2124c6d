from __future__ import annotations

import collections
import datetime as dt
import enum
import json
import math

import pytest
from flyteidl.core import tasks_pb2
from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.errors import CustomError, TemplateError
from kit.template.custom import custom_from_struct, doubtful_numbers, fill_struct


class Level(str, enum.Enum):
    HIGH = "high"


class Count(enum.IntEnum):
    TWO = 2


Pair = collections.namedtuple("Pair", "a b")  # noqa: PYI024 - a tuple in a tuple


def written(custom):
    """Write a custom into a new Struct."""
    struct = Struct()
    fill_struct(struct, custom)
    return struct


def by_json(custom):
    """What flytekit writes: through JSON text."""
    return json_format.Parse(json.dumps(custom), Struct())


def refusal(custom) -> CustomError:
    """Return the error of a custom that cannot be written."""
    with pytest.raises(CustomError) as caught:
        written(custom)
    return caught.value


def nested(depth, wrap):
    """Wrap a value many times."""
    value = 1
    for _ in range(depth):
        value = wrap(value)
    return {"root": value}


@pytest.mark.parametrize(
    "custom",
    [
        {"s": "x", "i": 7, "f": 2.5, "t": True, "n": None},
        {"l": [1, "a", None, [2.0, []], {}], "d": {"k": {"deep": [{"z": False}]}}},
        {1: "int", True: "bool wins", 2.5: "float", None: "none", "": "empty"},  # noqa: F601 - one key in Python
        {"t": (1, (2, 3)), "e": ()},
        {"level": Level.HIGH, "count": Count.TWO, "pair": Pair(1, "b")},
        {Level.HIGH: 1, Count.TWO: 2},
        {"o": collections.OrderedDict(a=1), "d": collections.defaultdict(int, b=2)},
        {math.inf: 1, -math.inf: 2, "big": 10**300, "zero": -0.0, "e": 1e-300},
        {"雪": "☃", "emoji": "🚀", "nul": "\0"},
    ],
)
def test_a_struct_equals_the_one_parsed_from_json(custom):
    """Every rule of JSON holds: keys, tuples, subclasses, doubles, Unicode."""
    assert written(custom) == by_json(custom)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text() | st.integers() | st.booleans(), inner, max_size=4)
    ),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.text(), json_values, max_size=5))
def test_any_json_value_is_written_as_json_writes_it(custom):
    """Random values give the same Struct, and are refused when JSON's parser does."""
    try:
        expected = by_json(custom)
    except json_format.ParseError:
        assert "duplicate" in str(refusal(custom))
    else:
        assert written(custom) == expected


def test_a_value_that_json_lacks_is_refused_with_its_path():
    """The error says where, in flytekit's words, and what to write instead."""
    error = refusal({"tables": [{"keys": {1, 2}}]})
    assert error.path == ("custom", "tables", 0, "keys")
    assert "Object of type set is not JSON serializable" in str(error)
    assert "sorted(...)" in str(error)
    assert str(error).endswith("at custom.tables[0].keys")
    assert isinstance(error, TypeError)


@pytest.mark.parametrize(
    ("value", "way_out"),
    [
        (b"x", "base64"),
        (dt.date(2020, 1, 1), "isoformat"),
        (object(), "pass it as an input"),
        (3j, "pass it as an input"),
    ],
)
def test_the_way_out_depends_on_the_value(value, way_out):
    """What to write instead is named for each kind of value."""
    assert way_out in str(refusal({"v": value}))


def test_keys_that_json_writes_alike_are_refused():
    """Two keys must not silently become one."""
    error = refusal({"a": {1: "a", "1": "b"}})
    assert "Failed to load JSON: Failed to load JSON: duplicate key 1.." in str(error)
    assert error.path == ("custom", "a")


def test_a_key_that_is_no_json_key_is_refused():
    """A tuple has no text in JSON."""
    assert "of type tuple cannot be in JSON" in str(refusal({(1, 2): 1}))


def test_what_is_no_dictionary_is_refused():
    """A Struct is a dictionary."""
    assert "Struct must be in a dict" in str(refusal([1]))


def test_half_of_a_surrogate_pair_is_refused():
    """Protobuf holds text as UTF-8; the error itself can be printed."""
    for custom in ({"a": "\ud800"}, {"\ud800": 1}):
        str(refusal(custom)).encode()


def test_an_integer_beyond_doubles_is_refused():
    """10**400 is no double; its digits are not printed."""
    error = refusal({"n": 10**400})
    assert error.path == ("custom", "n")
    assert len(str(error)) < 200


@pytest.mark.parametrize(
    ("most", "wrap"), [(32, lambda v: {"k": v}), (48, lambda v: [v])]
)
def test_the_deepest_nesting_is_what_protobuf_parses_again(most, wrap):
    """One level more would make a template that nothing can load."""
    template = tasks_pb2.TaskTemplate(custom=written(nested(most, wrap)))
    assert tasks_pb2.TaskTemplate.FromString(template.SerializeToString()) == template
    assert "Nested too deep" in str(refusal(nested(most + 1, wrap)))


def test_a_container_inside_itself_is_refused_with_the_loop():
    """The path ends where the loop closes."""
    custom = {"a": [1, {}]}
    custom["a"][1]["b"] = custom
    error = refusal(custom)
    assert "Circular reference detected" in str(error)
    assert error.path == ("custom", "a", 1, "b")


def test_doubtful_numbers_are_told_when_writing_and_named_on_request():
    """NaN does not load again, and integers beyond 2**53 are rounded."""
    custom = {"a": [2**53 + 1, 2**60, 1.5], "b": {"x": math.nan}, "c": -math.inf}
    assert fill_struct(Struct(), custom) is True
    found = dict(doubtful_numbers(custom))
    assert list(found) == ["custom.a[0]", "custom.b.x", "custom.c"]
    assert "arrives as 9007199254740992" in found["custom.a[0]"]
    assert fill_struct(Struct(), {"a": 1, "b": [True, 2.5, "x"]}) is False


def test_a_struct_reads_back_with_floats_in_the_order_of_the_keys():
    """After the wire numbers are floats; the map's own order is random."""
    custom = {"z": 1, "a": [True, None, {"k": "v"}], "m": {}}
    read = custom_from_struct(written(custom))
    assert read == {"a": [True, None, {"k": "v"}], "m": {}, "z": 1.0}
    assert list(read) == ["a", "m", "z"]
    assert type(read["z"]) is float


@pytest.mark.parametrize("number", [math.nan, math.inf])
def test_a_number_that_json_lacks_is_refused_when_read(number):
    """In the words of flytekit, which refuses it there too."""
    name = "NaN" if math.isnan(number) else "Infinity"
    with pytest.raises(TemplateError, match=f"Fail to serialize {name} for Value"):
        custom_from_struct(written({"a": [number]}))


def test_the_dictionary_is_only_read():
    """What get_custom returns stays its author's."""
    custom = {"a": (1, 2), 1: {"b": [3]}}
    before = repr(custom)
    written(custom)
    assert repr(custom) == before
