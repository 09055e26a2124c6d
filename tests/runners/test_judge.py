from __future__ import annotations

from pathlib import Path

import pytest
from flyteidl.core.literals_pb2 import LiteralMap

from kit.runners.judge import judge
from kit.runners.outcome import Phase
from kit.runners.process import Exit
from kit.shim.error_document import error_document

GOOD = LiteralMap()
GOOD.literals["o0"].scalar.primitive.integer = 7


def write_outputs(directory: Path) -> None:
    """Write good outputs."""
    (directory / "outputs.pb").write_bytes(GOOD.SerializeToString())


def write_error(directory: Path, name: str = "error.pb") -> None:
    """Write the document of a ValueError."""
    document = error_document(ValueError("bad"))
    (directory / name).write_bytes(document.SerializeToString())


def ended(status: int, stopped=None) -> Exit:
    """Say how a process ended."""
    return Exit(status, stopped, 1.0)


def test_outputs_and_status_zero_are_success(tmp_path: Path):
    """Both are needed, and then the literals are there."""
    write_outputs(tmp_path)
    verdict = judge(tmp_path, ended(0), declared=("o0",))
    assert verdict.phase is Phase.SUCCEEDED
    assert verdict.literals == GOOD
    assert verdict.error is None


@pytest.mark.parametrize("status", [0, 1, -9])
@pytest.mark.parametrize("name", ["error.pb", "error-5a.pb"])
def test_an_error_document_decides(tmp_path: Path, status, name):
    """error.pb wins over outputs.pb and over any exit status."""
    write_outputs(tmp_path)
    write_error(tmp_path, name)
    verdict = judge(tmp_path, ended(status))
    assert verdict.phase is Phase.FAILED
    assert verdict.literals is None
    assert (verdict.error.type, verdict.error.message) == ("ValueError", "bad")


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (1, "ExitStatus", "status 1"),
        (-11, "SIGSEGV", "killed by SIGSEGV"),
        (139, "SIGSEGV", "killed by SIGSEGV"),
        (-9, "SIGKILL", "memory"),
        (137, "SIGKILL", "memory"),
        (255, "ExitStatus", "status 255"),
    ],
)
def test_outputs_of_a_crashed_process_do_not_count(tmp_path: Path, status, kind, words):
    """A process that died after writing outputs has not succeeded."""
    write_outputs(tmp_path)
    verdict = judge(tmp_path, ended(status))
    assert verdict.phase is Phase.FAILED
    assert verdict.literals is None
    assert verdict.error.type == kind
    assert words in verdict.error.message


def test_status_zero_without_files_is_no_success(tmp_path: Path):
    """An executor that ends the process itself leaves no outputs."""
    verdict = judge(tmp_path, ended(0), declared=("o0",))
    assert verdict.phase is Phase.FAILED
    assert verdict.error.type == "NoOutputs"


def test_truncated_outputs_are_no_success(tmp_path: Path):
    """Half a file is not outputs."""
    data = GOOD.SerializeToString()
    (tmp_path / "outputs.pb").write_bytes(data[: len(data) // 2])
    assert judge(tmp_path, ended(0)).error.type == "UnreadableOutputs"


def test_missing_outputs_are_named(tmp_path: Path):
    """Outputs that the interface declares must be there."""
    write_outputs(tmp_path)
    error = judge(tmp_path, ended(0), declared=("o0", "o1", "o2")).error
    assert error.type == "MissingOutputs"
    assert error.message == "outputs.pb lacks declared outputs: o1, o2"


def test_an_unreadable_error_document_is_still_a_failure(tmp_path: Path):
    """A broken error.pb says that it cannot be read."""
    (tmp_path / "error.pb").write_bytes(b"\xff\xff")
    verdict = judge(tmp_path, ended(0))
    assert verdict.phase is Phase.FAILED
    assert verdict.error.type == "UnreadableError"


def test_a_stopped_run_is_not_a_success(tmp_path: Path):
    """Why it was stopped counts, whatever it wrote before it went."""
    write_outputs(tmp_path)
    timed_out = judge(tmp_path, ended(0, "timed out"), timeout=1.5)
    assert timed_out.phase is Phase.TIMED_OUT
    assert (
        timed_out.error.message == "the run was stopped at its timeout of 1.5 seconds"
    )
    cancelled = judge(tmp_path, ended(1, "cancelled"))
    assert cancelled.phase is Phase.ABORTED
    assert cancelled.literals is None
