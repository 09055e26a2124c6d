"""Run a template's own container message in an engine on this machine."""

from __future__ import annotations

from kit.runners.docker.runner import DockerRunner

__all__ = ["DockerRunner"]
