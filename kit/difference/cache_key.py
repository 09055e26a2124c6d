"""What the backend's cache finds results by, apart from the values of the inputs.

A port of flytepropeller's ``nodes/catalog/datacatalog/transformer.go``: results lie in
a dataset that is named by project, domain and task, and versioned by the cache version
and the digests of the interface, without what only describes types.  The version that
a task is registered with is no part of it.
"""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass

from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.tasks_pb2 import TaskTemplate
from flyteidl.core.types_pb2 import LiteralType

from kit.template.digest import message_digest

__all__ = ["CacheKey", "cache_key", "key_parts"]

_KEY_METADATA = "cache-key-metadata"
_DIGEST_CHARACTERS = 8


@dataclass(frozen=True)
class CacheKey:
    """The parts of the key that come from the template.

    Attributes:
        project: Project of the task.
        domain: Domain of the task.
        name: Name of the task.
        version: The cache version.
        inputs: Digest of the inputs' names, types and descriptions.
        outputs: Digest of the outputs'.
        ignored: Inputs whose values are left out.
    """

    project: str
    domain: str
    name: str
    version: str
    inputs: str
    outputs: str
    ignored: tuple[str, ...]

    @property
    def dataset_version(self) -> str:
        """The version of the dataset, as datacatalog shows it."""
        return f"{self.version}-{self.inputs}-{self.outputs}"


def cache_key(template: TaskTemplate) -> CacheKey | None:
    """Return the key of a template's results; ``None`` if they are not cached."""
    if not template.metadata.discoverable:
        return None
    ignored = set(template.metadata.cache_ignore_input_vars)
    return CacheKey(
        project=template.id.project,
        domain=template.id.domain,
        name=template.id.name,
        version=template.metadata.discovery_version.strip(),
        inputs=_digest(template.interface.inputs),
        outputs=_digest(template.interface.outputs),
        ignored=tuple(sorted(ignored & set(template.interface.inputs.variables))),
    )


def key_parts(old: TaskTemplate, new: TaskTemplate) -> tuple[str, ...]:
    """Name the parts of the key that differ; none if not both are cached."""
    before, after = cache_key(old), cache_key(new)
    if before is None or after is None:
        return ()
    names = (field.name for field in dataclasses.fields(CacheKey))
    return tuple(n for n in names if getattr(before, n) != getattr(after, n))


def _digest(variables: VariableMap) -> str:
    stripped = VariableMap()
    stripped.CopyFrom(variables)
    for variable in stripped.variables.values():
        _strip(variable.type)
    digest = base64.urlsafe_b64encode(message_digest(stripped)).decode()
    return digest[:_DIGEST_CHARACTERS]


def _strip(literal_type: LiteralType) -> None:
    """Clear what the backend clears before a task runs: metadata and annotations."""
    literal_type.ClearField("metadata")
    annotation = literal_type.annotation.annotations.fields
    if _KEY_METADATA not in annotation:
        literal_type.ClearField("annotation")
    for member in literal_type.structure.dataclass_type.values():
        _strip(member)
    kind = literal_type.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        _strip(getattr(literal_type, kind))
    elif kind == "union_type":
        for variant in literal_type.union_type.variants:
            _strip(variant)
    elif kind == "structured_dataset_type":
        for column in literal_type.structured_dataset_type.columns:
            _strip(column.literal_type)
