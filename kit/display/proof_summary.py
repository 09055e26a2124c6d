"""What is shown of a proof."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import takewhile

from kit.authoring.proof.outcome import Proof, Step
from kit.display.outputs.items import output_items
from kit.display.summary import Code, Finding, Item, Section, Summary, Table
from kit.runners.log_line import LogLine

__all__ = ["summarize_proof", "summarize_proof_shown"]

_LOG_LINES = 20


def summarize_proof(proof: Proof, *, with_machine: bool = True) -> Summary:
    """Summarize a proof.

    Args:
        proof: The proof.
        with_machine: Whether to show the time that each step took, and versions and
            places, which differ from machine to machine.
    """
    sections = [
        Section("Failure", tuple(_failure(proof))),
        Section("Outputs", output_items(proof.outputs)),
        Section("Custom", tuple(_custom(proof))),
        Section("Steps", (_steps(proof, with_machine=with_machine),)),
        Section("Notes", tuple(Finding("note", text) for text in proof.notes)),
        Section("Logs", tuple(_log(proof))),
    ]
    status = "PROVEN" if proof.ok else "NOT PROVEN"
    return Summary("proof", proof.task, tuple(sections), status=status)


def summarize_proof_shown(proof: Proof) -> Summary:
    """Summarize a proof for the end of a cell, where the same proof looks the same."""
    return summarize_proof(proof, with_machine=False)


def _failure(proof: Proof) -> Iterator[Item]:
    if proof.failure is None:
        return
    yield Finding("error", proof.failure.missing, proof.failure.repair)
    if proof.failure.traceback:
        yield Code(proof.failure.traceback.rstrip(), "text")


def _custom(proof: Proof) -> Iterator[Item]:
    use = proof.custom
    if use is None or not (use.read or use.unread or use.missing):
        return
    marked = (
        *((path, "read") for path in use.read),
        *((path, "missing: a KeyError") for path in use.missing),
        *((path, "not read in this run") for path in use.unread),
    )
    yield Table(("key", "by the executor"), marked)


def _steps(proof: Proof, *, with_machine: bool) -> Table:
    failed = None if proof.failure is None else proof.failure.step
    rows = [_row(step, failed, with_machine=with_machine) for step in proof.steps]
    times = ("time",) if with_machine else ()
    return Table(("step", "status", *times, "detail"), tuple(rows))


def _row(step: Step, failed: str | None, *, with_machine: bool) -> tuple[str, ...]:
    detail = "see above" if step.name == failed else step.detail
    if not with_machine:
        return (step.name, step.status, detail)
    detail = ": ".join(text for text in (detail, step.here) if text)
    return (step.name, step.status, _time(step.seconds), detail)


def _is_report(line: LogLine) -> bool:
    return line.text.startswith("kit-execute: the task failed with ")


def _time(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds * 1000:,.1f} ms"


def _log(proof: Proof) -> Iterator[Item]:
    """Show what was written last, without the runtime's report of the failure."""
    written = list(takewhile(lambda line: not _is_report(line), proof.log))
    lines = written[-_LOG_LINES:]
    if not lines:
        return
    hidden = len(written) - len(lines) + proof.log.dropped
    text = "\n".join(f"{line.stream}  {line.text}" for line in lines)
    caption = f"the last {len(lines)} of {len(lines) + hidden:,} lines"
    yield Code(text, "text", caption if hidden else "")
