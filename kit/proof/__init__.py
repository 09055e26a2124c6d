"""Prove that a task's shipped form stands alone, before anything is sent."""

from __future__ import annotations
