"""Checks of a task before anything runs: what is wrong, how bad, and what to do."""

from __future__ import annotations
