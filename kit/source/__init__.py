"""The source of what was written in cells, and how an executor ships."""

from __future__ import annotations
