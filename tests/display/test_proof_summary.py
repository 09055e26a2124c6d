"""What is shown of a proof."""

from __future__ import annotations

import io

from kit.authoring.proof.outcome import Obstacle, Proof, Step
from kit.display.console import make_console, print_summary
from kit.display.proof_summary import summarize_proof
from kit.runners import Log, LogLine

STEPS = (Step("template", "done", "10 bytes", 0.5), Step("module", "failed", "no"))


def printed(proof, **options):
    """Return what a pipe gets."""
    file = io.StringIO()
    print_summary(summarize_proof(proof, **options), make_console(file))
    return file.getvalue()


def test_times_can_be_left_out():
    """They differ from time to time."""
    proof = Proof(task="t", steps=STEPS[:1])
    assert "500.0 ms" in printed(proof)
    assert "ms" not in printed(proof, with_times=False)
    assert printed(proof).startswith("proof t  PROVEN\n")


def test_a_failure_comes_first_and_is_told_once():
    """The runtime's own report of it is no part of the logs."""
    log = Log()
    for text in ("hello", "kit-execute: the task failed with X", "Trace:"):
        log.append(LogLine("stderr", text))
    failure = Obstacle("module", "no \x1b[31m module", "Install it.", "Traceback …")
    text = printed(Proof(task="t", steps=STEPS, failure=failure, log=log))
    assert text.index("Failure") < text.index("Steps") < text.index("Logs")
    assert "error: no \\x1b[31m module\n  Install it.\n  Traceback …" in text
    assert "see above" in text
    assert "stderr  hello" in text
    assert "Trace:" not in text
