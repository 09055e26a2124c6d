"""Task templates: made from a task, read by an executor, kept in files."""

from __future__ import annotations
