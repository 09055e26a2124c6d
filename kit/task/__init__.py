"""Tasks: their definition, their calls, and the workflows they are nodes of."""

from __future__ import annotations
