"""Forms for the inputs of a task, without anything that draws them."""

from __future__ import annotations
