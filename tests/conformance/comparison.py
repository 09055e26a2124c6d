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
        return error_difference(case.error, case.match, error)
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


def error_difference(
    expected: dict[str, Any], match: str, error: BaseException
) -> str | None:
    """Compare an error's class and words with flytekit's.

    The class must be a subclass of one of flytekit's builtin bases, and the text must
    hold flytekit's.
    """
    bases = tuple(getattr(builtins, name) for name in expected["builtin_bases"])
    shown = f"{type(error).__name__}: {error}"
    if bases and not isinstance(error, bases):
        return f"expected a subclass of one of {expected['builtin_bases']}, got {shown}"
    if match == "type" or scrubbed(expected["message"]) in scrubbed(str(error)):
        return None
    return f"expected the words {expected['message']!r} in {shown!r}"


def scrubbed(text: str) -> str:
    """Replace addresses, temporary paths and names that moved."""
    text = re.sub(r"\b(?:flyte)?kit(?:\.\w+)*\.(\w+)", r"\1", text)
    text = text.replace("pandas.core.frame.", "pandas.")  # before pandas 3
    text = re.sub(r"0x[0-9a-fA-F]{4,}", "0xADDR", text)
    return re.sub(r"/tmp/[^\s'\",)\]]+", "/tmp/PATH", text)  # noqa: S108 - a pattern
