"""What kit.run cannot run is refused before anything starts."""

from __future__ import annotations

import pytest

import kit
from kit.errors import (
    CallError,
    ConversionError,
    PlatformError,
    StorageError,
    TargetNotFoundError,
    TemplateError,
)


class Echo(kit.ShimTaskExecutor):
    """Tells its inputs."""

    def execute_from_model(self, tt, **kwargs):
        """Return the inputs as text."""
        return str(sorted(kwargs.items()))


class Task(kit.PythonCustomizedContainerTask[None]):
    """Has no custom."""

    def get_custom(self, settings):
        """Return nothing."""
        return {}


INTERFACE = kit.Interface({"grams": int, "unit": (str, "g")}, {"told": str})
echo = Task("bad.echo", None, "acme/x:1", Echo, interface=INTERFACE)


@pytest.mark.parametrize(
    ("inputs", "error", "words"),
    [
        ({}, CallError, "Input grams of type .* pass grams=…"),
        ({"gram": 1}, CallError, "'gram' in function 'bad.echo'. Did you mean 'grams'"),
        ({"grams": 1, "x": 2}, CallError, "'x' in function.* Its inputs are"),
        ({"grams": "x"}, ConversionError, r"got 'x' of type(.|\n)*at inputs\.grams"),
        ({"grams": None}, ConversionError, r"cannot be None(.|\n)*at inputs\.grams"),
        ({"grams": 2**64}, ConversionError, r"64 bit(.|\n)*at inputs\.grams"),
    ],
)
def test_inputs(inputs, error, words):
    """Missing, extra and wrong ones, in a call as in a run."""
    for call in (echo, lambda **given: kit.run(echo, inputs=given)):
        with pytest.raises(error, match=words):
            call(**inputs)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"timeout": -1}, "A timeout is a positive number of seconds, got -1"),
        ({"timeout": "1m"}, "A timeout is a positive number of seconds, got '1m'"),
        ({"time_out": 1}, "'time_out' in kit.run. Did you mean 'timeout'?"),
        ({"runner": "subproces"}, "Did you mean 'subprocess'?"),
        ({"runner": 5}, "or an object with a method run, got 5"),
        (
            {"runner": kit.SubprocessRunner},
            "or an object with a method run, got <class",
        ),
        ({"inputs": 5}, "inputs must map names to values, got 5"),
        ({"directory": 5}, "directory must be the path of a folder, got 5"),
        ({"directory": "a\0b"}, r"path of a folder, got 'a\\x00b'"),
    ],
)
def test_options(options, words):
    """Each says the value and what was expected."""
    with pytest.raises(CallError, match=words):
        kit.run(echo, grams=1, **options)


@pytest.mark.parametrize("thing", [5, Echo, None])
def test_what_is_no_task(thing):
    """The error says what kit.run takes."""
    with pytest.raises(CallError, match=r"kit\.run takes a task, .* got"):
        kit.run(thing, grams=1)


def test_a_text_names_a_task():
    """As on the command line; the module has to be there."""
    with pytest.raises(TargetNotFoundError, match="No module 'bad'"):
        kit.run("bad.echo", grams=1)


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/kit-run"])
def test_directories_that_cannot_be_written(tmp_path, place):
    """A file where a folder should be, and a place where nobody can write."""
    (tmp_path / "file").touch()
    with pytest.raises(StorageError, match="folder of the run cannot be written"):
        kit.run(echo, grams=1, directory=tmp_path / place)


def test_what_was_forgotten_or_mistyped_is_said_in_kits_words(tmp_path):
    """Not in Python's."""
    task = kit.container_task(image="a:1", name="triple")(_triple)
    with pytest.raises(CallError, match=r"takes inputs by name, got 3: write n=…\."):
        kit.run(task, 3)
    with pytest.raises(
        CallError, match=r"kit\.diff compares with something: pass against"
    ):
        kit.diff(task)
    for function in (kit.check, kit.arrives):
        with pytest.raises(PlatformError, match=r"'sandbx'.* Did you mean 'sandbox'\?"):
            function(task, platform="sandbx")
        with pytest.raises(PlatformError, match="3 is not a platform"):
            function(task, platform=3)
    assert kit.arrives(task, platform="flyte-core").platform.name == "flyte-core"
    with pytest.raises(TemplateError, match="read from a path or a URL, got 3"):
        kit.read_template(3)
    with pytest.raises(
        StorageError, match=r"^No file 'nope\.zip': expected a run that"
    ):
        kit.Run.load("nope.zip")
    with pytest.raises(StorageError, match="is a folder: expected a run that"):
        kit.replay(tmp_path)
    with pytest.raises(
        StorageError, match=r"saved to .*: No such file or directory\.$"
    ):
        kit.run(task, n=1, runner="in-process").save(tmp_path / "no" / "x.zip")
    assert kit.task_template(task).id.name == "triple"


def _triple(tt, n: int) -> int:
    return 3 * n
