"""Answer cases with the real flytekit: ``python -m conformance.oracle``.

A line in is a case as in the vectors, in JSON.  A line out is ``{"proto", "b64"}``,
``{"json"}`` or ``{"error": {"type", "builtin_bases", "message"}}``.
"""

from __future__ import annotations

import base64
import builtins
import json
import os
import sys
import warnings
from typing import IO, Any

from google.protobuf.message import Message

from conformance.describing import AnyOf
from conformance.flytekit_library import Flytekit
from conformance.operations import evaluate
from conformance.vectors import Case


def main() -> None:
    """Answer until the input ends; only answers go to the real standard output."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    warnings.simplefilter("ignore")
    library = Flytekit()
    for line in sys.stdin:
        library.forget()
        _answer(answers, _result(Case.of(json.loads(line)), library))


def _result(case: Case, library: Flytekit) -> dict[str, Any]:
    try:
        result = evaluate(case, library)
    except Exception as error:  # noqa: BLE001 - whatever flytekit raises is its answer
        return {"error": _described(error)}
    if isinstance(result, Message):
        data = base64.b64encode(result.SerializeToString(deterministic=True))
        return {"proto": result.DESCRIPTOR.full_name, "b64": data.decode()}
    return {"json": result}


def _described(error: BaseException) -> dict[str, Any]:
    kind = type(error)
    bases = [base.__name__ for base in kind.__mro__ if hasattr(builtins, base.__name__)]
    own = [
        name for name in bases if name not in ("Exception", "BaseException", "object")
    ]
    return {
        "type": f"{kind.__module__}.{kind.__qualname__}",
        "builtin_bases": own,
        "message": str(error),
    }


def _answer(answers: IO[str], answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer, default=_plain) + "\n")
    answers.flush()


def _plain(value: Any) -> Any:
    """Write one of several readings by its first, and what is no JSON as its text."""
    return value.readings[0] if isinstance(value, AnyOf) else repr(value)


if __name__ == "__main__":
    main()
