"""Values that would be read back as other ones are refused when they are written."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
import warnings
from typing import Annotated, Any, NamedTuple

import pydantic
import pytest
from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    RootModel,
    Secret,
    SecretStr,
    SerializeAsAny,
    computed_field,
    field_serializer,
    field_validator,
    model_serializer,
)

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types import default_engine
from kit.types.models import ChangedValueWarning


class Colour(enum.Enum):
    RED = "red"


class Pair(NamedTuple):
    x: int
    y: str


@dataclasses.dataclass
class Inner:
    n: int = 0


@dataclasses.dataclass
class Derived(Inner):
    more: str = ""


@dataclasses.dataclass
class Row:
    n: int = 0
    rate: float = 0.0
    names: list[str] = dataclasses.field(default_factory=list)
    by_name: dict[str, Inner] = dataclasses.field(default_factory=dict)
    inner: Inner | None = None
    either: list[str] | str = dataclasses.field(default_factory=list)
    keyed: list[int] | dict[int, int] = dataclasses.field(default_factory=list)
    colour: Colour = Colour.RED
    pair: Pair | None = None
    when: dt.datetime | None = None
    price: decimal.Decimal = decimal.Decimal(0)
    anything: Any = None


def back(value: Any, python_type: Any) -> Any:
    """Write a value and read it again."""
    return default_engine.to_python(
        default_engine.to_literal(value, python_type), python_type
    )


@pytest.mark.parametrize(
    "value",
    [
        Row(),
        Row(1, 2.5, ["a"], {"k": Inner(1)}, Inner(2), ["x"], [3]),
        Row(rate=1),
        Row(rate=float("nan")),
        Row(colour=Colour.RED, pair=Pair(1, "a"), price=decimal.Decimal("1.10")),
        Row(when=dt.datetime(2026, 11, 29, tzinfo=dt.timezone.utc)),
        Row(anything={"a": [1, None, "x"]}),
        Row(either=["a"]),
    ],
)
def test_a_value_that_fits_comes_back(value):
    """Also an int for a float, of which nothing is lost."""
    assert repr(back(value, Row)).replace("1.0", "1") == repr(value).replace("1.0", "1")


@pytest.mark.parametrize(
    ("value", "path", "says"),
    [
        (Row(n="many"), "n", "is 'many' of type str, expected int"),
        (Row(names="abc"), "names", "is 'abc' of type str, expected list[str]"),
        (Row(names=["a", 1]), "names", "names.1 is 1 of type int, expected str"),
        (Row(either="abc"), "either", "expected list[str] | str"),
        (Row(keyed={3: 4}), "keyed", "is {3: 4} of type dict"),
        (Row(by_name={"k": Derived(1, "x")}), "by_name.k", "of type Derived"),
        (Row(inner=Inner("x")), "inner.n", "is 'x' of type str, expected int"),
        (Row(n=1.5), "n", "is 1.5 of type float, expected int"),
    ],
)
def test_a_value_that_would_come_back_as_another_is_refused(value, path, says):
    """The error names the field and both types."""
    with pytest.raises(ConversionError) as raised:
        default_engine.to_literal(value, Row)
    text = str(raised.value)
    assert says in text[:200]
    assert text.splitlines()[-1].strip().startswith(f"at {path.split('.')[0]}")


def test_an_enum_that_is_a_dataclass_is_refused():
    """When the interface is made, with what to do."""

    @dataclasses.dataclass  # noqa: RUF049 - the slip
    class Grid(enum.Enum):
        ONE = "1x1"

    plan = dataclasses.make_dataclass("Plan", [("grids", list[Grid])])
    with pytest.raises(UnsupportedTypeError, match="Remove @dataclass from the Enum"):
        default_engine.literal_type(plan)


SECRET = SecretStr("correct horse")


class Login(BaseModel):
    user: str
    password: SecretStr = SecretStr("")


class Hidden(BaseModel):
    shown: int = 0
    kept: int = Field(default=0, exclude=True)


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    n: int = 0


class Base(BaseModel):
    n: int = 0


class Special(Base):
    more: str = ""


class Team(BaseModel):
    lead: Base = Base()
    logins: list[Login] = []


class Aliased(BaseModel):
    user_id: int = Field(alias="userId")
    team: int = Field(default=0, validation_alias="teamId", serialization_alias="t")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Login(user="ada", password=SECRET), "password is a SecretStr"),
        (
            Team(logins=[Login(user="a", password=SECRET)]),
            "logins.0.password is a Secret",
        ),
        (Hidden(kept=3), "kept is 3, but is not part"),
        (Team(lead=Special(n=1, more="x")), "lead.more is 'x', but is not part"),
    ],
)
def test_a_model_that_loses_something_is_refused(value, says):
    """Secrets travel as asterisks, and some fields do not travel at all."""
    with pytest.raises(ConversionError) as raised:
        default_engine.to_literal(value, type(value))
    assert says in str(raised.value)


@pytest.mark.parametrize(
    "value",
    [
        Login(user="ada"),
        Hidden(shown=2),
        Open(n=1, other=[1, {"a": "b"}]),
        Team(lead=Base(n=3)),
        Aliased(userId=7, teamId=3),
    ],
)
def test_a_model_that_keeps_all_comes_back(value):
    """Also extra fields, and fields with aliases."""
    assert back(value, type(value)) == value


class Rounded(BaseModel):
    rate: float

    @field_serializer("rate")
    def write(self, value: float) -> float:
        """Round it."""
        return round(value, 1)


class Counting(BaseModel):
    n: int

    @field_validator("n")
    @classmethod
    def more(cls, value: int) -> int:
        """Add one whenever it is read."""
        return value + 1


class Partial(BaseModel):
    n: int
    rest: int = 0

    @model_serializer
    def write(self) -> dict[str, int]:
        """Leave the rest out."""
        return {"n": self.n}


class Annual(BaseModel):
    day: Annotated[dt.date, PlainSerializer(lambda day: f"{day.year}-01-01")]


class Private(BaseModel):
    n: int = 0
    _seen: int = PrivateAttr(default=0)


def private(seen: int) -> Private:
    """Make a model with a private attribute."""
    made = Private()
    made._seen = seen
    return made


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Rounded(rate=1.23), "rate is 1.23 of type float, but would be read back as"),
        (Counting(n=1), "n is 2 of type int, but would be read back as 3"),
        (Partial(n=1, rest=2), "rest is 2 of type int, but would be read back as 0"),
        (Annual(day=dt.date(2026, 5, 1)), "day is datetime.date(2026, 5, 1)"),
        (private(3), "_seen is 3 of type int, but would be read back as 0"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_a_models_own_code_changes_is_a_warning(value, says):
    """The author wrote it so; private attributes never travel."""
    with pytest.warns(ChangedValueWarning) as warned:
        default_engine.to_literal(value, type(value))
    assert says in str(warned[0].message)


@pytest.mark.parametrize("value", [Rounded(rate=1.5), Partial(n=1), private(0)])
def test_own_code_that_changes_nothing_is_silent(value):
    """Warnings are errors here."""
    assert back(value, type(value)) == value


class Anything(BaseModel):
    value: Any = None


class Either(BaseModel):
    value: dt.date | str


class Number(BaseModel):
    value: float


class Bytes(BaseModel):
    model_config = ConfigDict(ser_json_bytes="base64")
    value: bytes


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int

    @computed_field
    @property
    def twice(self) -> int:
        """Is written, and refused when it is read."""
        return self.n * 2


class Swapped(BaseModel):
    a: int = Field(alias="b")
    b: int = Field(alias="a")


class Keyed(BaseModel):
    by: dict[tuple[int, int], str]


@dataclasses.dataclass
class Point:
    x: int = 0


class Holder(BaseModel):
    base: SerializeAsAny[Base] = Base()
    secret: Secret[int] | None = None


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (Anything(value=dt.date(2026, 1, 1)), "would be read back as '2026-01-01'"),
        (Anything(value={1: 2}), "would be read back as {'1': 2} of type dict"),
        (Anything(value={1}), "value is {1} of type set"),
        (Anything(value=b"a"), "value is b'a' of type bytes"),
        (Anything(value=[Point()]), "value.0 is Point(x=0) of type Point"),
        (Anything(value=Base()), "of type Base, but would be read back as {'n': 0}"),
        (Open(n=1, when=dt.date(2026, 1, 1)), "when is datetime.date(2026, 1, 1)"),
        (Either(value="2026-01-01"), "value is '2026-01-01' of type str"),
        (Number(value=float("nan")), "value is nan of type float, which Number writes"),
        (Number(value=float("inf")), "value is inf of type float"),
        (Bytes(value=b"\xff"), "value is b'\\xff' of type bytes"),
        (Number.model_construct(value="x"), "value is 'x' of type str, which Number"),
        (Strict(n=2), "twice is 4 of type int, which Strict writes in a form that it"),
        (Swapped(b=1, a=2), "a is 1 of type int, but would be read back as 2"),
        (Keyed(by={(1, 2): "a"}), "which Keyed writes in a form that it does not read"),
        (Holder(base=Special(n=0, more="x")), "base.more is 'x'"),
        (Holder(secret=Secret(3)), "secret is a Secret"),
    ],
)
def test_a_model_that_is_read_back_as_another_is_refused(value, says):
    """Whatever pydantic makes of it; the error names the field and both types."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydantic's own, of what was not validated
        with pytest.raises(ConversionError) as raised:
            default_engine.to_literal(value, type(value))
    assert says in str(raised.value)


class OneWay(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)
    n: int = Field(serialization_alias="N")


class BothWays(BaseModel):
    model_config = ConfigDict(serialize_by_alias=True)
    n: int = Field(alias="N")
    choice: int = Field(0, validation_alias=AliasChoices("c", "d"))
    deep: int = Field(0, validation_alias=AliasPath("e", 0))


class Numbers(RootModel[dict[str, int]]):
    """A dict of numbers."""


def test_aliases_that_cannot_be_read_are_refused_with_the_interface():
    """Other aliases work in both directions."""
    with pytest.raises(UnsupportedTypeError, match="serialization_alias 'N'"):
        default_engine.literal_type(OneWay)
    for value in (BothWays(N=1, c=2), Numbers({"a": 1}), Numbers({})):
        assert back(value, type(value)) == value


@pytest.mark.parametrize(
    ("value", "path", "says"),
    [
        ({"a": [1, {"b": Point()}]}, ("a", 1, "b"), "a.1.b is Point(x=0) of type Poi"),
        ({"a": dt.date(2026, 1, 1)}, ("a",), "of type date, which cannot be packed"),
        ({"a": 2**64}, ("a",), "its range is 64 bits"),
        ({"a": "\ud800"}, ("a",), "lone surrogates"),
        ({"a": {(1, 2): 3}}, (), "cannot be read back: expected keys that are str"),
    ],
)
def test_a_dict_that_cannot_be_packed_or_read_back(value, path, says):
    """The innermost part is named, with its type."""
    with pytest.raises(ConversionError) as raised:
        default_engine.to_literal(value, dict)
    assert says in str(raised.value)
    assert raised.value.path == path


@dataclasses.dataclass
class Measured:
    n: int = 0
    rate: float = 0.0
    good: bool = False
    name: str = ""


def test_scalars_of_numpy_are_packed():
    """In dataclasses, dicts and unions, as they are in lists."""
    numpy = pytest.importorskip("numpy")
    row = Measured(
        numpy.int8(3), numpy.float32(0.5), numpy.bool_(True), numpy.str_("a")
    )
    assert back(row, Measured) == Measured(3, 0.5, True, "a")
    assert back({"a": numpy.int64(3)}, dict) == {"a": 3}
    for value, expected in ((numpy.int64(2), 2), (numpy.float64(2.5), 2.5)):
        for union in (int | float, int | float | None, str | int | float):
            found = back(value, union)
            assert (found, type(found)) == (expected, type(expected))
    with pytest.raises(ConversionError, match="datetime64, which cannot be packed"):
        back({"a": numpy.datetime64("2026-01-01")}, dict)


def test_times_of_pandas_and_numpy_are_taken_where_nothing_is_lost():
    """Nanoseconds would be lost."""
    numpy, pandas = pytest.importorskip("numpy"), pytest.importorskip("pandas")
    day = dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc)
    for moment in (
        pandas.Timestamp("2026-01-01"),
        pandas.Timestamp("2026-01-01", tz="UTC"),
        numpy.datetime64("2026-01-01T00:00:00.000000000"),
        numpy.datetime64("2026-01-01T00:00:00"),
    ):
        assert back(moment, dt.datetime) == day
        assert back(moment, dt.datetime | None) == day
    for second in (pandas.Timedelta("1s"), numpy.timedelta64(10**9, "ns")):
        assert back(second, dt.timedelta) == dt.timedelta(seconds=1)
    for value, python_type in (
        (pandas.Timestamp("2026-01-01 00:00:00.000000001"), dt.datetime),
        (numpy.datetime64("2026-01-01T00:00:00.000000001"), dt.datetime),
        (pandas.Timedelta("1ns"), dt.timedelta),
        (pandas.NaT, dt.datetime),
        (numpy.datetime64("NaT"), dt.datetime),
        (pandas.NA, int),
    ):
        with pytest.raises(ConversionError):
            default_engine.to_literal(value, python_type)


def test_a_default_that_is_not_json_is_refused_with_the_interface():
    """As of pydantic's dataclasses with aliases."""

    @pydantic.dataclasses.dataclass
    class Renamed:
        a: int = Field(alias="A")

    with pytest.raises(UnsupportedTypeError, match="has a part that is not JSON"):
        default_engine.literal_type(Renamed)
