from __future__ import annotations

import dataclasses
from html.parser import HTMLParser
from pathlib import Path

import pytest

from kit.inline import function_executor
from kit.shim.context import Deck, use_context, write_decks
from kit.shim.decks import FieldDecks, source_code, values_table
from kit.shim.inline_modules import fresh_module

FIELDS = "Source Code,Dependencies,Timeline,Input,Output"


def test_deck_goes_to_the_current_run(context):
    """A new deck is added to the run, unless told not to."""
    with use_context(context):
        deck = Deck("plot", "<b>1</b>")
        Deck("apart", auto_add_to_deck=False)
    assert context.decks == [deck]
    assert deck.append("<i>2</i>").html == "<b>1</b>\n<i>2</i>"


def test_default_deck_is_one(context):
    """The default deck is made once and is among the run's decks."""
    context.default_deck.append("x")
    assert context.default_deck.html == "\nx"
    assert [deck.name for deck in context.decks] == ["default"]


def test_page_escapes_everything_but_a_decks_html(context, tmp_path):
    """A task's or deck's name cannot act; a deck's HTML is shown as it is."""
    context.task_id.name = "<script>a()</script>"
    context.decks.append(Deck("<img src=x>", "<b>bold</b>", auto_add_to_deck=False))
    page = Path(write_decks(context, str(tmp_path / "deck.html"))).read_text("utf-8")
    assert "<script" not in page
    assert "<img" not in page
    assert "<b>bold</b>" in page
    assert "&lt;img src=x&gt;" in page


def test_page_is_the_same_twice(context, tmp_path):
    """Nothing random or timed is in the page."""
    context.decks.append(Deck("a", "b", auto_add_to_deck=False))
    first = write_decks(context, str(tmp_path / "1.html"))
    second = write_decks(context, str(tmp_path / "2.html"))
    assert Path(first).read_bytes() == Path(second).read_bytes()


def test_publish(context, tmp_path):
    """The page can be written while the task runs, if there is to be one."""
    for enabled in (False, True):
        running = dataclasses.replace(
            context, enable_deck=enabled, output_metadata_prefix=str(tmp_path)
        )
        with use_context(running):
            Deck("early", "<b>so far</b>").publish()
        assert (tmp_path / "deck.html").exists() is enabled
    assert "<b>so far</b>" in (tmp_path / "deck.html").read_text("utf-8")


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def handle_starttag(self, tag, attrs):
        self.seen.append((tag, attrs))


def test_hostile_values_are_escaped():
    """Names, types and values of inputs add no tag of their own."""
    hostile = "</td><script>a()</script><svg onload=a()>"
    kind = type(hostile, (), {"__repr__": lambda _: hostile})
    tags = Tags()
    tags.feed(values_table({hostile: hostile, "b": kind(), "c": [hostile]}))
    assert {tag for tag, _ in tags.seen} <= {"table", "tr", "th", "td", "code"}
    assert all(not attrs or attrs == [("class", "kit")] for _, attrs in tags.seen)


def test_long_values_are_shortened():
    """A large value does not make a large page."""
    drawn = values_table({"text": "x" * 10**6, "list": list(range(10**5))})
    assert len(drawn) < 5000


def test_a_value_that_cannot_be_printed():
    """A failing repr does not fail the run."""

    class Broken:
        def __repr__(self):
            raise RuntimeError

    assert "Broken" in values_table({"b": Broken()})


@pytest.mark.parametrize("name", ["array", "list", "dict", "deque", "int"])
def test_a_class_named_like_pythons_own(name):
    """A class is not taken for another one of its name."""
    made = type(name, (), {"__repr__": lambda _: "drawn by itself"})
    assert "drawn by itself" in values_table({"a": made(), "b": [made()]})


def test_dataframe_as_a_table():
    """A DataFrame is drawn with its first and last rows."""
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"<b>": range(100)})
    drawn = values_table({"frame": frame})
    assert "&lt;b&gt;" in drawn
    assert "<td>9</td>" in drawn
    assert "<td>10</td>" not in drawn
    assert "<td>99</td>" in drawn


@pytest.mark.parametrize(
    ("deck", "config", "expected"),
    [
        (False, {"kit.deck_fields": FIELDS}, []),
        (True, {"kit.deck_fields": FIELDS}, FIELDS.split(",")),
        (True, {"kit.deck_fields": "Timeline"}, ["Timeline"]),
        (True, {"kit.deck_fields": ""}, []),
        (True, {}, ["Input", "Output"]),
    ],
)
def test_fields_are_told_by_the_template(make_template, deck, config, expected):
    """The template says which fields there are; flytekit's has inputs and outputs."""
    made = []
    decks = FieldDecks.of(make_template(deck=deck, config=config))
    with decks.collected(made, Tags), decks.timed("executor"):
        decks.show_inputs({"a": 1})
        decks.show_outputs(2)
    assert [deck.name for deck in made] == expected
    content = {deck.name: deck.html for deck in made}
    if "Source Code" in content:
        assert "Collects the tags of a page." in content["Source Code"]
        assert "protobuf" in content["Dependencies"]
        assert "executor" in content["Timeline"]
        assert "<th>a</th><td>int</td><td><code>1</code>" in content["Input"]


def sample(tt):
    """Stand for a function that is a task."""


def test_the_source_of_a_function():
    """An executor that was made of a function shows the function."""
    drawn = source_code(function_executor(sample))
    assert "Stand for a function that is a task." in drawn


def test_the_source_that_came_inline():
    """Source that is in no file is shown from the template."""
    text = "def inlined(tt):\n    'Came along.'\n"
    code = compile(text, "<kit_inline_deck>", "exec")
    module = fresh_module("kit_inline_deck", text, code, owner=("lab", "inlined"))
    assert "Came along." in source_code(function_executor(module.inlined))


def test_source_that_is_nowhere():
    """The deck says so, and the name cannot act."""
    assert "<p" in source_code(type("<b>", (), {}))
    assert "<b>" not in source_code(type("<b>", (), {}))


def test_fields_of_a_run_that_failed():
    """What is known when the executor fails is still shown."""
    made = []
    decks = FieldDecks(("Input", "Output", "Timeline"))
    decks.show_inputs({"a": 1})
    with pytest.raises(ValueError, match="x"), decks.collected(made, Tags):
        raise ValueError("x")
    assert [deck.name for deck in made] == ["Input", "Timeline"]
