"""Where Python wants an integer, and a float such as ``3.0`` fails.

Every entry is tried by a test.  What takes floats as well, such as ``"%d" % 3.0``, and
what takes them for another purpose, is not here.
"""

from __future__ import annotations

import ast
import re

__all__ = ["INTEGER_ARGUMENTS", "integer_format", "is_repeated", "is_wanted_whole"]

_ALL = (0, 1, 2)

INTEGER_ARGUMENTS: dict[str, tuple[int | str, ...]] = {
    "range": _ALL,
    "chr": (0,),
    "hex": (0,),
    "oct": (0,),
    "bin": (0,),
    "bytes": (0,),
    "bytearray": (0,),
    "round": (1, "ndigits"),
    "islice": (1, 2, 3),
    "nlargest": (0,),
    "nsmallest": (0,),
    "factorial": (0,),
    "gcd": _ALL,
    "comb": _ALL,
    "perm": _ALL,
    "ljust": (0,),
    "rjust": (0,),
    "center": (0,),
    "zfill": (0,),
    "to_bytes": (0,),
    "insert": (0,),
    "token_hex": (0,),
}
"""Functions and methods by their last name, and the arguments that must be integers."""

_FORMAT = re.compile(r"[bcdoxX]\Z")
_BITWISE = (ast.LShift, ast.RShift, ast.BitOr, ast.BitAnd, ast.BitXor)
_SEQUENCES = (ast.List, ast.Tuple, ast.JoinedStr, ast.ListComp)


def is_wanted_whole(name: str, place: int | str) -> bool:
    """Tell whether an argument of a function must be an integer."""
    return place in INTEGER_ARGUMENTS.get(name, ())


def integer_format(node: ast.expr | None) -> bool:
    """Tell whether a format takes no floats, as ``{x:03d}`` has it."""
    if not isinstance(node, ast.JoinedStr) or not node.values:
        return False
    last = node.values[-1]
    return isinstance(last, ast.Constant) and bool(_FORMAT.search(str(last.value)))


def is_repeated(operator: ast.operator, other: ast.expr) -> bool:
    """Tell whether an operator with this other operand takes no float."""
    if isinstance(operator, _BITWISE):
        return True
    if not isinstance(operator, ast.Mult):
        return False
    is_text = isinstance(other, ast.Constant) and isinstance(other.value, str | bytes)
    return is_text or isinstance(other, _SEQUENCES)
