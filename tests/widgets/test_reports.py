"""Reports and differences as live views: filtered, repaired, beside each other."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import kit

pytest.importorskip("ipywidgets")

from kit.widgets.live_face import live_face
from kit.widgets.reports import DifferenceView, ReportView


def load(tt, n: int) -> int:
    """Do nothing with a number."""
    return n


def made(**facts) -> kit.PythonCustomizedContainerTask:
    """Make a task of that function."""
    return kit.container_task(image="ghcr.io/acme/a:1", name="etl.load", **facts)(load)


def faulty() -> kit.PythonCustomizedContainerTask:
    """Make a task that asks for more than its limit, with a key that nobody reads."""
    return made(
        requests=kit.Resources(cpu="1100m"),
        limits=kit.Resources(cpu="1"),
        custom={"unread": 1},
    )


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.text = ""

    def handle_data(self, data: str) -> None:
        self.text += f"{data} "


def text_of(widget) -> str:
    """Return what a widget of HTML tells."""
    parser = _Text()
    parser.feed(widget.value)
    return " ".join(parser.text.split())


def body(view) -> str:
    """Return what the part that is filtered tells."""
    return text_of(view._body)


def menu(view, label: str):
    """Return a menu of a view."""
    return view._choices._menus[label]


def test_a_report_is_a_table_that_is_filtered():
    """By severity, by when it happens, and by any text."""
    report = kit.check(faulty())
    view = ReportView(report)
    assert len(report.findings) > len(report.errors) > 0
    assert f"{len(report.findings)} of {len(report.findings)} findings" in body(view)
    menu(view, "severity").value = "error"
    assert f"{len(report.errors)} of {len(report.findings)} findings" in body(view)
    assert report.errors[0].rule in body(view)
    view._choices._text.value = "no finding says this"
    assert body(view) == f"0 of {len(report.findings)} findings"
    view.close()


def test_a_click_repairs_the_task_and_checks_it_again():
    """And says what to write to keep it."""
    task = faulty()
    view = ReportView(kit.check(task))
    before = [button.description for button in view._buttons.children]
    assert before
    view._buttons.children[0].click()
    assert kit.check(task).ok
    assert "limits" in text_of(view._code)
    assert len(view._buttons.children) < len(before)
    assert text_of(view._head).startswith("check etl.load")
    assert "error" not in text_of(view._head)
    view.close()


def test_a_report_of_a_template_has_nothing_to_click():
    """There is no task to change."""
    view = ReportView(
        kit.check(kit.task_template(faulty(), kit.SerializationSettings()))
    )
    assert view._buttons.children == ()
    view.close()


def test_a_difference_stands_side_by_side():
    """Filtered by what it means, and by any text."""
    old = made(environment={"A": "1"}, requests=kit.Resources(cpu="1"))
    new = made(environment={"A": "2"}, requests=kit.Resources(cpu="2"))
    view = DifferenceView(kit.diff(new, against=old))
    assert "2 of 2 changes" in body(view)
    assert '<td class="kit-gone"><code>- 1</code></td>' in view._body.value
    assert '<td class="kit-come"><code>+ 2</code></td>' in view._body.value
    menu(view, "impact").value = "resources"
    assert "1 of 2 changes" in body(view)
    assert "container.env" not in body(view)
    view.close()


def test_long_texts_are_compared_line_by_line():
    """Lines that stay stand once, across both sides."""
    lines = [f"line {n}" for n in range(5_000)]
    old = made(custom={"code": "\n".join(lines)})
    lines[2_500] = "another"
    new = made(custom={"code": "\n".join(lines)})
    view = DifferenceView(kit.diff(new, against=old))
    assert '<td colspan="2"><code>  line 2499</code></td>' in view._body.value
    assert (
        '<td class="kit-gone"><code>- line 2500</code></td>'
        '<td class="kit-come"><code>+ another</code></td>' in view._body.value
    )
    assert len(view._body.value) < 5_000
    view.close()


def test_no_text_of_a_task_becomes_an_element():
    """Neither in a table nor beside another."""
    evil = "<img src=x onerror=alert(1)>"
    task = made(environment={"A": evil}, custom={evil: evil})
    views = (
        ReportView(kit.check(task)),
        DifferenceView(kit.diff(task, against=made(environment={"A": "1"}))),
    )
    for view in views:
        assert "<img" not in view._body.value
        view.close()


def test_only_a_notebook_gets_a_live_face():
    """Elsewhere a report is HTML and text."""
    report = kit.check(faulty())
    assert set(report._repr_mimebundle_()) == {"text/plain", "text/html"}
    face = live_face(report)
    assert list(face) == ["application/vnd.jupyter.widget-view+json"]
    assert live_face(object()) == {}
