"""What happens inside the container: inputs in, the executor's call, outputs out."""

from __future__ import annotations
