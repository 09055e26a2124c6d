"""What is marked of a summary that says something else than before."""

from __future__ import annotations

import pytest
from display_tasks import SETTINGS, full_task
from xss import PAYLOADS, everywhere

import kit
from kit.display.html import fragment
from kit.display.of_template import summarize_task
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Finding,
    Section,
    Summary,
    Table,
    Tree,
    highlight_changes,
)


def summary(*items) -> Summary:
    """Return a summary of one section."""
    return Summary("task", "t", (Section("S", items),))


def marked(item, before):
    """Mark one item."""
    return highlight_changes(summary(item), summary(before)).sections[0].items[0]


def test_the_same_has_no_marks():
    """Neither in the model nor in HTML."""
    of_task = summarize_task(full_task(), SETTINGS)
    html = fragment(highlight_changes(of_task, of_task))
    assert html == fragment(of_task)


def test_facts_tell_what_they_were():
    """A new one was nothing."""
    facts = Facts((Fact("a", "1"), Fact("b", "2"), Fact("c", "3")))
    before = Facts((Fact("a", "1"), Fact("b", "1")))
    found = marked(facts, before)
    assert [fact.before for fact in found.rows] == [None, "1", ""]
    html = fragment(summary(found))
    assert html.count('<tr class="kit-changed">') == 2
    assert html.count('<small class="kit-was">was 1</small>') == 1


def test_rows_tell_what_they_were():
    """By their first cell, wherever they stand."""
    table = Table(("k", "v"), (("x", "1"), ("a", "1"), ("b", "2")))
    found = marked(table, Table(("k", "v"), (("b", "1"), ("a", "1"))))
    assert found.before == ((), None, ("b", "1"))
    html = fragment(summary(found))
    assert '<td>2 <small class="kit-was">was 1</small></td>' in html


def test_tables_of_other_columns_are_not_compared():
    """Their cells mean something else."""
    table = Table(("k", "v"), (("a", "1"),))
    assert marked(table, Table(("k", "w"), (("a", "2"),))) == table


def test_lines_that_are_new_are_marked():
    """Macros in them stay marked too."""
    found = marked(Code("a\n{{.input}}", "shell"), Code("a\nb", "shell"))
    html = fragment(summary(found))
    line = '<mark class="kit-new"><b class="kit-macro">{{.input}}</b></mark>'
    assert f"<code>a\n{line}</code>" in html


def test_trees_unfold_what_changed():
    """The deepest places are marked, and what is above them is open."""
    value = {"a": {"b": [1, {"c": 2}], "d": 4}, "e": {"f": 1}}
    before = {"a": {"b": [1, {"c": 3}]}, "e": {"f": 1}}
    found = marked(Tree(value), Tree(before))
    assert found.changed == {("a", "b", 1, "c"), ("a", "d")}
    html = fragment(summary(found))
    assert html.count('<details open=""><summary><b>') == 4  # the section, a, b, 1
    assert html.count('<li class="kit-changed">') == 2


@pytest.mark.parametrize(("new", "old"), [(1, True), (0, False), (1.0, 1), ("", None)])
def test_values_of_other_types_are_other_values(new, old):
    """Though Python may call them equal."""
    assert marked(Tree({"a": new}), Tree({"a": old})).changed == {("a",)}


def test_what_has_no_partner_is_new():
    """A section that was not there, an item that was not in it."""
    now = Summary("task", "t", (Section("New", (Facts((Fact("a", "1"),)),)),))
    (item,) = highlight_changes(now, summary()).sections[0].items
    assert item.rows[0].before == ""
    finding = Finding("note", "m")
    assert marked(finding, Facts(())) == finding


def test_a_task_is_marked_where_it_was_changed():
    """In every section that tells of it."""
    before = summarize_task(full_task(), SETTINGS)
    other = full_task(requests=kit.Resources(cpu="2", mem="1024Mi"))
    found = highlight_changes(summarize_task(other, SETTINGS), before)
    resources = found.section("Resources").items[0]
    assert [row is not None for row in resources.before] == [True, False, False]
    assert "← " not in fragment(found)  # the arrow is the stylesheet's


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_acts_through_what_was_before(payload):
    """It is escaped as what is now."""
    html = fragment(highlight_changes(everywhere("now"), everywhere(payload)))
    assert "<script" not in html
    assert "<img" not in html
    assert "<svg" not in html
