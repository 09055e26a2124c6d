"""An executor written for the real flytekit, in an image without kit."""

from __future__ import annotations

import flytekit
from flytekit.core.shim_task import ShimTaskExecutor


class Greeter(ShimTaskExecutor):
    """Greets."""

    def execute_from_model(self, tt, name: str, **kwargs) -> str:
        """Return a greeting."""
        if name == "nobody":
            raise ValueError("nobody to greet")
        return f"{tt.custom['greeting']} {name} from flytekit {flytekit.__version__}"
