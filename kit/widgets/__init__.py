"""Live views of tasks in a notebook; the one place that knows ipywidgets."""

from __future__ import annotations
