"""What to do about a run that ended otherwise than another."""

from __future__ import annotations

from collections.abc import Mapping

from kit.runners.outcome import Outcome

__all__ = ["DECKS_ADVICE", "OUTPUT_ADVICE", "failure_advice"]

_NOT_INSTALLED = (
    "Put the package into the image, or run where it is installed: what is only "
    "installed here is not there on the cluster."
)
_NOT_THERE = (
    "Pass files as inputs of type FlyteFile or FlyteDirectory: a path of this machine "
    "is not there on the cluster."
)
_MEMORY = (
    "Only a container is held to the memory that the template says: give it more with "
    "limits=kit.Resources(mem=…), or let the executor hold less at a time."
)
_BY_TYPE = {
    "ModuleNotFoundError": _NOT_INSTALLED,
    "ImportError": _NOT_INSTALLED,
    "ExecutorModuleError": _NOT_INSTALLED,
    "FileNotFoundError": _NOT_THERE,
    "OutOfMemory": _MEMORY,
    "MemoryError": _MEMORY,
    "TimedOut": (
        "Look at comparison.measured for the seconds of each run, and at the log for "
        "how far it came; a container may have less CPU, or no network."
    ),
}

OUTPUT_ADVICE = (
    "See below what differs around the runs. If nothing does, compare the first runner "
    "with itself: a result that depends on time, order or chance differs there, too."
)
DECKS_ADVICE = (
    "Decks come from what the executor did, and from packages that draw them: see "
    "which way it took with comparison.runs[…].decks, and what differs around the runs."
)


def failure_advice(outcomes: Mapping[str, Outcome]) -> str:
    """Say what may help, or where the rest of an error is.

    Args:
        outcomes: How the runs ended, by label; one at least did not succeed.
    """
    failed = {label: one.error for label, one in outcomes.items() if one.error}
    known = sorted(error.type for error in failed.values() if error.type in _BY_TYPE)
    if known:
        return _BY_TYPE[known[0]]
    label, error = next(iter(failed.items()))
    has = "traceback" if error.traceback else "last lines"
    where = "raise_for_error()" if error.traceback else "logs"
    return f"comparison.runs[{label!r}].{where} shows its {has}."
