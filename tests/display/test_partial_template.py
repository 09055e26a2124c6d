"""A broken task is shown: the error in its place, and the rest."""

from __future__ import annotations

import pytest
from display_tasks import SETTINGS, FullTask, full_task

import kit
from kit.display.html import fragment
from kit.display.of_template import summarize_task
from kit.display.summary import Code, Finding


def section_of(task, title):
    """Return the items of a section."""
    return summarize_task(task, SETTINGS).section(title).items


class Raises(FullTask):
    """Raises in a function that get_custom calls."""

    def get_custom(self, settings):
        """Raise."""
        return self._helper({})

    def _helper(self, values):
        return values["missing"]


def test_an_error_of_get_custom_stands_in_its_place():
    """With the author's frames and none of kit's."""
    finding, trace = section_of(full_task(Raises), "Custom")
    assert finding == Finding("error", "KeyError: 'missing'", path="custom")
    assert "in _helper" in trace.text
    assert "in get_custom" in trace.text
    assert "kit/" not in trace.text.replace(__file__, "")
    assert trace.text.endswith("KeyError: 'missing'")


def test_the_rest_of_the_view_stands():
    """Everything but the part that failed is as it would be."""
    whole = summarize_task(full_task(), SETTINGS)
    broken = summarize_task(full_task(Raises), SETTINGS)
    for title in ("Interface", "Command", "Resources", "Secrets", "Metadata", "Config"):
        assert broken.section(title) == whole.section(title)
    assert broken.badges[0].text == "incomplete"


LOOP: dict = {}
LOOP["self"] = LOOP


@pytest.mark.parametrize(
    ("custom", "message"),
    [
        ({"a": {1, 2}}, "Object of type set is not JSON serializable"),
        ({"a": b"bytes"}, "Object of type bytes is not JSON serializable"),
        ({"a": {object(): 1}}, "cannot be in JSON"),
        (LOOP, "Circular reference"),
        ("text", "must return a dictionary"),
        ({"a": "\ud800"}, "no Unicode text"),
        ({"kit.inline": 1}, "kit's own"),
    ],
)
def test_what_is_no_json_is_told(custom, message):
    """Sets, bytes, loops, half characters."""

    class Odd(FullTask):
        """Returns it."""

        def get_custom(self, settings):
            return custom

    summary = summarize_task(full_task(Odd), SETTINGS)
    findings = [
        item
        for section in summary.sections
        for item in section.items
        if isinstance(item, Finding)
    ]
    assert any(message in finding.message for finding in findings)
    assert "<article" in fragment(summary)


@pytest.mark.parametrize(
    ("method", "title"),
    [
        ("get_container", "Command"),
        ("get_image", "Command"),
        ("get_command", "Command"),
        ("get_config", "Config"),
        ("get_k8s_pod", "Pod"),
        ("get_sql", "SQL"),
        ("get_extended_resources", "Resources"),
    ],
)
def test_an_error_of_any_method_stands_in_its_place(method, title):
    """Each part has a section that says what went wrong."""

    def fail(self, settings):
        raise RuntimeError("went wrong")

    broken = type("Broken", (FullTask,), {method: fail})
    items = section_of(full_task(broken), title)
    assert items[0].message == "RuntimeError: went wrong"
    assert isinstance(items[1], Code)


def test_a_task_without_an_interface_is_shown():
    """Its error is where the inputs would be."""
    task = full_task(interface=None)
    (finding,) = section_of(task, "Interface")
    assert "interface" in finding.message


def test_an_image_that_no_setting_knows_is_told():
    """The error of the image stands with the container."""
    task = full_task(container_image="{{.image.nothing.fqn}}:1")
    finding = section_of(task, "Command")[0]
    assert "nothing" in finding.message


def test_an_error_without_text_is_named():
    """An error whose own text fails is told by its class."""

    class MuteError(Exception):
        """Fails to say what it is."""

        def __str__(self):
            raise ValueError

    class Odd(FullTask):
        """Raises it."""

        def get_custom(self, settings):
            raise MuteError

    assert section_of(full_task(Odd), "Custom")[0].message == "MuteError"


def test_the_interrupt_key_is_not_an_error_of_the_task():
    """What the user stops, stops."""

    class Slow(FullTask):
        """Is interrupted."""

        def get_custom(self, settings):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        summarize_task(full_task(Slow), SETTINGS)


def test_a_missing_get_custom_says_what_to_add():
    """Without frames: kit's own sentence is enough."""
    (finding,) = section_of(full_task(kit.PythonCustomizedContainerTask), "Custom")
    assert "Add a method get_custom" in finding.message


class EndsTask(FullTask):
    """Ends the process, as argparse does with arguments it does not know."""

    def get_custom(self, settings):
        """Exit."""
        raise SystemExit(2)


def test_an_exit_is_an_error_of_the_task():
    """It ends neither the notebook nor the command."""
    task = full_task(EndsTask)
    assert section_of(task, "Custom")[0].message == "SystemExit: 2"
    assert kit.check(task).errors[0].words == "SystemExit: 2"
    assert "SystemExit: 2" in str(kit.prove(task).failure)
    assert kit.preview(task).edits.text("custom") == ""


class SilentError(Exception):
    """Fails to say what it is."""

    def __str__(self):
        raise ValueError


class UnwritableError(dict):
    """Looks like a dictionary, until it is read."""

    def items(self):
        """Raise."""
        raise SilentError


@pytest.mark.parametrize("custom", [UnwritableError(a=1), {"a": UnwritableError(b=1)}])
def test_what_is_returned_may_raise_too(custom):
    """A dictionary of the author's own is code of the author's own."""

    class Odd(FullTask):
        """Returns it."""

        def get_custom(self, settings):
            return custom

    task = full_task(Odd)
    assert section_of(task, "Custom")[0].message == "SilentError"
    assert kit.check(task).errors[0].words == "SilentError"
    assert "SilentError" in str(kit.prove(task).failure)


@pytest.mark.parametrize("method", ["get_container", "get_config"])
def test_a_report_tells_of_an_error_without_text(method):
    """By its class, wherever it is raised."""

    def fail(self, settings):
        raise SilentError

    broken = full_task(type("Broken", (FullTask,), {method: fail}))
    assert "SilentError" in {finding.words for finding in kit.check(broken).errors}
