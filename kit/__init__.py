"""kit: author Flyte's customized container tasks interactively, from a notebook."""

from __future__ import annotations

__version__ = "0.1.0"
