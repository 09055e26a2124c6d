"""Values that would be read back as other ones are refused when they are written."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import enum
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from kit.errors import ConversionError, UnsupportedTypeError
from kit.types import default_engine


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
