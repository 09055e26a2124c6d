"""Readiness: whether a task will run on Flyte, and what is left to do."""
