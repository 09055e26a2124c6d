from __future__ import annotations

import io
import re

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from kit.difference.diff import diff
from kit.display.console import make_console, print_summary
from kit.display.html import sides_html
from kit.display.of_reports import summarize_difference
from kit.display.summary import Code, Facts, Finding


def template(**custom) -> TaskTemplate:
    """Make a template with this custom."""
    made = TaskTemplate(type="sql")
    made.id.name = "lab.query"
    made.metadata.SetInParent()
    made.custom.update(custom)
    return made


def shown(old: TaskTemplate, new: TaskTemplate) -> dict[str, tuple]:
    """Return the items of the sections that are shown, by title."""
    summary = summarize_difference(diff(new, against=old))
    return {section.title: section.items for section in summary.sections}


def lines(old: TaskTemplate, new: TaskTemplate) -> str:
    """Return the lines of the only change."""
    codes = [item for items in shown(old, new).values() for item in items]
    (code,) = [item for item in codes if isinstance(item, Code)]
    return code.text


def test_what_it_means_comes_first_and_then_each_change():
    """Grouped by the gravest impact."""
    old, new = template(n=1), template(n=2)
    new.interface.inputs.variables["x"].type.simple = SimpleType.STRING
    new.container.image = "acme/query:2"
    sections = shown(old, new)
    assert [title for title, items in sections.items() if items] == [
        "Meaning",
        "Interface break",
        "Image",
        "Behaviour",
    ]
    facts, broken, verdict = sections["Meaning"]
    assert isinstance(facts, Facts)
    assert broken == Finding(
        "error", "Callers of the old one break: interface.inputs.x."
    )
    assert verdict.severity == "warning"
    assert verdict.words.startswith("lab.query task with different structure")
    assert sections["Interface break"] == (
        Code("+ str", "diff", "interface.inputs.x: callers must pass it"),
    )
    assert sections["Behaviour"] == (
        Code("- 1\n+ 2", "diff", "custom.n: the executor reads it"),
    )


def test_nothing_different_is_said_in_a_word():
    """And what registering it again would do."""
    summary = summarize_difference(diff(template(), against=template()))
    assert summary.status == "identical"
    assert sum(bool(section.items) for section in summary.sections) == 1


def test_the_cache_is_told_of():
    """A miss with the parts of the key; old results with what to do."""
    old, new = template(n=1), template(n=2)
    for made in (old, new):
        made.metadata.discoverable = True
        made.metadata.discovery_version = "1"
    stale = shown(old, new)["Meaning"][1]
    assert stale.advice == "Give the task another cache version."
    new.metadata.discovery_version = "2"
    missed = shown(old, new)["Meaning"][1]
    assert missed.message == "Cached results are missed: the key differs in version."


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        ("a", "b", '- "a"\n+ "b"'),
        (1, 2.5, "- 1\n+ 2.5"),
        (True, None, "- true\n+ null"),
        ({"a": [1]}, "1", '- {"a": [1]}\n+ "1"'),
        ("a\nb\nc\n", "a\nB\nc\n", "  a\n- b\n+ B\n  c"),
        ("a\nb", "a\nb\n", "- (other line ends)\n+ (other line ends)"),
        ("a\nb", "c", '- a\n- b\n+ "c"'),
    ],
)
def test_values_are_shown_as_json_has_them(before, after, text):
    """Texts of several lines as a diff of them."""
    assert lines(template(v=before), template(v=after)) == text


def test_types_have_the_names_an_author_writes():
    """And where the names are alike, what differs is shown."""
    old, new = template(), template()
    integer = LiteralType(simple=SimpleType.INTEGER)
    old.interface.inputs.variables["x"].type.CopyFrom(integer)
    variable = new.interface.inputs.variables["x"]
    variable.type.collection_type.CopyFrom(integer)
    assert lines(old, new) == "- int\n+ list[int]"
    for made, tag in ((old, "a"), (new, "b")):
        union = made.interface.inputs.variables["x"].type.union_type
        union.variants.add(simple=SimpleType.INTEGER).structure.tag = tag
    text = lines(old, new)
    assert '"tag": "a"' in text
    assert '"tag": "b"' in text


def test_variables_and_resources_are_shown_by_their_values():
    """Their names are in the path."""
    old, new = template(), template()
    old.container.image = new.container.image = "i"
    new.container.env.add(key="A", value="1")
    assert lines(old, new) == "+ 1"
    old.container.env.add(key="B", value="")
    new.container.env.add(key="B", value="")
    old.container.env.add(key="A", value="1")
    assert lines(old, new) == "- B, A\n+ A, B"


def test_long_texts_are_bounded():
    """Five thousand lines, one megabyte on a line, a hundred thousand lines."""
    old = template(v="\n".join(f"line {n}" for n in range(5_000)))
    new = template(v="\n".join(f"Line {n}" for n in range(5_000)))
    text = lines(old, new)
    assert text.count("\n") == 40
    assert text.endswith("more lines")
    assert len(lines(template(v="x" * 2**20), template(v="y" * 2**20))) < 1_000
    many = lines(template(v="x\n" * 100_000), template(v="y\n" * 100_000))
    assert many == "- 100,000 lines\n+ 100,000 lines"


def test_both_sides_of_long_texts_are_cut_alike():
    """What is not shown is counted, and so is what stays."""
    old = "\n".join(f"line {n}" for n in range(5_000))
    text = lines(template(v=old), template(v=old.upper()))
    assert text.count("- line") == text.count("+ LINE") == 20
    assert text.endswith("… 9,960 more lines")
    changed = old.replace("line 2500\n", "  line 2500\n")
    assert lines(template(v=old), template(v=changed)).split("\n") == [
        "… 2,498 lines the same",
        *("  line 2498", "  line 2499"),
        *("- line 2500", "+   line 2500"),
        *("  line 2501", "  line 2502"),
        "… 2,497 lines the same",
    ]


def test_html_has_old_beside_new():
    """Lines that stay stand across; a block is not zipped with the next one."""
    text = "  a\n- b\n+ B\n+ C\n- d\n… 3 lines the same"
    assert _rows(sides_html(text)) == [
        ["  a"],
        ["- b", "+ B"],
        ["", "+ C"],
        ["- d", ""],
        ["… 3 lines the same"],
    ]


def _rows(drawn: str) -> list[list[str]]:
    body = drawn.partition("<tbody>")[2]
    return [
        [re.sub("<[^>]*>", "", cell) for cell in row.split("</td>")[:-1]]
        for row in body.split("</tr>")[:-1]
    ]


def test_many_changes_are_counted():
    """A hundred of a kind are shown."""
    old = template(**{f"k{n}": 0 for n in range(150)})
    new = template(**{f"k{n}": 1 for n in range(150)})
    items = shown(old, new)["Behaviour"]
    assert len(items) == 101
    assert items[-1].message == "50 more changes of this kind are not shown."


def test_source_is_shown_without_its_hash():
    """One change of the author's is one change for the reader."""
    inline = {"source": "a\nb\n", "sha256": "1", "module": "m_1"}
    old = template(**{"kit.inline": inline})
    new = template(
        **{"kit.inline": {"source": "a\nc\n", "sha256": "2", "module": "m_2"}}
    )
    (code,) = shown(old, new)["Behaviour"]
    assert code.caption == (
        "custom['kit.inline'].source: the executor's source, "
        "whose name and hash differ with it"
    )
    new.custom["kit.inline"]["source"] = "a\nb\n"
    assert len(shown(old, new)["Behaviour"]) == 2


def test_a_terminal_gets_nothing_it_obeys():
    """Keys, values and names are a task's."""
    old = template(**{"\x1b[31mkey": "\x1b]0;title\x07"})
    new = template(**{"\x1b[31mkey": "[red]x\u202e"})
    new.id.name = old.id.name = "\x1b[2Jname"
    file = io.StringIO()
    found = diff(new, against=old)
    print_summary(summarize_difference(found), make_console(file))
    text = file.getvalue()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "[red]" in text
    assert max(map(len, text.splitlines())) <= 80
