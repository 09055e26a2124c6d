"""Forecasts: what Flyte makes of a task's messages, as pure functions of a platform."""

from __future__ import annotations
