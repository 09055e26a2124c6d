"""What is shown: facts computed once, drawn by leaves."""

from __future__ import annotations
