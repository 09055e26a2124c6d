"""Making a container image for a task, of what this environment has."""

from __future__ import annotations
