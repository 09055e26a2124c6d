from __future__ import annotations

import importlib
import time

import pytest
from flyteidl.core import errors_pb2, execution_pb2

from kit.errors import (
    ConversionError,
    ExecutorError,
    IgnoreOutputs,
    OutputError,
    RecoverableError,
    StorageError,
    TemplateError,
)
from kit.shim.error_document import (
    MAX_MESSAGE_BYTES,
    Terminated,
    error_document,
    error_file_name,
    is_ignore_outputs,
    parse_error_document,
)
from kit.shim.executable import call_author

Kind = errors_pb2.ContainerError.Kind
Origin = execution_pb2.ExecutionError.ErrorKind


def caught(error, *, by_author=True):
    """Raise an error, through the author's side or not, and return it."""

    def author():
        raise error

    try:
        call_author(author) if by_author else author()
    except BaseException as raised:  # noqa: BLE001 - the test's own error
        return raised
    raise AssertionError


def described(error, **kwargs):
    """Raise an error and return what its document says of it."""
    return error_document(caught(error, **kwargs)).error


def test_error_of_the_author():
    """An executor's exception is the user's and not worth another attempt."""
    error = described(ValueError("bad thing"))
    assert error.origin == Origin.USER
    assert error.kind == Kind.NON_RECOVERABLE
    assert error.code == "USER:ValueError"
    assert error.worker == ""
    assert abs(error.timestamp.seconds - time.time()) < 60


def test_message_has_flytekits_form():
    """Trace and summary stand under the headings of flytekit's documents."""
    message = described(ValueError("bad thing")).message
    assert message.startswith("Trace:\n\n    Traceback (most recent call last):\n")
    assert message.endswith("\nMessage:\n\n    ValueError: bad thing")


def test_trace_has_no_frames_of_kit():
    """The trace begins in the author's code."""
    message = described(ValueError("bad thing")).message
    assert "in author" in message
    assert "boundary.py" not in message
    assert "in caught" not in message


@pytest.mark.parametrize(
    "error", [RecoverableError("later"), type("Mine", (RecoverableError,), {})()]
)
def test_recoverable(error):
    """An executor can say that another attempt may help."""
    assert described(error).kind == Kind.RECOVERABLE
    assert described(error).origin == Origin.USER


@pytest.mark.flytekit
def test_recoverable_of_flytekit():
    """A recoverable exception of flytekit is one here too, with its code and time."""
    from flytekit.exceptions.user import FlyteRecoverableException

    error = described(FlyteRecoverableException("later", timestamp=12.5))
    assert error.kind == Kind.RECOVERABLE
    assert error.code == "USER:Recoverable"
    assert (error.timestamp.seconds, error.timestamp.nanos) == (12, 500_000_000)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (StorageError("not now"), Kind.RECOVERABLE),
        (RuntimeError("unforeseen"), Kind.RECOVERABLE),
        (TemplateError("foreign bytes"), Kind.NON_RECOVERABLE),
        (ConversionError("wrong literal"), Kind.NON_RECOVERABLE),
        (Terminated("stopped"), Kind.RECOVERABLE),
    ],
)
def test_errors_around_the_author(error, kind):
    """What fails around an executor is the system's; only some may go better."""
    document = described(error, by_author=False)
    assert document.origin == Origin.SYSTEM
    assert document.kind == kind


@pytest.mark.parametrize("error", [ExecutorError("no such"), OutputError("no int")])
def test_what_the_author_wrote_is_theirs(error):
    """An executor that cannot be loaded and a wrong output are the user's errors."""
    document = described(error, by_author=False)
    assert (document.origin, document.kind) == (Origin.USER, Kind.NON_RECOVERABLE)
    assert "in caught" not in document.message


def test_unforeseen_error_keeps_its_frames():
    """Where kit itself breaks, its frames are what helps."""
    assert "in caught" in described(RuntimeError("x"), by_author=False).message


@pytest.mark.parametrize("code", ["MINE:42", 42])
def test_own_error_code(code):
    """An exception may bring its code."""
    error = ValueError("x")
    error.error_code = code
    assert described(error).code == str(code)


def test_own_error_code_that_fails():
    """A property that raises does not keep the error from being told."""

    class Odd(Exception):  # noqa: N818
        timestamp = float("nan")

        @property
        def error_code(self):
            raise RuntimeError

    error = described(Odd("x"))
    assert error.code == "USER:Odd"
    assert error.timestamp.seconds > 0


def test_cause_is_shown():
    """The chain of an author's exception is in the trace."""
    error = ValueError("outer")
    error.__cause__ = KeyError("inner")
    assert "KeyError: 'inner'" in described(error).message


def test_long_message_is_cut_in_the_middle():
    """A message beyond the bound keeps both of its ends."""
    message = described(ValueError("ä" * 3 * MAX_MESSAGE_BYTES)).message
    assert MAX_MESSAGE_BYTES - 100 < len(message.encode()) <= MAX_MESSAGE_BYTES
    assert message.startswith("Trace:")
    assert "bytes are left out here" in message
    assert message.endswith("ä")


def test_text_that_is_no_unicode():
    """A lone surrogate does not keep the document from being written."""
    error = described(ValueError("\udc80"))
    assert "\\udc80" in error.message


def test_exception_whose_text_fails():
    """An exception that cannot be printed is still described."""

    class Broken(Exception):  # noqa: N818
        def __str__(self):
            raise RuntimeError

    assert "Broken: <exception str() failed>" in described(Broken()).message


def test_error_in_the_call_itself():
    """A call that does not fit the executor's signature is the user's error."""
    try:
        call_author(lambda a: a, b=1)
    except TypeError as error:
        document = error_document(error).error
    assert document.origin == Origin.USER
    assert "boundary.py" not in document.message


def test_error_while_importing(tmp_path, monkeypatch):
    """The trace of a failing import begins in the author's module."""
    (tmp_path / "broken_on_import.py").write_text("1 / 0\n")
    monkeypatch.syspath_prepend(tmp_path)
    try:
        call_author(importlib.import_module, "broken_on_import")
    except ZeroDivisionError as error:
        document = error_document(error).error
    assert document.origin == Origin.USER
    assert "importlib" not in document.message
    assert "broken_on_import.py" in document.message


def test_distributed_worker():
    """A distributed task's worker says its name and writes a file of its own."""
    environ = {"_F_DES": "Earliest", "_F_WN": "worker-3"}
    document = error_document(caught(ValueError("x")), environ)
    assert document.error.worker == "worker-3"
    assert error_file_name({}) == "error.pb"
    names = {error_file_name(environ) for _ in range(2)}
    assert len(names) == 2
    assert all(n.startswith("error-") and n.endswith(".pb") for n in names)


def test_parse():
    """A document is read back; other bytes are an error."""
    document = error_document(caught(ValueError("x")))
    assert parse_error_document(document.SerializeToString()) == document
    for data in (b"", b"\xff\xff"):
        with pytest.raises(StorageError):
            parse_error_document(data)


def test_ignore_outputs():
    """Ours is recognized, anything else is not."""
    assert is_ignore_outputs(IgnoreOutputs())
    assert is_ignore_outputs(type("Mine", (IgnoreOutputs,), {})())
    assert not is_ignore_outputs(ValueError())


@pytest.mark.flytekit
def test_ignore_outputs_of_flytekit():
    """The one of flytekit is recognized by its name."""
    from flytekit.core.base_task import IgnoreOutputs as Theirs

    assert is_ignore_outputs(Theirs())
