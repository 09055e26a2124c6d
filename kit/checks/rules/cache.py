"""Cached results: what the cache needs, and what it ignores."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from flyteidl.core.types_pb2 import LiteralType, SimpleType

from kit.checks.report import Repair, Severity
from kit.checks.rule import Problem, Subject, error, note, warning


@error("CA001", "run", "task cannot have an empty discoveryVersion")
def cache_has_version(subject: Subject) -> Iterator[Problem]:
    """A cached task says which version of its results is meant."""
    metadata = subject.template.metadata
    if metadata.discoverable and not metadata.discovery_version.strip():
        message = "It registers and fails when it runs: its cache has no version."
        fix = "Give it a cache_version, and change that when the logic changes."
        severity = Severity.WARNING if subject.platform.catalog is False else None
        yield Problem("metadata.discovery_version", message, fix, severity=severity)


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


@warning("cache.catalog", "run")
def serialized_has_catalog(subject: Subject) -> Iterator[Problem]:
    """A platform has a catalog for runs that wait for each other."""
    metadata, has_catalog = subject.template.metadata, subject.platform.catalog
    if not (metadata.discoverable and metadata.cache_serializable) or has_catalog:
        return
    where = "the platform has none" if has_catalog is False else "where there is none"
    message = (
        f"cache_serialize waits for a catalog: {where}, and the run neither starts nor "
        "ends."
    )
    fix = "Leave cache_serialize out, or make sure that there is a catalog."
    severity = Severity.ERROR if has_catalog is False else None
    yield Problem("metadata.cache_serializable", message, fix, severity=severity)


@note("cache.order", "silent")
def order_is_in_key(subject: Subject) -> Iterator[Problem]:
    """No input that is part of the cache's key depends on the order of its keys."""
    metadata = subject.template.metadata
    if not metadata.discoverable:
        return
    for name, variable in subject.inputs.items():
        ignored = name in metadata.cache_ignore_input_vars
        if not ignored and _has_plain_dict(variable.type):
            message = (
                f"The order of the keys of {name!r:.80} is part of the cache's key: "
                "the same dictionary in another order is another run."
            )
            fix = "Declare dict[str, ...] or a dataclass, or sort the keys."
            yield Problem(f"interface.inputs.{name}", message, fix)


def _has_plain_dict(declared: LiteralType) -> bool:
    """Tell a dictionary without a type of its values, or a type of such."""
    kind = declared.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        return _has_plain_dict(getattr(declared, kind))
    if kind == "union_type":
        return any(map(_has_plain_dict, declared.union_type.variants))
    is_struct = kind == "simple" and declared.simple == SimpleType.STRUCT
    return is_struct and not declared.metadata.fields
