"""A task that cannot be serialized, for the command line."""

from __future__ import annotations

from cli_tasks import EchoExecutor

import kit


class BrokenTask(kit.PythonCustomizedContainerTask):
    """A task whose custom cannot be made."""

    def get_custom(self, settings):
        """Raise."""
        return {"share": 1 / 0}


broken = BrokenTask("cli.broken", None, "i:1", EchoExecutor, interface=kit.Interface())
