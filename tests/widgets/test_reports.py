"""Reports and differences as live views: filtered, repaired, beside each other."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

import kit

pytest.importorskip("ipywidgets")

from kit.widgets.live import Event
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


def html(view, key: str) -> str:
    """Return the HTML of a part of a view."""
    return next(part.html for part in view.parts if part.key == key)


def text_of(view, key: str) -> str:
    """Return what a part tells."""
    parser = _Text()
    parser.feed(html(view, key))
    return " ".join(parser.text.split())


def choose(view, name: str, value: str) -> None:
    """Choose a word of a menu, or type a text."""
    view.post(Event("field", f"filter.{name}", value))


def test_a_report_is_a_table_that_is_filtered():
    """By severity, by when it happens, and by any text; counts agree."""
    report = kit.check(faulty())
    view = ReportView(report)
    count = len(report.findings)
    assert count > len(report.errors) > 0
    assert text_of(view, "table").startswith(f"{count} findings ")
    choose(view, "severity", "error")
    assert f"{len(report.errors)} of {count} findings" in text_of(view, "table")
    assert report.errors[0].rule in text_of(view, "table")
    choose(view, "text", "no finding says this")
    assert text_of(view, "table") == f"0 of {count} findings"
    choose(view, "severity", "no severity")
    assert "expected a word of the menu" in view.alert
    view.close()


def test_a_press_repairs_the_task_and_checks_it_again():
    """And shows what to write to keep it."""
    task = faulty()
    view = ReportView(kit.check(task))
    before = html(view, "repairs").count("<button")
    assert before
    assert 'kit-badge kit-bad">' in html(view, "head")
    view.post(Event("action", "fix", "0"))
    assert kit.check(task).ok
    assert "limits" in text_of(view, "repairs")
    assert html(view, "repairs").count("<button") < before
    assert text_of(view, "head").startswith("check etl.load")
    assert "error" not in text_of(view, "head")
    assert 'kit-badge kit-bad">' not in html(view, "head")
    for wrong in ("99", "-1", "x", ""):
        view.post(Event("action", "fix", wrong))
    assert "limits" in text_of(view, "repairs")
    view.close()


def test_a_report_of_a_template_has_nothing_to_press():
    """There is no task to change."""
    view = ReportView(
        kit.check(kit.task_template(faulty(), kit.SerializationSettings()))
    )
    assert "<button" not in html(view, "repairs")
    view.close()


def test_a_difference_is_drawn_side_by_side():
    """Filtered by what it means, and by any text; its counts agree."""
    old = made(environment={"A": "1"}, requests=kit.Resources(cpu="1"))
    new = made(environment={"A": "2"}, requests=kit.Resources(cpu="2"))
    view = DifferenceView(kit.diff(new, against=old))
    assert text_of(view, "changes").startswith("2 changes ")
    assert "2 changes" in text_of(view, "head")
    body = html(view, "changes")
    assert '<td class="kit-gone"><code>- 1</code></td>' in body
    assert '<td class="kit-come"><code>+ 2</code></td>' in body
    choose(view, "impact", "resources")
    assert "1 of 2 changes" in text_of(view, "changes")
    assert "container.env" not in text_of(view, "changes")
    view.close()


def test_counts_of_a_difference_agree():
    """Also where changes follow from another one, and are not drawn."""

    def other(tt, n: int) -> int:
        return n + 1

    task = kit.container_task(image="ghcr.io/acme/a:1", name="etl.load")
    difference = kit.diff(task(other), against=task(load))
    view = DifferenceView(difference)
    count = text_of(view, "changes").partition(" change")[0]
    assert f" {count} change" in text_of(view, "head")
    view.close()


def test_long_texts_are_compared_line_by_line():
    """Lines that stay are drawn once, across both sides."""
    lines = [f"line {n}" for n in range(5_000)]
    old = made(custom={"code": "\n".join(lines)})
    lines[2_500] = "another"
    new = made(custom={"code": "\n".join(lines)})
    view = DifferenceView(kit.diff(new, against=old))
    body = html(view, "changes")
    assert '<td colspan="2"><code>  line 2499</code></td>' in body
    assert (
        '<td class="kit-gone"><code>- line 2500</code></td>'
        '<td class="kit-come"><code>+ another</code></td>' in body
    )
    assert len(body) < 5_000
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
        choose(view, "text", evil)
        assert all("<img" not in part.html for part in view.parts)
        view.close()


def test_only_a_notebook_gets_a_live_face():
    """Elsewhere a report is HTML and text."""
    report = kit.check(faulty())
    assert set(report._repr_mimebundle_()) == {"text/plain", "text/html"}
    face = live_face(report)
    assert list(face) == ["application/vnd.jupyter.widget-view+json"]
    assert live_face(object()) == {}
