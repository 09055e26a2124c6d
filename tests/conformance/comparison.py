"""Whether a result, or an error, is what a case says."""

from __future__ import annotations

import builtins
import re
from typing import Any

from google.protobuf.message import Message

from conformance.describing import covers
from conformance.vectors import Case, message


def difference(case: Case, result: Any, error: BaseException | None) -> str | None:
    """Say how kit's result differs from flytekit's; ``None`` when it does not."""
    if case.error is not None:
        if error is None:
            return f"expected {case.error['type']}, got the result {result!r:.2000}"
        return error_difference(case, error)
    if error is not None:
        return f"failed with {type(error).__name__}: {error}"
    if case.proto is not None:
        return message_difference(message(case.proto, case.b64 or ""), result)
    if not covers(case.json, result):
        return f"expected {case.json!r}, got {result!r}"
    return None


def message_difference(expected: Message, result: Any) -> str | None:
    """Compare messages, or where they hold a NaN their bytes."""
    if type(result) is not type(expected):
        return f"expected a {type(expected).__name__}, got {result!r:.2000}"
    if result == expected or _bytes(result) == _bytes(expected):
        return None
    return f"expected:\n{expected}\ngot:\n{result}"


def _bytes(found: Message) -> bytes:
    return found.SerializeToString(deterministic=True)


def error_difference(case: Case, error: BaseException) -> str | None:
    """Compare an error's class, and which names of the definition it mentions.

    The class must be a subclass of one of flytekit's builtin bases. The text must name
    the tasks, inputs, types and values of the case that flytekit's names: its other
    words are not compared, some of which are Python's for another error.
    """
    expected = case.error or {}
    bases = tuple(getattr(builtins, name) for name in expected["builtin_bases"])
    shown = f"{type(error).__name__}: {error}"
    if bases and not isinstance(error, bases):
        return f"expected a subclass of one of {expected['builtin_bases']}, got {shown}"
    if case.match == "type":  # the text is protobuf's
        return None
    named = [n for n in names(case.definition) if _mentions(expected["message"], n)]
    missing = [name for name in named if name not in str(error)]
    return f"expected {missing} to be named in {shown!r}" if missing else None


def names(definition: Any) -> set[str]:
    """Return the texts in a definition that are names or short values."""
    if isinstance(definition, str):
        return {definition} if re.fullmatch(r"[\w./-]+", definition) else set()
    if isinstance(definition, dict):
        return set().union(*map(names, [*definition, *definition.values()]))
    if isinstance(definition, list):
        return set().union(*map(names, definition))
    return set()


def _mentions(text: str, name: str) -> bool:
    """Tell whether a text has a name in it, a letter only in quotes or brackets."""
    around = "['(`]" if len(name) == 1 else r"(?:^|[^\w.])"
    behind = "[')`]" if len(name) == 1 else r"(?:$|[^\w.]|\.(?!\w))"
    return re.search(around + re.escape(name) + behind, text) is not None


def scrubbed(text: str) -> str:
    """Replace addresses, temporary paths and names that moved."""
    text = re.sub(r"\b(?:flyte)?kit(?:\.\w+)*\.(\w+)", r"\1", text)
    text = text.replace("pandas.core.frame.", "pandas.")  # before pandas 3
    text = re.sub(r"0x[0-9a-fA-F]{4,}", "0xADDR", text)
    return re.sub(r"/tmp/[^\s'\",)\]]+", "/tmp/PATH", text)  # noqa: S108 - a pattern
