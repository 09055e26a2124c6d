"""The HTML face: semantic, and readable without its stylesheet."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from display_tasks import SETTINGS, full_task, plain_task

from kit.display.html import fragment, page, style_element, stylesheet
from kit.display.of_template import summarize_task
from kit.display.summary import Code, Section, Summary, Table, Tree


def parsed(summary: Summary) -> ET.Element:
    """Parse the HTML of a summary, which is well-formed enough for XML."""
    return ET.fromstring(fragment(summary))  # noqa: S314 - it is our own


def text_of(element: ET.Element) -> str:
    """Return all text in an element."""
    return "".join(element.itertext())


def test_tables_have_heads_for_columns_and_rows():
    """A reader's software can say what a cell belongs to."""
    tables = list(parsed(summarize_task(full_task(), SETTINGS)).iter("table"))
    assert tables
    for table in tables:
        assert {head.get("scope") for head in table.iter("th")} <= {"row", "col"}
        for row in table.findall("tbody/tr"):
            assert [cell.get("scope") for cell in row.findall("th")] == ["row"]


def test_sections_fold_without_a_script():
    """Sections for a closer look are closed, the others open."""
    tree = parsed(
        Summary(
            "task",
            "t",
            (
                Section("Open", (Code("a"),)),
                Section("Closed", (Code("b"),), detail=True),
                Section("Empty", ()),
            ),
        )
    )
    folds = tree.findall("section/details")
    assert ["open" in fold.attrib for fold in folds] == [True, False]
    assert [text_of(fold.find("summary")) for fold in folds] == ["Open", "Closed"]
    assert not list(tree.iter("script"))


def test_there_is_no_inline_style_and_no_heading():
    """Styles are in the stylesheet; headings would join the notebook's own."""
    drawn = fragment(summarize_task(full_task(), SETTINGS))
    assert "style=" not in drawn
    assert not re.search(r"<h\d", drawn)


def test_mathjax_is_kept_out():
    """Dollars in commands are no formulas."""
    article = parsed(Summary("task", "t", ()))
    assert {"tex2jax_ignore", "mathjax_ignore"} <= {*article.get("class").split()}


def test_macros_are_marked():
    """In commands and in tables of words."""
    tree = parsed(
        Summary(
            "task",
            "t",
            (
                Section("C", (Code("run {{.input}} {{.no}}", "shell"),)),
                Section(
                    "T", (Table(("a",), (("{{.inputs.x}}",),), styles=("macros",)),)
                ),
            ),
        )
    )
    marked = [b.text for b in tree.iterfind(".//b[@class='kit-macro']")]
    assert marked == ["{{.input}}", "{{.inputs.x}}"]


def test_trees_fold_their_branches():
    """Branches are details, leaves are not; long texts have a box of their own."""
    value = {"a": {"b": [1.0, None, True]}, "c": "x", "d": "y\nz", "e": {}}
    tree = parsed(Summary("t", "t", (Section("T", (Tree(value),)),)))
    heads = [text_of(head) for head in tree.iterfind(".//li/details/summary")]
    assert heads == ["a 1 entry", "b 3 entries", "d text, 2 lines"]
    leaves = [code.text for code in tree.iterfind(".//li/code")]
    assert leaves == ["1.0", "null", "true", '"x"', "{}"]


def test_every_rule_of_the_stylesheet_is_kits_own():
    """Nothing outside of kit's elements is styled."""
    bare = re.sub(r"/\*.*?\*/", "", stylesheet(), flags=re.DOTALL)
    selectors = re.findall(r"([^{};]+)\{", bare)
    for selector in selectors:
        if not selector.strip().startswith("@"):
            plain = re.sub(r"\([^()]*\)", "", selector)
            assert all(".kit" in part for part in plain.split(",")), selector


def test_the_usual_task_is_small():
    """At most 40 KB with the stylesheet, and few rules."""
    summary = summarize_task(plain_task(ship="inline"), SETTINGS)
    assert len((style_element() + fragment(summary)).encode()) <= 40 * 1024
    assert len(stylesheet()) < 9 * 1024


def test_a_page_stands_for_itself():
    """It has a title, a language and the stylesheet."""
    drawn = page(Summary("task", "<t>", ()))
    assert drawn.startswith('<!doctype html>\n<html lang="en">')
    assert "<title>task &lt;t&gt;</title>" in drawn
    assert drawn.count("<style>") == 1
    assert 'aria-label="task &lt;t&gt;"' in drawn
