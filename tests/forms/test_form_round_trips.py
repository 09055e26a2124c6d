"""What a form shows of a value is that value again, whatever its type."""

from __future__ import annotations

import datetime as dt
from typing import Any

from form_types import Colour, Limits, Options
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.forms.fields import Field, TextField
from kit.forms.form import make_field
from kit.forms.nested import NestedField, UnionField

LIMITS = st.builds(Limits, st.integers(-9, 0), st.floats(1, 9))
PLAIN: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (int, st.integers(-(2**62), 2**62)),
    (float, st.floats(allow_nan=False)),
    (str, st.text()),
    (bool, st.booleans()),
    (dt.date, st.dates()),
    (dt.datetime, st.datetimes(timezones=st.just(dt.timezone.utc))),
    (dt.timedelta, st.integers(0, 10**7).map(lambda n: dt.timedelta(seconds=n))),
    (Colour, st.sampled_from(Colour)),
    (Limits, LIMITS),
    (Options, st.builds(Options, LIMITS, st.lists(st.text()), note=st.none())),
]


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Return types around types, each with a value of it."""
    return st.one_of(
        inner.flatmap(
            lambda pair: st.tuples(
                st.just(list[pair[0]]), st.lists(st.just(pair[1]), max_size=3)
            )
        ),
        inner.flatmap(
            lambda pair: st.tuples(
                st.just(dict[str, pair[0]]),
                st.dictionaries(st.text(min_size=1), st.just(pair[1]), max_size=3),
            )
        ),
        inner.map(lambda pair: (pair[0] | None, pair[1])),
        inner.map(lambda pair: (pair[0] | None, None)),
    )


PAIRS = st.recursive(
    st.one_of(*(st.tuples(st.just(kind), values) for kind, values in PLAIN)),
    nested,
    max_leaves=3,
)


def type_again(field: Field) -> None:
    """Type into each field of text what it shows, as if it had been typed."""
    if isinstance(field, UnionField):
        field.edited()
        if field.chosen is not None:
            type_again(field.chosen)
    elif isinstance(field, NestedField) and field.json is not None:
        type_again(field.json)
    elif isinstance(field, TextField):
        field.edited()
    else:
        field.edited()
        for _, part in field.parts():
            type_again(part)


@settings(deadline=None, max_examples=150)
@given(PAIRS)
def test_a_value_is_the_same_when_it_is_typed_as_it_is_shown(pair):
    """In fields, and as JSON."""
    python_type, value = pair
    field = make_field("x", python_type)
    field.give(value)
    assert field.read().value == value
    type_again(field)
    reading = field.read()
    assert reading.ok, reading.problems[0].text
    assert reading.value == value
    assert type(reading.value) is type(value)
    if isinstance(field, NestedField):
        field.use_json()
        field.json.edited()
        assert field.read().value == value


@settings(deadline=None, max_examples=150)
@given(PAIRS, st.text())
def test_whatever_is_typed_is_a_value_or_a_problem(pair, text):
    """And nothing else is ever raised."""
    field = make_field("x", pair[0])
    for leaf in field.leaves():
        if isinstance(leaf, TextField):
            leaf.type(text)
    reading = field.read()
    assert reading.ok or all(problem.text for problem in reading.problems)
