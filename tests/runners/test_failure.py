from __future__ import annotations

import pytest
from flyteidl.core.errors_pb2 import ContainerError, ErrorDocument
from flyteidl.core.execution_pb2 import ExecutionError

import kit
from kit.errors import RunFailed
from kit.runners.outcome import Failure
from kit.shim.error_document import error_document

TRACE = """\
Trace:

    Traceback (most recent call last):
      File "x.py", line 1, in f
        raise ValueError("two\\nlines")
    ValueError: two
    lines

Message:

    ValueError: two
    lines"""


def document(message: str, **fields) -> ErrorDocument:
    """Make an error document."""
    return ErrorDocument(error=ContainerError(message=message, **fields))


def test_trace_and_message_are_told_apart():
    """The form of pyflyte-execute is taken apart, without its indentation."""
    failure = Failure.from_document(
        document(
            TRACE,
            code="USER:ValueError",
            kind=ContainerError.RECOVERABLE,
            origin=ExecutionError.USER,
        )
    )
    assert failure.type == "ValueError"
    assert failure.message == "two\nlines"
    assert failure.traceback.startswith("Traceback (most recent call last):\n  File")
    assert (failure.origin, failure.kind) == ("USER", "RECOVERABLE")
    assert failure.code == "USER:ValueError"
    assert str(failure) == "ValueError: two\nlines"


def test_a_message_of_another_form_is_kept_whole():
    """Documents that other SDKs write lose nothing."""
    failure = Failure.from_document(document("out of disk: /tmp", code="SYSTEM"))
    assert (failure.type, failure.message) == ("SYSTEM", "out of disk: /tmp")
    assert failure.traceback == ""
    assert (failure.origin, failure.kind) == ("UNKNOWN", "NON_RECOVERABLE")


def test_what_the_shim_writes_is_read_back():
    """A document made by kit's own container side gives type, text and traceback."""
    try:
        {}["missing"]
    except KeyError as error:
        failure = Failure.from_document(error_document(error))
    assert (failure.type, failure.message) == ("KeyError", "'missing'")
    assert 'File "' in failure.traceback
    assert failure.origin == "SYSTEM"


def test_an_exception_without_text_is_its_type():
    """``raise ValueError`` has a type and an empty message."""
    failure = Failure.from_document(error_document(ValueError()))
    assert (failure.type, failure.message) == ("ValueError", "")
    assert str(failure) == "ValueError"


def test_a_long_message_is_cut_in_the_exception_and_in_the_log(tmp_path):
    """Neither floods the page; error.pb in its directory has a megabyte."""

    @kit.container_task(image="a:1", name="quotes")
    def quotes(tt, n: int) -> int:
        raise ValueError("row " * n)

    run = kit.run(quotes, n=500_000, directory=tmp_path / "run")
    with pytest.raises(RunFailed) as raised:
        run.raise_for_error()
    assert len(str(raised.value)) < 50_000
    assert str(tmp_path) in str(raised.value)
    assert sum(len(line.text) for line in run.logs) < 50_000
    assert len(run.error.message) > 1_000_000
