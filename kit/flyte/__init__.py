"""Work on a live Flyte: register, launch, watch, replay, and see what is there."""

from __future__ import annotations
