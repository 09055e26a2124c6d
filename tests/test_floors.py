"""A module imports from its own floor or below: the code map, as a test."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    (
        *("kit.annotations", "kit.errors", "kit.escape", "kit.messages"),
        *("kit.notebook", "kit.storage"),
    ),
    ("kit.types",),
    ("kit.definition",),
    ("kit.template", "kit.forecast"),
    (
        *("kit.shim", "kit.resolver", "kit.entrypoint", "kit.inline", "kit.source"),
        *("kit.renderers", "kit.remote"),
    ),
    ("kit.task",),
    ("kit.targets", "kit.evidence"),
    ("kit.runners",),
    ("kit.running",),
    (
        "kit.decorator",
        "kit.exporters",
        "kit.images",
        "kit.proof",
        "kit.checks",
        "kit.difference",
        "kit.pods",
