"""Forms as HTML: native elements with their own names, and nothing that acts."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser
from typing import Any

import pytest
from form_types import Colour, Options
from xss import PAYLOADS

import kit
from kit.definition.interface import Docstring
from kit.forms.events import acted, typed, used
from kit.forms.form import Form
from kit.forms.html import Drawing, input_html, problem_html, short_sentence
from kit.forms.variables import Variable


class Found(HTMLParser):
    """Collects elements with their attributes, and checks that each is closed."""

    VOID = ("input", "img", "br")

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, Any]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data

    def control(self, key: str) -> tuple[str, dict[str, Any]]:
        """Return the control of a field."""
        return next(
            found for found in self.elements if found[1].get("data-kit-field") == key
        )

    def buttons(self) -> list[tuple[str, str]]:
        """Return the actions and their keys."""
        return [
            (facts["data-kit-action"], facts["data-kit-value"])
            for tag, facts in self.elements
            if tag == "button"
        ]


def drawn(made: Form, name: str, drawing: Drawing | None = None) -> Found:
    """Draw an input."""
    return Found(input_html(made.inputs[name], drawing))


def form(**inputs: Any) -> Form:
    """Make the form of these inputs."""
    return Form(kit.Interface(inputs))


def test_native_elements():
    """A line, lines, a box to tick, a list, a file."""
    made = form(n=(int, 3), s=(str, "a\nb"), b=bool, c=(Colour, Colour.BLUE))
    made = Form(kit.Interface({**made_types(made), "f": kit.FlyteFile}))
    tags = {name: drawn(made, name).control(f"in/{name}")[0] for name in made.inputs}
    assert tags == {
        "n": "input", "s": "textarea", "b": "input", "c": "select", "f": "input",
    }  # fmt: skip
    files = [f for tag, f in drawn(made, "f").elements if f.get("type") == "file"]
    assert [f["data-kit-upload"] for f in files] == ["in/f"]


def made_types(made: Form) -> dict[str, Any]:
    """Return the types of a form's inputs."""
    return {name: entry.python_type for name, entry in made.inputs.items()}


def test_controls_have_the_names_of_their_fields():
    """And not their paths."""
    made = form(x=Options)
    found = [facts for _, facts in drawn(made, "x").elements]
    names = [f["aria-label"] for f in found if f.get("role") == "group"]
    assert names == ["x", "limits", "tags"]
    assert drawn(made, "x").control("in/x/.limits/.low")[1]["aria-label"] == "low"


def test_what_was_typed_is_shown_to_the_letter():
    """Also what would be spelled out elsewhere: it is sent back as it is."""
    odd = "\n\u202ea\x07\t\"'<&"
    made = typed(form(s=str), "s", odd)
    assert odd in drawn(made, "s").text
    one_line = typed(form(n=int), "n", odd)
    assert drawn(one_line, "n").control("in/n")[1]["value"] == odd


def test_a_long_text_is_not_put_into_a_page():
    """Its size is told, and another one can be typed."""
    found = drawn(Form(kit.Interface({"s": (str, "x" * 1_000_000)})), "s")
    assert "1,000,000 characters" in found.text
    assert found.buttons() == [("form.clear", "s")]


def test_rows_can_be_added_and_removed():
    """By keys that stay."""
    made = acted(form(rows=(list[int], [1])), "add", "rows")
    assert drawn(made, "rows").buttons() == [
        ("form.remove", "rows/#1"),
        ("form.remove", "rows/#2"),
        ("form.add", "rows"),
        ("form.json", "rows"),
    ]


def test_groups_are_folded_until_they_are_needed():
    """A default is one line; what is edited, wrong or needed is open."""

    def is_open(made: Form) -> bool:
        entry = made.inputs["x"]
        found = drawn(made, "x", Drawing(entry.reading.problems))
        return "open" in next(f for tag, f in found.elements if tag == "details")

    filled = form(x=(list[int], [1]))
    assert not is_open(filled)
    assert is_open(typed(filled, "x/#1", "2"))
    assert is_open(form(x=Options))


def test_problems_are_beside_their_fields():
    """One short sentence each, and the whole of it on request."""
    made = typed(form(x=Options), "x/.limits/.low", "low")
    entry = made.inputs["x"]
    html = input_html(entry, Drawing(entry.reading.problems))
    low = html[html.index("in/x/.limits/.low") :]
    assert low.index("'low' is no whole number.") < low.index("in/x/.limits/.high")
    assert Found(html).control("in/x/.limits/.low")[1]["aria-invalid"] == "true"
    long = problem_html("It is wrong. " + "Because " * 100)
    assert Found(long).text.startswith("It is wrong.more")
    assert long.count("<details>") == 1
    assert "<details>" not in problem_html("It is wrong.")


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("'x' is no whole number.", "'x' is no whole number."),
        ("One sentence. " + "x" * 200, "One sentence."),
        ("expected one of " + "a, " * 100, None),
        ("x" * 500, "x" * 100 + "…"),
        ("a\nb" + "c" * 200, None),
    ],
)
def test_a_sentence_is_short(text, short):
    """It ends where a sentence or a part of one ends."""
    found = short_sentence(text)
    assert len(found) <= 101
    assert "\n" not in found
    assert short is None or found == short


def test_variables_are_a_menu():
    """The chosen one is shown in the place of the control."""
    variables = (Variable("df", "DataFrame, 3 rows"), Variable("k", "int 1"))
    made = form(n=int)
    found = drawn(made, "n", Drawing(variables=variables))
    assert found.control("in/n=")[0] == "select"
    assert "df (DataFrame, 3 rows)" in found.text
    chosen = used(made, "n", "k", {"k": 1})
    found = drawn(chosen, "n", Drawing(variables=variables))
    assert [f for _, f in found.elements if f.get("data-kit-field") == "in/n"] == []
    assert found.buttons() == [("form.clear", "n")]
    assert "k int 1" in found.text


def test_a_union_has_its_types_and_the_field_of_one():
    """Side by side, where the field is one control."""
    made = typed(form(u=int | str | None), "u", "0")
    found = drawn(made, "u")
    assert found.control("in/u")[1]["aria-label"] == "type of u"
    assert found.control("in/u/|")[0] == "input"
    nested = typed(form(u=Options | None), "u", "0")
    assert drawn(nested, "u").control("in/u/|/.limits/.low")


def everything(text: str) -> Form:
    """Make a form that has a text wherever there can be one."""
    odd = dataclasses.make_dataclass("odd", [("a", str)])
    text = text.replace("\0", "")
    described = Docstring(f"Do.\n\nArgs:\n    s: {text}\n")
    interface = kit.Interface(
        {"s": (str, text), "d": (dict[str, str], {text: text}), "o": (odd, odd(text)),
         "u": (str | None, text), "n": int},
        docstring=described,
    )  # fmt: skip
    return typed(Form(interface), "n", text)


def shape(made: Form, text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return the elements of all inputs with the names of their attributes."""
    variables = (Variable("v", text),)
    shapes = []
    for entry in made.inputs.values():
        drawing = Drawing(entry.reading.problems, variables)
        shapes += [
            (tag, tuple(facts))
            for tag, facts in Found(input_html(entry, drawing)).elements
        ]
    return [one for one in shapes if one[0] not in ("details", "summary", "p")]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_of_a_task_acts(payload):
    """The elements and attributes are those of harmless text."""
    plain = shape(everything("harmless"), "harmless")
    without = [one for one in shape(everything(payload), payload) if one[0] != "div"]
    assert without == [one for one in plain if one[0] != "div"]
