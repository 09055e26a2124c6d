"""Which signal the first process of a container would hear.

The kernel drops every signal that it has no handler for, but SIGKILL: Python has none
before it has come to its own code, and a shell never has.
"""

from __future__ import annotations

import re
import signal
from pathlib import Path

__all__ = ["ending_signal"]

_POLITE = (signal.SIGINT, signal.SIGTERM)
_MASK = re.compile(r"^(SigIgn|SigCgt):\s*([0-9a-f]+)$", re.MULTILINE)


def ending_signal(
    container: str, pid: int, processes: Path = Path("/proc")
) -> signal.Signals:
    """Return what asks a container to end: SIGINT, else SIGTERM, else SIGKILL.

    SIGINT is first since Python runs ``finally`` blocks then.  It is also the answer
    where nothing is known, as of an engine on another machine, and for a process that
    ignores both, for that may end by itself.

    Args:
        container: The container's id.
        pid: Of its first process, as the engine has it.
        processes: Where this machine tells of its processes.
    """
    try:
        is_it = container in (processes / str(pid) / "cgroup").read_text()
        status = (processes / str(pid) / "status").read_text()
    except OSError:
        return signal.SIGINT
    masks = {name: int(mask, 16) for name, mask in _MASK.findall(status)}
    if not is_it or len(masks) < 2:  # noqa: PLR2004 - both of the pattern
        return signal.SIGINT
    heard = [number for number in _POLITE if _has(masks["SigCgt"], number)]
    ignored = [number for number in _POLITE if _has(masks["SigIgn"], number)]
    return heard[0] if heard else signal.SIGINT if ignored else signal.SIGKILL


def _has(mask: int, number: signal.Signals) -> bool:
    return bool(mask >> (number - 1) & 1)
