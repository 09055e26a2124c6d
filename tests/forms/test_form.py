"""Filling in the inputs of a task."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from form_types import Colour, Limits, Model, Node, Options

import kit
from kit.definition.interface import Docstring
from kit.errors import CallError
from kit.forms.fields import MOST_UPLOADED, ChoiceField, Upload
from kit.forms.form import Form, make_field


def form(**inputs: Any) -> Form:
    """Make the form of these inputs."""
    return Form(kit.Interface(inputs))


def field(python_type: Any, **values: Any) -> Any:
    """Make a form of one input, and return its field."""
    return form(x=python_type).inputs["x"].field


def texts(reading: Any) -> list[tuple[str, str]]:
    """Return each problem's field and text."""
    return [(problem.field.label, problem.text) for problem in reading.problems]


@pytest.mark.parametrize(
    ("python_type", "text", "value"),
    [
        (int, "-3", -3),
        (float, "1e3", 1000.0),
        (str, "two\nlines", "two\nlines"),
        (str, "", ""),
        (dt.datetime, "2024-05-01", dt.datetime(2024, 5, 1, tzinfo=dt.timezone.utc)),
        (dt.timedelta, "1h30m", dt.timedelta(minutes=90)),
        (dt.date, "2024-05-01", dt.date(2024, 5, 1)),
        (dict, '{"a": [1]}', {"a": [1]}),
    ],
)
def test_what_is_typed_is_a_value_of_the_type(python_type, text, value):
    """As a flag of the command line is."""
    one = form(x=python_type)
    one.inputs["x"].field.type(text)
    assert one.read().value == {"x": value}


def test_a_text_that_is_no_value_says_why():
    """Beside its field, and all of them at once."""
    one = form(n=int, at=dt.datetime, who=str)
    one.inputs["n"].field.type("three")
    one.inputs["at"].field.type("soon")
    assert texts(one.read()) == [
        ("n", "'three' is no whole number."),
        ("at", "'soon' is no time: expected ISO 8601, as in 2024-05-01T10:00:00Z."),
        ("who", "Needed: text."),
    ]


def test_what_the_engine_refuses_the_form_refuses():
    """A number that Flyte's integers cannot hold is no input."""
    one = form(n=int)
    one.inputs["n"].field.type(str(2**70))
    (problem,) = one.read().problems
    assert problem.field is one.inputs["n"].field


def test_defaults_are_shown_and_held_as_they_are():
    """Until they are edited: a text may say less than the value."""
    one = form(a=(float, float("inf")), b=(dt.timedelta, dt.timedelta(microseconds=1)))
    assert one.inputs["a"].field.text == "inf"
    assert one.read().value == {"a": float("inf"), "b": dt.timedelta(microseconds=1)}
    one.inputs["a"].field.type("2")
    assert one.read().value["a"] == 2.0


def test_values_take_the_place_of_defaults():
    """And a name that is no input is refused."""
    interface = kit.Interface({"limit": (int, 3), "who": str})
    assert Form(interface, {"limit": 4, "who": "x"}).read().value == {
        "limit": 4,
        "who": "x",
    }
    with pytest.raises(CallError, match=r"no input 'limits'.*limit"):
        Form(interface, {"limits": 4})


def test_an_input_is_described_by_its_docstring_or_its_annotation():
    """And is required if it has no default, unless it may be nothing."""
    interface = kit.Interface(
        {"a": (int, 1), "b": Annotated[int, "how many"], "c": int | None},
        docstring=Docstring("Do.\n\nArgs:\n    a: What for."),
    )
    made = Form(interface)
    described = [entry.field.description for entry in made.inputs.values()]
    assert described == ["What for.", "how many", ""]
    assert [entry.is_required for entry in made.inputs.values()] == [False, True, False]


def test_choices():
    """Enums and literals have words; nothing is chosen at first."""
    one = form(colour=Colour, size=Literal[1, 2])
    colour, size = (entry.field for entry in one.inputs.values())
    assert (colour.words, size.words) == (("red", "blue"), ("1", "2"))
    assert texts(one.read()) == [
        ("colour", "Needed: choose one."),
        ("size", "Needed: choose one."),
    ]
    colour.choose("blue")
    size.choose("2")
    assert one.read().value == {"colour": Colour.BLUE, "size": 2}


def test_a_switch_is_off_at_first():
    """And needs no choice."""
    one = form(yes=bool)
    assert one.read().value == {"yes": False}
    one.inputs["yes"].field.switch(on=True)
    assert one.read().value == {"yes": True}


def test_nothing_is_chosen_where_it_may_be():
    """A union has a field for each of its members."""
    union = field(int | str | None)
    assert union.names == ("int", "str", "None")
    assert union.read().value is None
    union.choose(1)
    union.chosen.type("7")
    assert union.read().value == "7"
    union.choose(0)
    assert texts(union.read()) == [("x", "Needed: a whole number.")]


def test_a_default_chooses_its_member():
    """By its own type, or else by what the engine takes."""
    union = make_field("x", int | float | list[str])
    union.give(2.5)
    assert (union.position, union.chosen.text) == (1, "2.5")
    union.give(["a"])
    assert union.position == 2


def test_rows_come_and_go():
    """Each with the field of its element."""
    rows = field(list[int])
    assert rows.read().value == []
    for text in ("1", "x", "3"):
        rows.add()
        rows.rows[-1].type(text)
    assert [text for _, text in texts(rows.read())] == ["'x' is no whole number."]
    rows.remove(rows.rows[1])
    assert rows.read().value == [1, 3]


def test_a_dict_has_keys():
    """Each of them once."""
    rows = field(dict[str, float])
    for name, text in (("a", "1"), ("a", "2")):
        rows.add()
        rows.keys[-1].type(name)
        rows.rows[-1].type(text)
    assert texts(rows.read()) == [("x key", "There is a key 'a' already.")]
    rows.keys[-1].type("b")
    assert rows.read().value == {"a": 1.0, "b": 2.0}


def test_a_dataclass_has_a_field_for_each_of_its_own():
    """With their defaults, descriptions, and what the class has against a value."""
    one = form(x=Options)
    options = one.inputs["x"].field
    limits = options.at(["limits"])
    low = options.at(["limits", "low"])
    assert (low.description, low.label) == ("Where it begins.", "low")
    assert options.at(["note"]).description == "anything"
    low.type("3")
    assert texts(limits.read()) == [
        ("limits", "ValueError: low must not be above high")
    ]
    low.type("1")
    options.at(["tags"]).add()
    options.at(["tags", 0]).type("a")
    assert one.read().value == {"x": Options(Limits(1), ["a"])}


def test_a_model_says_which_of_its_fields_is_wrong():
    """In pydantic's words, beside the field."""
    one = form(x=Model)
    model = one.inputs["x"].field
    model.at(["size"]).type("0")
    assert texts(one.read()) == [("size", "Input should be greater than 0.")]
    model.at(["size"]).type("2")
    model.at(["names"]).add()
    model.at(["names"]).keys[0].type("a")
    model.at(["names", "a"]).type("1")
    assert one.read().value == {"x": Model(size=2, names={"a": 1})}


def test_a_tree_of_any_depth_has_a_form():
    """Fields are made when they are asked for."""
    tree = field(Node)
    tree.at(["name"]).type("root")
    tree.at(["children"]).add()
    tree.at(["children", 0, "name"]).type("leaf")
    assert tree.read().value == Node("root", [Node("leaf")])


def test_fields_can_be_json_and_json_fields():
    """What they hold stays; what does not fit stays JSON."""
    rows = field(list[int])
    rows.add()
    rows.rows[0].type("1")
    rows.use_json()
    assert rows.json.text == "[\n  1\n]"
    rows.json.type("[1, 2")
    assert "is no JSON" in rows.use_fields().problems[0].text
    rows.json.type(str(list(range(200))))
    assert "too much for fields" in rows.use_fields().problems[0].text
    rows.json.type("[1, 2]")
    assert rows.use_fields().ok
    assert [row.text for row in rows.rows] == ["1", "2"]
    assert rows.read().value == [1, 2]


def test_json_takes_what_was_edited_before():
    """And not the default that was there first."""
    rows = make_field("x", list[int])
    rows.give([1])
    rows.rows[0].type("5")
    rows.use_json()
    assert rows.read().value == [5]


def test_long_defaults_are_json():
    """Ten thousand rows are no form."""
    one = Form(kit.Interface({"x": (list[int], list(range(10_000)))}))
    assert one.inputs["x"].field.json is not None
    assert one.read().value["x"] == list(range(10_000))


def test_a_file_is_a_path_or_an_upload():
    """Which gets a safe name of its own."""
    one = form(x=kit.FlyteFile["csv"])
    upload = one.inputs["x"].field
    assert upload.accepts == ".csv"
    upload.type("/nowhere/a.csv")
    assert "does not exist" in texts(one.read())[0][1]
    upload.receive([Upload("../../etc/a.csv", b"1,2")])
    path = one.read().value["x"].path
    assert path.endswith("/a.csv")
    assert "etc" not in path
    assert Path(path).read_bytes() == b"1,2"


def test_a_folder_is_several_uploads():
    """None of which takes the place of another."""
    one = form(x=kit.FlyteDirectory)
    upload = one.inputs["x"].field
    upload.receive([Upload("a", b"1"), Upload("b/a", b"2"), Upload("..", b"3")])
    found = kit.FlyteDirectory.listdir(one.read().value["x"])
    assert sorted(str(entry.path).rpartition("/")[2] for entry in found) == [
        "1-a",
        "a",
        "upload",
    ]


def test_an_upload_has_its_bounds():
    """And says what to do beyond them; what was there stays."""
    upload = field(kit.FlyteFile)
    upload.type("/a")
    (problem,) = upload.receive([Upload("a", bytes(MOST_UPLOADED + 1))]).problems
    assert "too many to upload" in problem.text
    assert upload.text == "/a"


def test_a_table_is_read_from_what_was_uploaded():
    """In its own format, once for each state of the file."""
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": [1, 2]})
    one = form(x=pd.DataFrame, y=kit.StructuredDataset)
    table = one.inputs["x"].field
    table.receive([Upload("a.csv", frame.to_csv(index=False).encode())])
    one.inputs["y"].field.receive([Upload("a.parquet", frame.to_parquet())])
    value = one.read().value
    assert value["x"].equals(frame)
    assert value["y"].file_format == "parquet"
    assert one.read().value["x"] is value["x"]
    table.receive([Upload("a.parquet", b"none")])
    assert not one.read().ok


def test_what_has_no_form_is_json():
    """Read by the engine, as an executor would get it."""
    np = pytest.importorskip("numpy")
    one = form(x=dict[int, int], y=np.ndarray)
    one.inputs["y"].field.type('"/nowhere.npy"')
    assert not one.read().ok


def test_an_error_of_the_run_is_of_its_field():
    """By the path that it has."""
    one = form(x=Options)
    error = kit.errors.ConversionError("no", path=["inputs", "x", "limits", "low"])
    assert texts(one.refusals(error)["x"]) == [("low", "no")]
    assert one.refusals(kit.errors.ConversionError("no")) == {}


def test_three_hundred_inputs():
    """Are a form as any."""
    one = form(**{f"n{number}": (int, number) for number in range(300)})
    assert len(one.read().value) == 300


def test_a_newer_form_takes_over_what_was_typed():
    """Where the type is the same; defaults are the newer ones."""
    before = Form(kit.Interface({"a": (int, 1), "b": (int, 2), "c": int, "d": int}))
    before.inputs["a"].field.type("7")
    before.inputs["c"].field.type("8")
    after = Form(kit.Interface({"a": (int, 5), "b": (int, 6), "c": str, "d": (int, 9)}))
    after.take_over(before)
    shown = {name: entry.field.text for name, entry in after.inputs.items()}
    assert shown == {"a": "7", "b": "6", "c": "", "d": "9"}


def test_a_choice_of_given_options_takes_one_of_them():
    """A reader sees other words than the value has."""
    options = (("the task's own", ""), ("kit", "kit"))
    field = ChoiceField("runtime", str, options=options)
    field.give("")
    assert (field.chosen, field.words) == ("", ("", "kit"))
    field.choose("kit")
    assert field.read().value == "kit"
