"""Where a float fails is tried: every entry, and what looks like one and isn't."""

from __future__ import annotations

import pytest

from kit.checks.custom.reader import INTEGER_ARGUMENTS
from kit.checks.custom.trace import trace_run
from kit.checks.report import Severity
from kit.checks.rules.custom import custom_findings
from kit.template.serialize import LOCAL_SETTINGS

IMPORTS = "import heapq, itertools, math, secrets"
CALLS = {
    "range": "range(N)",
    "chr": "chr(N)",
    "hex": "hex(N)",
    "oct": "oct(N)",
    "bin": "bin(N)",
    "bytes": "bytes(N)",
    "bytearray": "bytearray(N)",
    "round": "round(2.5, N)",
    "islice": "itertools.islice('abc', N)",
    "nlargest": "heapq.nlargest(N, [1])",
    "nsmallest": "heapq.nsmallest(N, [1])",
    "factorial": "math.factorial(N)",
    "gcd": "math.gcd(N)",
    "comb": "math.comb(N, 1)",
    "perm": "math.perm(N, 1)",
    "ljust": "'a'.ljust(N)",
    "rjust": "'a'.rjust(N)",
    "center": "'a'.center(N)",
    "zfill": "'a'.zfill(N)",
    "to_bytes": "(5).to_bytes(N, 'big')",
    "insert": "[].insert(N, 0)",
    "token_hex": "secrets.token_hex(N)",
}
OTHERS = {
    "index": "'abcd'[N]",
    "slice": "'abcd'[:N]",
    "times text": "'a' * N",
    "times list": "N * [0]",
    "shift": "1 << N",
    "and": "N & 1",
    "invert": "~N",
    "format": "f'{N:03d}'",
}
FINE = {
    "times number": "2 * N",
    "text": "f'{N}'",
    "percent": "'%d' % N",
    "compare": "N > 1",
    "format": "f'{N:.2f}'",
    "key": "{3: 1}[N]",
    "round": "round(N)",
}


def _task(cell, expression):
    body = expression.replace("N", 'tt.custom["n"]')
    cell(IMPORTS)
    return cell(
        "@kit.container_task(image='a/a:1', custom={'n': 3}, name='t')\n"
        f"def t(tt) -> None:\n    {body}\nt"
    )


def test_every_entry_is_tried():
    """No function stands in the table without a call here."""
    assert set(CALLS) == set(INTEGER_ARGUMENTS)


@pytest.mark.parametrize("expression", [*CALLS.values(), *OTHERS.values()])
def test_where_an_integer_is_wanted_a_float_is_a_warning(cell, expression):
    """It fails with an integer of custom, which arrives as a float; int() mends it."""
    task = _task(cell, expression)
    (finding,) = custom_findings(task, LOCAL_SETTINGS)
    assert (finding.severity, finding.path) == (Severity.WARNING, "custom.n")
    assert isinstance(trace_run(task).exception, (TypeError, ValueError))
    mended = _task(cell, expression.replace("N", "int(N)"))
    assert list(custom_findings(mended, LOCAL_SETTINGS)) == []
    assert trace_run(mended).exception is None


@pytest.mark.parametrize("expression", FINE.values())
def test_where_a_float_does_it_is_a_note(cell, expression):
    """It runs with the float, and the report only says that it is one."""
    task = _task(cell, expression)
    assert trace_run(task).exception is None
    (finding,) = custom_findings(task, LOCAL_SETTINGS)
    assert finding.severity is Severity.NOTE
    assert finding.fix == "Write int(tt.custom['n'])."
