"""Events of a form: each makes another form, and changes nothing of the one before."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
from form_types import Colour, Limits, Options

import kit
from kit.errors import CallError
from kit.forms.events import acted, field_key, received, refreshed, typed, used
from kit.forms.fields import MOST_UPLOADED, Upload
from kit.forms.form import Form

pd = pytest.importorskip("pandas")


def form(values: dict[str, Any] | None = None, /, **inputs: Any) -> Form:
    """Make the form of these inputs."""
    return Form(kit.Interface(inputs), values)


def problems(made: Form) -> list[str]:
    """Return what is wrong with a form."""
    return [problem.text for problem in made.read().problems]


def test_a_form_stays_as_it_is():
    """What is typed is in the form that comes of it."""
    before = form(n=int, rows=list[int], x=Options)
    after = typed(before, "n", "3")
    after = acted(after, "add", "rows")
    after = typed(after, field_key("rows", "#1"), "7")
    after = typed(after, field_key("x", ".limits", ".low"), "1")
    assert after.read().value == {"n": 3, "rows": [7], "x": Options(Limits(1))}
    assert not before.read().ok
    assert before.inputs["rows"].field.rows == []
    assert before.inputs["n"].field.text == ""


def test_only_the_input_that_was_typed_into_is_another_one():
    """So that all others are neither read nor drawn again."""
    before = form(a=int, b=int)
    after = typed(before, "a", "1")
    assert after.inputs["b"] is before.inputs["b"]
    assert after.inputs["b"].reading is before.inputs["b"].reading


def test_rows_keep_their_keys_when_another_one_goes():
    """An event that was on its way reaches the row that it was for."""
    made = form(rows=(list[int], [1, 2, 3]))
    keys = [step for step, _ in made.inputs["rows"].field.steps()]
    made = acted(made, "remove", field_key("rows", keys[0]))
    made = typed(made, field_key("rows", keys[2]), "30")
    assert made.read().value == {"rows": [2, 30]}
    with pytest.raises(CallError, match="no field 'rows/#1' any more"):
        typed(made, field_key("rows", keys[0]), "9")
    with pytest.raises(CallError, match="any more"):
        acted(made, "remove", field_key("rows", keys[0]))


def test_a_dict_has_rows_with_keys():
    """Both are typed."""
    made = acted(form(d=dict[str, float]), "add", "d")
    made = typed(made, "d/#1key", "a/b #{|")
    made = typed(made, "d/#1", "2.5")
    assert made.read().value == {"d": {"a/b #{|": 2.5}}
    assert acted(made, "remove", "d/#1").read().value == {"d": {}}


def test_names_may_have_what_keys_are_made_of():
    """Names of fields are no steps of other kinds, in any script."""
    odd = dataclasses.make_dataclass("odd", [("json", int), ("größe", int)])
    made = form(größe=odd)
    made = typed(made, field_key("größe", ".json"), "1")
    made = typed(made, field_key("größe", ".größe"), "2")
    assert made.read().value == {"größe": odd(1, 2)}
    assert field_key("größe", ".a/b").isascii()


def test_choices_by_position():
    """Words of users are no values of elements."""
    made = form(c=Colour, u=int | str | None, b=bool)
    made = typed(made, "c", "2")
    made = typed(made, "u", "1")
    made = typed(made, "u/|", "7")
    made = typed(made, "b", value=True)
    assert made.read().value == {"c": Colour.BLUE, "u": "7", "b": True}
    assert typed(made, "c", "0").read().problems
    for key, wrong in (("c", "3"), ("c", "-1"), ("c", "²"), ("u", "x"), ("u", "")):
        with pytest.raises(CallError, match="no option"):
            typed(made, key, wrong)


@pytest.mark.parametrize(
    "key", ["", "m", "n/.a", "n/#1", "x/.limits", "x/.nope", "x/{", "rows/#9", "u/#1"]
)
def test_a_key_of_no_field_is_an_error(key):
    """A page may be older than its form."""
    made = form(n=int, x=Options, rows=list[int], u=int | None)
    with pytest.raises(CallError, match="redrawn meanwhile"):
        typed(made, key, "1")


@pytest.mark.parametrize(
    ("action", "key"),
    [("add", "n"), ("json", "n"), ("fields", "n"), ("clear", "x/.tags"), ("boil", "n")],
)
def test_an_action_that_a_field_does_not_know_is_an_error(action, key):
    """And no row is added to a number."""
    with pytest.raises(CallError, match="redrawn meanwhile"):
        acted(form(n=int, x=Options), action, key)


def test_json_and_back():
    """What was typed as JSON is in the fields."""
    made = acted(form(x=(Limits, Limits(1))), "json", "x")
    made = typed(made, "x/{", '{"low": 2, "high": 3}')
    assert made.read().value == {"x": Limits(2, 3.0)}
    made = acted(made, "fields", "x")
    assert made.inputs["x"].field.at(["low"]).text == "2"
    assert typed(made, "x/.low", "4").inputs["x"].field.is_edited


def test_no_more_rows_than_fit():
    """A page that asks for more gets none."""
    made = form(rows=(list[int], list(range(50))))
    assert len(acted(made, "add", "rows").inputs["rows"].field.rows) == 50


def test_uploaded_files():
    """One file, a folder's files one after the other, and one that is too large."""
    made = form(f=kit.FlyteFile, d=kit.FlyteDirectory)
    made = received(made, "f", [Upload("a.csv", b"x")])
    assert Path(str(made.inputs["f"].read().value)).read_bytes() == b"x"
    for name in ("a", "b"):
        made = received(made, "d", [Upload(name, name.encode())])
    folder = Path(str(made.inputs["d"].read().value))
    assert sorted(path.name for path in folder.iterdir()) == ["a", "b"]
    with pytest.raises(CallError, match="too many to upload"):
        received(made, "f", [Upload("b", bytes(MOST_UPLOADED + 1))])
    with pytest.raises(CallError, match="redrawn"):
        received(form(n=int), "n", [Upload("a", b"")])


def test_a_variable_is_a_value_until_something_is_typed():
    """The object itself, under its name."""
    frame = pd.DataFrame({"a": [1, 2]})
    space = {"df": frame, "n": 3}
    made = used(form(t=pd.DataFrame, n=int), "t", "df", space)
    made = used(made, "n", "n", space)
    assert made.read().value["t"] is frame
    assert (made.inputs["n"].field.variable, made.inputs["n"].field.text) == ("n", "3")
    assert typed(made, "n", "4").inputs["n"].field.variable == ""
    cleared = acted(made, "clear", "t")
    assert problems(cleared) == ["Needed: where a table is stored: a path or URL."]


def test_a_variable_is_looked_up_again():
    """It may have another value by the time of a run; one that is gone keeps its."""
    made = used(form(n=int), "n", "k", {"k": 1})
    assert refreshed(made, {"k": 2}).read().value == {"n": 2}
    assert refreshed(made, {"k": "text"}).read().value == {"n": 1}
    assert refreshed(made, {}) is made


def test_a_variable_that_does_not_fit_is_an_error():
    """Or one that is not there."""
    made = form(n=int)
    with pytest.raises(CallError, match=r"'s' is a str; 'n' takes int\."):
        used(made, "n", "s", {"s": "x"})
    with pytest.raises(CallError, match="no variable 'gone'"):
        used(made, "n", "gone", {})


def test_a_variable_is_kept_when_the_task_is_defined_again():
    """As what was typed is."""
    made = used(form(n=int, m=(int, 1)), "n", "k", {"k": 1})
    after = form(n=int, m=(int, 2))
    after.take_over(made)
    assert after.read().value == {"n": 1, "m": 2}
    assert after.inputs["n"].field.variable == "k"


def test_a_table_in_memory_has_no_path():
    """A default that is one is held, and its field is empty."""
    frame = pd.DataFrame({"a": [1]})
    made = form({"t": frame}, t=pd.DataFrame)
    field = made.inputs["t"].field
    assert (field.text, field.holds_table) == ("", True)
    assert made.read().value["t"] is frame
    assert not typed(made, "t", "a.csv").inputs["t"].field.holds_table
