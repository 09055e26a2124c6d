"""A task that writes many lines; imported by fresh processes too."""

from __future__ import annotations

from typing import Any

from kit.decorator import container_task


@container_task(image="acme/a:1", name="bench.chatty")
def chatty(tt: Any, lines: int) -> int:  # noqa: ARG001 - it reads no template
    """Write so many lines."""
    for number in range(lines):
        print(number)
    return lines
