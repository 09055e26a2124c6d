"""The client of a live Flyte: where it is, its channel, sign-in, calls and files."""

from __future__ import annotations
