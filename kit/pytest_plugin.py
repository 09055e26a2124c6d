"""Fixtures for the tests of task types: ``addopts = "-p kit.pytest_plugin"``.

``shim_run``
    Runs a task from its template's bytes and returns the :class:`~kit.Run`; the test
    fails, with the log, if the run does.
``template_snapshot``
    Compares a task's template with the one that is kept beside the tests, and shows
    what a difference means. ``pytest --update-templates`` keeps the present ones.

::

    def test_weigh(shim_run):
        assert shim_run(weigh, grams=[1000, 3000]).outputs.o0 == 2.0

    def test_weigh_as_registered(template_snapshot):
        template_snapshot(weigh)
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from kit.definition.settings import SerializationSettings
    from kit.running.run import Run

FOLDER = "__templates__"
"""Where snapshots are kept, beside the tests."""
_OPTION = "--update-templates"
_RELEASE = "metadata.runtime.version"  # kit's own, which changes with each release
_LAST_LINES = 20


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.getgroup("kit").addoption(
        _OPTION,
        action="store_true",
        help="keep the present templates of tasks as the expected ones",
    )


@pytest.fixture
def shim_run() -> Callable[..., Run]:
    """Run a task as its container does; the test fails if the run fails.

    The function takes what :func:`kit.run` takes. Without ``runner=`` the run takes
    place in the process of the test, where debuggers and coverage see it.
    """

    def run(task: Any, /, **options: Any) -> Run:
        import kit

        __tracebackhide__ = True
        options = {"runner": "in-process", "wait": True, **options}
        done = kit.run(task, **options)
        if done.phase.value != "SUCCEEDED":
            lines = [line.text for line in done.logs][-_LAST_LINES:]
            pytest.fail("\n".join([_text(done), *lines]), pytrace=False)
        return done

    return run


@pytest.fixture
def template_snapshot(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Compare the template of a task with the one that is kept beside the tests.

    The function takes the task, ``settings=`` and ``name=``, the name of the file if it
    is not to be that of the task.
    """
    folder = Path(request.path).parent / FOLDER
    update: bool = request.config.getoption(_OPTION)

    def compare(
        task: Any,
        /,
        *,
        settings: SerializationSettings | None = None,
        name: str | None = None,
    ) -> None:
        import kit

        __tracebackhide__ = True
        path = folder / f"{_file_name(name or task.name)}.yaml"
        used = settings or kit.SerializationSettings()
        if update:
            folder.mkdir(exist_ok=True)
            kit.write_template(kit.task_template(task, used), path)
            return
        if not path.exists():
            pytest.fail(
                f"There is no {path}. Run pytest {_OPTION} and look at what it kept.",
                pytrace=False,
            )
        difference = kit.diff(task, against=str(path), settings=used)
        if any(change.path != _RELEASE for change in difference.changes):
            pytest.fail(
                f"{_text(difference)}\n{path} is another template. If the task is as "
                f"it should be, run pytest {_OPTION}.",
                pytrace=False,
            )

    return compare


def _text(thing: Any) -> str:
    from kit.display.console import plain_text
    from kit.display.notebook import summarize

    return plain_text(summarize(thing))


def _file_name(name: str) -> str:
    return re.sub(r"[^\w.-]", "_", name)
