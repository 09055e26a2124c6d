"""What is seen first: badges, identity, image, runtime, packaging and sizes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from flyteidl.core.tasks_pb2 import (
    TaskTemplate,
)

from kit.definition.shipment import DEFAULT_INLINE_LIMIT, INLINE_KEY
from kit.display.sections.subject import Subject, failure_items
from kit.display.summary import (
    Badge,
    Fact,
    Facts,
    Gauge,
    Gauges,
    Section,
)
from kit.template.serialize import LOCAL_SETTINGS

_MIB = 2**20
_GRPC_LIMIT = 4 * _MIB  # flyteadmin/pkg/server/service.go: grpc-go's default
_ETCD_LIMIT = 3 * _MIB // 2  # --max-request-bytes


def overview(subject: Subject) -> Section:
    """Tell identity, image, runtime, way of shipping and sizes."""
    facts = tuple(fact for fact in _facts(subject) if fact.value)
    gauges = Gauges(tuple(_gauges(subject)))
    items = (*failure_items(subject, "template"), Facts(facts), gauges)
    return Section("Overview", items, detail=True)


def badges(subject: Subject) -> Iterator[Badge]:
    """Yield what stands out: image, way of shipping, cache, deck, secrets, …."""
    template = subject.template
    metadata = template.metadata
    if subject.failures:
        yield Badge("incomplete", "bad")
    if template.container.image:
        yield Badge(template.container.image)
    yield from _way(subject)
    if metadata.discoverable:
        yield Badge(f"cache {metadata.discovery_version}", "good")
    if metadata.generates_deck.value:
        yield Badge("deck", "good")
    if metadata.retries.retries:
        yield Badge(f"retries {metadata.retries.retries}")
    secrets = len(template.security_context.secrets)
    if secrets:
        yield Badge(f"{secrets} secret{'s' if secrets > 1 else ''}", "notable")
    if template.extended_resources.gpu_accelerator.device:
        yield Badge(template.extended_resources.gpu_accelerator.device)
    if metadata.deprecated_error_message:
        yield Badge("deprecated", "bad")


def _way(subject: Subject) -> Iterator[Badge]:
    """Yield how the executor reaches its container, as far as it is known."""
    if _is_inline(subject.template):
        yield Badge("inline source", "notable")
    elif subject.shipment is not None:
        yield Badge(subject.shipment.way)


def _facts(subject: Subject) -> Iterator[Fact]:
    template = subject.template
    runtime = template.metadata.runtime
    version = template.task_type_version
    kind = f"{template.type} (version {version})" if version else template.type
    yield Fact("type", kind, subject.source("type"))
    for name in ("project", "domain", "version"):
        value = getattr(template.id, name)
        if value != getattr(LOCAL_SETTINGS, name):  # which nobody gave
            yield Fact(name, value, subject.source(f"id.{name}"))
    yield from _image(subject)
    shown = f"{runtime.flavor} {runtime.version}".strip()
    yield Fact("runtime", shown, subject.source("metadata.runtime.flavor"))
    yield Fact("target", _target(template))
    shipment = subject.shipment
    if shipment is not None:
        yield Fact("executor", shipment.location)
        yield Fact("ships", f"{shipment.way}: {shipment.why}")
    yield Fact("size", f"{subject.size:,} bytes")


def _image(subject: Subject) -> Iterator[Fact]:
    resolved = subject.template.container.image
    written = getattr(subject.task, "container_image", resolved)
    yield Fact("image", resolved, subject.source("container.image"))
    if resolved and written != resolved:
        yield Fact("image as written", written or "(the settings' default)")


def _target(template: TaskTemplate) -> str:
    """Name what is started, unless it is a container as everywhere."""
    target = template.WhichOneof("target")
    return "" if target in (None, "container") else str(target)


def _gauges(subject: Subject) -> Iterator[Gauge]:
    template = subject.template
    yield Gauge("registration (gRPC)", subject.size, _GRPC_LIMIT, "refused beyond")
    yield Gauge(
        "launch (etcd)", _stored(subject), _ETCD_LIMIT, "as JSON; no launch beyond"
    )
    source = template.custom.fields[INLINE_KEY] if _is_inline(template) else None
    if source is not None:
        text = source.struct_value.fields["source"].string_value
        limit = getattr(subject.task, "_inline_limit", DEFAULT_INLINE_LIMIT)
        yield Gauge("inline source", len(text.encode()), limit, "your inline_limit")


def _is_inline(template: TaskTemplate) -> bool:
    return INLINE_KEY in template.custom.fields


def _stored(subject: Subject) -> int:
    """Measure the JSON that Kubernetes stores; of what is too large, its bytes here."""
    if not subject.custom.is_whole:
        return subject.size
    custom = len(json.dumps(subject.custom.value)) if subject.custom.value else 0
    return subject.size - subject.custom_size + custom
