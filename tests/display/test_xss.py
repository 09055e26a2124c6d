"""Nothing shown can act: text of tasks stays text, in every place of the HTML."""

from __future__ import annotations

import enum
import re
from html.parser import HTMLParser

import pytest
from display_tasks import Executor
from xss import PAYLOADS, everywhere

import kit
from kit.definition.interface import Docstring
from kit.display.html import fragment, page, stylesheet
from kit.display.notebook import summarize
from kit.display.summary import Summary

ELEMENTS = {
    *("article", "section", "details", "summary", "div", "p", "span", "b", "i"),
    *("strong", "small", "ul", "ol", "li", "table", "caption", "thead", "tbody", "tr"),
    *("th", "td", "pre", "code", "figure", "figcaption", "blockquote", "meter"),
}
ATTRIBUTES = {
    *("class", "aria-label", "title", "scope", "open", "role", "tabindex"),
    *("min", "max", "high", "optimum", "value", "colspan", "aria-hidden"),
}


class Found(HTMLParser):
    """Collects the elements, attributes, classes and texts of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: set[str] = set()
        self.classes: set[str] = set()
        self.texts: list[str] = []
        self.other: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.elements.append(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs).get("class") or ""
        self.classes |= {*values.split()}

    def handle_data(self, data):
        self.texts.append(data)

    def handle_comment(self, data):
        self.other.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def found_in(summary: Summary) -> Found:
    """Parse the HTML of a summary."""
    parser = Found()
    parser.feed(fragment(summary))
    parser.close()
    return parser


CLASSES = {*re.findall(r"kit[\w-]*", stylesheet()), "tex2jax_ignore", "mathjax_ignore"}
HARMLESS = found_in(everywhere("harmless"))


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_payload_adds_anything_to_the_page(payload):
    """Elements, attributes and classes are those of harmless text, as many times."""
    found = found_in(everywhere(payload))
    skipped = {"b"} if "{{.inputs" in payload else set()  # a macro is marked as one
    assert [e for e in found.elements if e not in skipped] == [
        e for e in HARMLESS.elements if e not in skipped
    ]
    assert found.attributes == HARMLESS.attributes
    assert found.classes - {"kit-macro"} == HARMLESS.classes
    assert found.other == []


def test_only_known_elements_and_attributes_are_drawn():
    """The list of what kit draws at all."""
    assert set(HARMLESS.elements) <= ELEMENTS
    assert HARMLESS.attributes <= ATTRIBUTES
    assert HARMLESS.classes <= CLASSES


@pytest.mark.parametrize("payload", PAYLOADS)
def test_a_page_has_one_script_less_head(payload):
    """The title and the stylesheet end where they should."""
    parser = Found()
    parser.feed(page(everywhere(payload)))
    assert parser.elements.count("title") == parser.elements.count("style") == 1
    assert "script" not in parser.elements


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_of_a_task_adds_anything(payload):
    """Through the real way: a task with the payload in all its texts."""
    task = _task(payload)
    other = _task("harmless")
    differences = kit.diff(task, against=other), kit.diff(other, against=task)
    for thing in (task, kit.check(task), *differences):
        found = found_in(summarize(thing))
        assert set(found.elements) <= ELEMENTS
        assert found.attributes <= ATTRIBUTES
        assert found.classes <= CLASSES
        assert found.other == []


def _task(text: str) -> kit.PythonCustomizedContainerTask:
    text = text.replace("\0", "")  # which protobuf takes and Flyte's database does not

    class Evil(kit.PythonCustomizedContainerTask):
        """Has it in custom and config."""

        def get_custom(self, settings):
            return {text: [text, {text: text}]}

        def get_config(self, settings):
            return {text: text}

    size = enum.Enum("Size", {"A": text})
    described = Docstring(f"{text}\n\nArgs:\n    n: {text}\n    size: {text}\n")
    return Evil(
        f"name {text}",
        None,
        "acme/evil:1",
        Executor,
        task_type=text,
        environment={"KEY": text},
        interface=kit.Interface({"n": (str, text), "size": size}, docstring=described),
        metadata=kit.TaskMetadata(
            cache=True, cache_version=text, deprecated=text, labels={text: text}
        ),
        secret_requests=[kit.Secret(text, text, group_version=text)],
    )


@pytest.mark.parametrize("payload", PAYLOADS)
def test_an_error_of_a_task_adds_nothing(payload):
    """What get_custom raises is shown with its traceback, as text."""

    class Failing(kit.PythonCustomizedContainerTask):
        """Raises the payload."""

        def get_custom(self, settings):
            raise ValueError(payload)

    found = found_in(summarize(Failing("t", None, "i:1", Executor)))
    assert set(found.elements) <= ELEMENTS
    assert found.attributes <= ATTRIBUTES
    assert found.other == []
