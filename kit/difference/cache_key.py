"""The key of cached results, as far as the template decides it."""

from __future__ import annotations

import base64
import dataclasses
from dataclasses import dataclass

from flyteidl.core.interface_pb2 import VariableMap
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.forecast.arrival import strip_type
from kit.forecast.registration import message_digest

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


def differing_parts(before: CacheKey | None, after: CacheKey | None) -> tuple[str, ...]:
    """Name the parts in which two keys differ; none if not both are cached."""
    if before is None or after is None:
        return ()
    names = (field.name for field in dataclasses.fields(CacheKey))
    return tuple(n for n in names if getattr(before, n) != getattr(after, n))


def _digest(variables: VariableMap) -> str:
    stripped = VariableMap()
    stripped.CopyFrom(variables)
    for variable in stripped.variables.values():
        strip_type(variable.type)
    digest = base64.urlsafe_b64encode(message_digest(stripped)).decode()
    return digest[:_DIGEST_CHARACTERS]
