"""What differs between two tasks, what it means, and what the backend makes of it."""

from __future__ import annotations
