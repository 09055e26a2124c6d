"""The pod of a task: how Flyte's engine makes it, and what Kubernetes says of it."""

from __future__ import annotations
