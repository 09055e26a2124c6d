"""How large messages may be."""

from __future__ import annotations

from collections.abc import Iterator

from kit.checks.finding import Severity
from kit.checks.rule import Problem, error, warning
from kit.checks.subject import Subject
from kit.definition.shipment import DEFAULT_INLINE_LIMIT, INLINE_KEY

__all__ = ["request_fits", "source_is_small", "template_fits_cluster"]

_KIB = 1024
_LARGE = 256 * _KIB


@error("ID017", "registration")
def request_fits(subject: Subject) -> Iterator[Problem]:
    """The request is within what flyteadmin's gRPC server takes."""
    description = subject.description
    size = subject.template.ByteSize() + subject.template.id.ByteSize()
    size += 0 if description is None else description.ByteSize()
    limit = subject.platform.message_limit
    if size > limit:
        words = f"grpc: received message larger than max ({size} vs. {limit})"
        message = f"Registration is refused: the request has {size:,} bytes."
        fix = f"flyteadmin takes {limit:,}. Put large values into inputs or the image."
        yield Problem("template", message, fix, words)


@warning(
    "TT017",
    "launch",
    "failed to create workflow in propeller … etcdserver: request is too large",
)
def template_fits_cluster(subject: Subject) -> Iterator[Problem]:
    """The template, which each execution copies as JSON, fits into the cluster."""
    size, limit = subject.template.ByteSize(), subject.platform.object_limit
    if size < _LARGE:
        return
    message = (
        f"The template has {size:,} bytes, and each execution copies it as JSON into "
        f"an object of Kubernetes, which takes {limit:,}."
    )
    fix = "Put large values into inputs, and code into the image."
    severity = Severity.ERROR if size >= limit * 2 // 3 else None
    yield Problem("template", message, fix, severity=severity)


@warning("inline.size", "launch")
def source_is_small(subject: Subject) -> Iterator[Problem]:
    """Source that travels in the template leaves room for the rest."""
    fields = subject.template.custom.fields
    if INLINE_KEY not in fields:
        return
    document = fields[INLINE_KEY].struct_value.fields
    text = document["source"].string_value if "source" in document else ""
    size = len(text.encode(errors="surrogatepass"))
    if size > DEFAULT_INLINE_LIMIT:
        message = (
            f"{size:,} bytes of source travel in the template, where kit puts at most "
            f"{DEFAULT_INLINE_LIMIT:,} unless told otherwise: Flyte reads it often."
        )
        fix = "Export the executor, or put its code into a module of the image."
        yield Problem(f"custom.{INLINE_KEY}.source", message, fix)
