"""What the author of a type says of a value, in its annotations."""

from __future__ import annotations

from typing import Any

from kit.types.annotated import annotations_of

__all__ = ["description_of"]


def description_of(python_type: Any) -> str:
    """Return the text among the annotations of a type, or what describes it there.

    >>> from typing import Annotated
    >>> description_of(Annotated[int, "how many"])
    'how many'
    """
    for annotation in annotations_of(python_type):
        for name in ("documentation", "description"):  # of Doc, and of pydantic's Field
            text = getattr(annotation, name, None)
            if isinstance(text, str):
                return text
        if isinstance(annotation, str):
            return annotation
    return ""
