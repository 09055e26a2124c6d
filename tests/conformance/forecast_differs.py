"""Where a forecast is not the recorded answer, each kind with its reason.

Everything else has to be foretold.
"""

from __future__ import annotations

import re

_CONFIG = "The configuration of flyteadmin says so, and a Platform does not have it: "

LAUNCHES = {
    r"violates unique constraint": "Which names are taken is known to the server.",
    r"^project \[.*\] is not active": "So is which projects are archived,",
    r"^missing entity of type node execution": "and which nodes exist.",
    r'metadata.annotations: Invalid value: "": .*non-empty': (
        f"{_CONFIG}roleNameKey is not set there, and the launch names a role."
    ),
    r"execution cluster label .* is not supported": f"{_CONFIG}clusters' labels.",
}
"""Patterns of answers to a launch that are not foretold."""

OTHER_ANSWERS = {
    "l055": "The other answer was added by hand: no input there is a time of day.",
}
"""Launches of which not all answers are foretold that are listed under ``or``."""


REGISTRATIONS = {
    r"^missing (id|spec)$": "A client of kit's always sends both.",
}
"""Patterns of answers to a registration that are not foretold."""


PODS = {
    r"disallowed by cluster policy": "Policies of a cluster are not known.",
}
"""Patterns of ``case@platform: words`` of pods that are not foretold."""


def reason(kinds: dict[str, str], words: str) -> str | None:
    """Return why an answer is not foretold; ``None`` if it has to be."""
    return next((kinds[each] for each in kinds if re.search(each, words)), None)
