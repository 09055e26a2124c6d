"""Writing tasks to files: a module, a plugin package, or an archive for flytectl."""

from __future__ import annotations
