"""Tasks that images are built for: one function with an own module beside it."""

from __future__ import annotations

import image_rows

import kit


@kit.container_task(
    image="kit-test/image-rows:1",
    environment={"IMAGE_LAB": "value-of-a-variable"},
    secret_requests=[kit.Secret(group="lab", key="token")],
)
def counted(tt, n: int) -> dict[str, int]:
    """Count rows in a module beside this one, and tell whose it is."""
    return {"rows": len(image_rows.rows(n)), **image_rows.users()}


class CountExecutor(kit.ShimTaskExecutor):
    """Counts rows in a module beside this one."""

    def execute_from_model(self, tt, n: int) -> int:
        """Return how many there are."""
        return len(image_rows.rows(n))
