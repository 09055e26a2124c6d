"""Tab completion of the flags of kit's magics."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from kit.magics.executor_module_magic import module_flags
from kit.magics.task_flags import task_flags

if TYPE_CHECKING:
    from IPython.core.completer import CompletionContext

__all__ = ["complete_flags"]

_PARSERS = {"%%container_task": task_flags, "%%executor_module": module_flags}


@context_matcher()  # type: ignore[untyped-decorator]
def complete_flags(context: CompletionContext) -> dict[str, Any]:
    """Offer flags and their values on the line of a magic, and nothing elsewhere."""
    line = _line_of_magic(context)
    magic, _, rest = line.partition(" ")
    if magic not in _PARSERS or not rest:
        return {"completions": []}
    parser, word = _PARSERS[magic](), context.token
    before = rest[: len(rest) - len(word)].split()
    known = parser.values_of(before[-1].rstrip("=")) if before else []
    if not known and word.startswith("-"):
        known = parser.flags()
    found = [SimpleCompletion(quote(each)) for each in known if each.startswith(word)]
    return {"completions": found, "suppress": bool(found)}


def _line_of_magic(context: CompletionContext) -> str:
    """Return the text before the cursor, if backslashes make it one line."""
    above = context.full_text.split("\n")[: context.cursor_line]
    if not all(line.rstrip().endswith("\\") for line in above):
        return ""
    return " ".join([*above, context.line_with_cursor[: context.cursor_position]])
