"""What is shown of a proof."""

from __future__ import annotations

import io

from kit.display.console import make_console, print_summary
from kit.display.notebook import summarize
from kit.display.of_reports import summarize_proof, summarize_proof_shown
from kit.proof.outcome import Obstacle, Proof, Step
from kit.runners import Log, LogLine

STEPS = (
    Step("interpreter", "done", "fresh", here="Python 3.99", seconds=0.5),
    Step("module", "failed", "no"),
)


def printed(proof, **options):
    """Return what a pipe gets."""
    file = io.StringIO()
    print_summary(summarize_proof(proof, **options), make_console(file))
    return file.getvalue()


def test_the_end_of_a_cell_is_the_same_on_every_machine():
    """Times, versions and places are for the terminal."""
    proof = Proof(task="t", steps=STEPS[:1])
    assert "done     500.0 ms   fresh: Python 3.99" in printed(proof)
    shown = printed(proof, with_machine=False)
    assert "interpreter   done     fresh\n" in shown
    assert summarize(proof) == summarize_proof_shown(proof)
    faces = proof._repr_mimebundle_()
    assert "fresh" in faces["text/plain"]
    assert "fresh" in faces["text/html"]
    assert printed(proof).startswith(
        "proof t  PROVEN to load with all that it imports; it"
    )


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
