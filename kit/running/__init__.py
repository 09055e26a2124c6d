"""``kit.run`` and the runs of a session: started, watched, kept, compared."""

from __future__ import annotations
