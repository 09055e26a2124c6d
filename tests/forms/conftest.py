"""What edits previews and attacks pages does so with forms."""

from __future__ import annotations

import sys
from pathlib import Path

for neighbour in ("widgets", "display"):
    sys.path.append(str(Path(__file__).parents[1] / neighbour))
