"""Cached results: what the cache needs, and what it ignores."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from kit.checks.report import Repair
from kit.checks.rule import Problem, Subject, error, warning


@error("CA001", "run", "task cannot have an empty discoveryVersion")
def cache_has_version(subject: Subject) -> Iterator[Problem]:
    """A cached task says which version of its results is meant."""
    metadata = subject.template.metadata
    if metadata.discoverable and not metadata.discovery_version.strip():
        message = "It registers and fails when it runs: its cache has no version."
        fix = "Give it a cache_version, and change that when the logic changes."
        yield Problem("metadata.discovery_version", message, fix)


@warning("CA002", "silent")
def serialized_is_cached(subject: Subject) -> Iterator[Problem]:
    """Only cached tasks can wait for each other."""
    metadata = subject.template.metadata
    if metadata.cache_serializable and not metadata.discoverable:
        message = "Equal runs do not wait for each other: the task is not cached."
        yield Problem("metadata.cache_serializable", message, "Cache it, too.")


@warning("CA003", "silent")
def ignored_inputs_exist(subject: Subject) -> Iterator[Problem]:
    """What is left out of the cache's key is an input."""
    for index, name in enumerate(subject.template.metadata.cache_ignore_input_vars):
        if name not in subject.inputs:
            has = ", ".join(subject.inputs) or "none"
            message = f"There is no input {name!r:.80} to be left out of the key."
            repair = Repair("metadata", _NotIgnored(name))
            path = f"metadata.cache_ignore_input_vars[{index}]"
            yield Problem(path, message, f"The inputs: {has}.", repair=repair)


class _NotIgnored:
    """Takes a name out of those that are left out of the cache's key."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __call__(self, metadata: Any) -> Any:
        kept = tuple(n for n in metadata.cache_ignore_input_vars if n != self._name)
        return dataclasses.replace(metadata, cache_ignore_input_vars=kept)


@warning("CA004", "silent", "CACHE_DISABLED")
def cache_has_outputs(subject: Subject) -> Iterator[Problem]:
    """A cached task has results."""
    if subject.template.metadata.discoverable and not subject.outputs:
        message = "Nothing is cached, and each run runs: the task has no outputs."
        fix = "Give it an output, or do not cache it."
        repair = Repair("metadata", _not_cached)
        yield Problem("metadata.discoverable", message, fix, repair=repair)


def _not_cached(metadata: Any) -> Any:
    return dataclasses.replace(
        metadata,
        cache=False,
        cache_version="",
        cache_serialize=False,
        cache_ignore_input_vars=(),
    )
