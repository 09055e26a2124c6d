"""The rules, each a small function, in files by the part of the message."""

from __future__ import annotations
