"""Project, domain, name and version: what flyteadmin and its database take."""

from __future__ import annotations

import re
from collections.abc import Iterator

from flyteidl.core import identifier_pb2

from kit.checks.report import Severity
from kit.checks.rule import Problem, Subject, error, warning
from kit.forecast.registration import (
    MOST_INDEX_BYTES,
    digest_refusal,
    index_row_bytes,
)
from kit.template.macros import format_identifier

_TASK = identifier_pb2.TASK
_KINDS = {number: name for name, number in identifier_pb2.ResourceType.items()}
_ADVISED_BYTES = 255
_NO_PATH = re.compile(r"[/?#%\s]")


@error("ID016", "registration", "missing spec")
def has_template(subject: Subject) -> Iterator[Problem]:
    """A TaskSpec has a template."""
    if not subject.has_template:
        message = "Registration is refused: the TaskSpec has no template."
        yield Problem("template", message, "Register the TaskSpec of a task.")


@error("ID001", "registration", "missing id")
def has_identifier(subject: Subject) -> Iterator[Problem]:
    """A template has an identifier."""
    if subject.has_template and not subject.template.HasField("id"):
        message = "Registration is refused: the template has no identifier."
        yield Problem("id", message, "Give it a resource type, project, domain, name.")


@error("ID002", "registration")
def resource_is_task(subject: Subject) -> Iterator[Problem]:
    """The identifier says that it is a task's."""
    identifier = subject.template.id
    if subject.template.HasField("id") and identifier.resource_type != _TASK:
        kind = _KINDS.get(identifier.resource_type, str(identifier.resource_type))
        words = (
            f"unexpected resource type {kind.lower()} for identifier "
            f"[{format_identifier(identifier)}], expected task instead"
        )
        message = f"Registration is refused: the identifier is of type {kind}."
        yield Problem("id.resource_type", message, "Set it to TASK.", words)


def _unset(subject: Subject, part: str) -> Iterator[Problem]:
    if subject.is_packaged and part != "name":
        return  # flytectl fills it in
    if subject.template.HasField("id") and not getattr(subject.template.id, part):
        message = f"Registration is refused: the task has no {part}."
        fix = f"Give the settings a {part}, or the registering tool a --{part}."
        if part == "name":
            fix = "Give the task a name: usually its module and function."
        yield Problem(f"id.{part}", message, fix)


@error("ID003", "registration", "missing project")
def project_is_set(subject: Subject) -> Iterator[Problem]:
    """There is a project."""
    return _unset(subject, "project")


@error("ID004", "registration", "missing domain")
def domain_is_set(subject: Subject) -> Iterator[Problem]:
    """There is a domain."""
    return _unset(subject, "domain")


@error("ID005", "registration", "missing name")
def name_is_set(subject: Subject) -> Iterator[Problem]:
    """There is a name."""
    return _unset(subject, "name")


@error("ID006", "registration", "missing version")
def version_is_set(subject: Subject) -> Iterator[Problem]:
    """There is a version."""
    return _unset(subject, "version")


@error("ID007", "registration")
def project_is_known(subject: Subject) -> Iterator[Problem]:
    """The platform has the project, if its projects are known."""
    project, domain = subject.template.id.project, subject.template.id.domain
    known = subject.platform.projects
    if known is None or not project or subject.given_later(project):
        return
    if project not in known:
        words = (
            f"failed to validate that project [{project}] and domain [{domain}] are "
            f"registered, err: [project [{project}] not found]"
        )
        message = f"Registration is refused: there is no project {project!r}."
        fix = f"Use one of {', '.join(known) or 'none'}, or have it created."
        yield Problem("id.project", message, fix, words)


@error("ID009", "registration")
def domain_is_known(subject: Subject) -> Iterator[Problem]:
    """The platform has the domain, if its domains are known."""
    domain, known = subject.template.id.domain, subject.platform.domains
    if known is None or not domain or subject.given_later(domain):
        return
    if domain not in known:
        message = f"Registration is refused: the platform has no domain {domain!r}."
        words = f"domain [{domain}] is unrecognized by system"
        yield Problem("id.domain", message, f"Use one of {', '.join(known)}.", words)


@warning("ID011", "registration")
def name_fits_index(subject: Subject) -> Iterator[Problem]:
    """Name and version fit into a row of the database's index."""
    parts = {part: _size(getattr(subject.template.id, part)) for part in _PARTS}
    total = index_row_bytes(subject.template.id)
    if total > MOST_INDEX_BYTES:
        words = (
            f"failed database operation with index row size {total} exceeds btree "
            f'version 4 maximum {MOST_INDEX_BYTES} for index "tasks_pkey"'
        )
        message = (
            f"Registration fails: the identifier has {sum(parts.values()):,} bytes."
        )
        fix = "Shorten the name or the version."
        yield Problem("id", message, fix, words, severity=Severity.ERROR)
        return
    for part in ("name", "version"):
        if parts[part] > _ADVISED_BYTES:
            message = f"The {part} has {parts[part]:,} bytes, which not all of Flyte "
            message += "and its consoles are made for."
            yield Problem(f"id.{part}", message, "Keep it within 255 bytes.")


_PARTS = ("project", "domain", "name", "version")


def _size(text: str) -> int:
    return len(text.encode(errors="surrogatepass"))


@error(
    "ID012",
    "registration",
    'failed database operation with invalid byte sequence for encoding "UTF8": 0x00',
)
def name_without_nul(subject: Subject) -> Iterator[Problem]:
    """No text of the database's columns has a NUL in it."""
    identifier = subject.template.id
    texts = {f"id.{part}": getattr(identifier, part) for part in _PARTS}
    texts["type"] = subject.template.type
    if subject.description is not None:
        texts["description"] = subject.description.short_description
    for path, text in texts.items():
        if "\0" in text:
            message = "Registration fails: Flyte's database takes no NUL character."
            yield Problem(path, message, "Take it out.")


@warning("ID013", "silent")
def name_fits_paths(subject: Subject) -> Iterator[Problem]:
    """Name and version can stand in a URL and in the name of a file."""
    for part in ("name", "version"):
        text = getattr(subject.template.id, part)
        found = _NO_PATH.search(text)
        if found is not None and not subject.given_later(text):
            message = (
                f"The {part} has {found[0]!r} in it: Flyte's REST paths don't find the "
                "task, and packaging tools make no file of it."
            )
            fix = "Use letters, digits, '.', '_' and '-'."
            yield Problem(f"id.{part}", message, fix)


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


@error("template.digest", "registration")
def template_has_digest(subject: Subject) -> Iterator[Problem]:
    """Flyte can make a digest of the template."""
    words = digest_refusal(subject.template)
    if words:
        message = "Registration fails: Flyte cannot make a digest of the template."
        fix = "Give each value of custom a kind, and each duration a sensible size."
        yield Problem("template", message, fix, words)
