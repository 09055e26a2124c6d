"""Project, domain, name and version: what flyteadmin and its database take."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from typing import Any

from flyteidl.core import identifier_pb2
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from kit.checks.report import Repair, Severity
from kit.checks.rule import Problem, Subject, error, note, warning
from kit.definition.shipment import DEFAULT_INLINE_LIMIT, INLINE_KEY
from kit.forecast.registration import MOST_INDEX_BYTES, index_row_bytes
from kit.template.macros import format_identifier

_TASK = identifier_pb2.TASK
_KINDS = {number: name for name, number in identifier_pb2.ResourceType.items()}
_ADVISED_BYTES = 255
_NODE_BYTES = 63
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


@error(
    "ID014",
    "launch",
    "failed to compile workflow for [...] with err: ... Code: ValueRequired, Node Id: "
    "<node>, Description: Value required [Id].",
)
def name_makes_node(subject: Subject) -> Iterator[Problem]:
    """The name's end has something that the id of a node can be made of."""
    name = subject.template.id.name
    end = name.encode(errors="surrogatepass")[-_NODE_BYTES:].decode(errors="ignore")
    if name and not re.search(r"[A-Za-z0-9-]", end):
        message = "It registers and cannot be launched: no node's id comes of the name."
        fix = "Give the name a letter, a digit or '-' among its last 63 bytes."
        yield Problem("id.name", message, fix)


_NAME = re.compile(r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_PREFIX = re.compile(
    r"(?=.{1,253}$)[a-z0-9](?:[-a-z0-9]*[a-z0-9])?"
    r"(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*"
)
_ANNOTATION_BYTES = 256 * 1024


@error("TT003", "registration", "missing metadata")
def has_metadata(subject: Subject) -> Iterator[Problem]:
    """A template has metadata."""
    if subject.has_template and not subject.template.HasField("metadata"):
        message = "Registration is refused: the template has no metadata."
        yield Problem("metadata", message, "Make the template from a task.")


@error("TT004", "registration", "missing runtime version")
def runtime_has_version(subject: Subject) -> Iterator[Problem]:
    """What made the template says which version of it did."""
    metadata = subject.template.metadata
    if metadata.HasField("runtime") and not metadata.runtime.version:
        message = "Registration is refused: the runtime that is named has no version."
        yield Problem("metadata.runtime.version", message, "Set the runtime's version.")


@warning("TT011", "silent")
def timeout_reaches_node(subject: Subject) -> Iterator[Problem]:
    """Timeout and interruptible count in workflows only."""
    metadata = subject.template.metadata
    said = [n for n in ("timeout", "interruptible") if _says(metadata, n)]
    for name in said:
        message = (
            f"Flyte reads {name} from the node of a workflow: when the task is "
            "launched by itself, it has none."
        )
        fix = "Launch it within a workflow where that matters."
        yield Problem(f"metadata.{name}", message, fix)


def _says(metadata: object, name: str) -> bool:
    if name == "interruptible":
        return bool(getattr(metadata, name))
    return bool(getattr(metadata, name).ByteSize())


@warning("TT012", "silent")
def retries_are_said(subject: Subject) -> Iterator[Problem]:
    """A template says how often to try again, if only never."""
    metadata = subject.template.metadata
    if subject.template.HasField("metadata") and not metadata.HasField("retries"):
        message = (
            "Launched by itself, the task is tried again 3 times: it says nothing."
        )
        yield Problem("metadata.retries", message, "Set retries, to 0 for none.")


@warning("TT015", "run")
def pod_template_exists(subject: Subject) -> Iterator[Problem]:
    """The cluster has the PodTemplate to start from."""
    name = subject.template.metadata.pod_template_name
    known = subject.platform.pod_templates
    if not name or (known is not None and name in known):
        return
    words = f"PodTemplate '{name}' does not exist"
    message = f"The task fails where the cluster has no PodTemplate {name!r}."
    fix = "Make sure that its namespace, or Flyte's own, has it."
    if known is not None:
        fix = f"The platform has {', '.join(known) or 'none'}."
    yield Problem("metadata.pod_template_name", message, fix, words)


@error("TT016", "run")
def labels_are_valid(subject: Subject) -> Iterator[Problem]:
    """Labels are such as Kubernetes takes."""
    labels = subject.template.metadata.metadata.labels
    yield from _keys("labels", labels)
    for key, value in sorted(labels.items()):
        if value and not _NAME.fullmatch(value):
            message = f"The pod is refused: {value!r:.80} is no value of a label."
            fix = "Use up to 63 letters, digits, '-', '_' and '.'."
            yield Problem(f"metadata.metadata.labels[{key}]", message, fix)


@error("TT016", "run")
def annotations_are_valid(subject: Subject) -> Iterator[Problem]:
    """Annotations are such as Kubernetes takes."""
    annotations = subject.template.metadata.metadata.annotations
    yield from _keys("annotations", annotations)
    size = sum(len((key + value).encode()) for key, value in annotations.items())
    if size > _ANNOTATION_BYTES:
        message = f"The pod is refused: its annotations have {size:,} bytes."
        fix = f"Kubernetes takes {_ANNOTATION_BYTES:,} in total."
        yield Problem("metadata.metadata.annotations", message, fix)


def _keys(part: str, entries: Mapping[str, str]) -> Iterator[Problem]:
    for key in sorted(entries):
        prefix, slash, name = key.rpartition("/")
        is_valid = _NAME.fullmatch(name) and (not slash or _PREFIX.fullmatch(prefix))
        if not is_valid:
            message = f"The pod is refused: {key!r:.80} is no key of {part}."
            fix = "Use up to 63 letters, digits, '-', '_' and '.', after a 'domain/'."
            yield Problem(f"metadata.metadata.{part}[{key}]", message, fix)


_CONTAINER_TYPES = ("container", "python-task", "raw-container")
_OTHER_PLUGINS = frozenset(
    (
        *("sidecar", "spark", "ray", "dask", "pytorch", "tensorflow", "mpi"),
        *("container_array", "aws-batch", "presto", "echo", "athena", "snowflake"),
        *("bigquery", "bigquery_query_job_task", "databricks", "hive", "sagemaker"),
    )
)


@error("TT001", "registration", "missing type")
def type_is_set(subject: Subject) -> Iterator[Problem]:
    """A template has a type."""
    if subject.has_template and not subject.template.type:
        message = "Registration is refused: the template has no task type."
        yield Problem("type", message, "Set task_type, such as 'python-task'.")


@error("TT002", "registration", "task type must be whitelisted before use")
def type_is_allowed(subject: Subject) -> Iterator[Problem]:
    """The platform takes tasks of the type."""
    kind, allowed = subject.template.type, subject.platform.task_types
    if allowed is not None and kind and kind not in allowed:
        message = (
            f"Registration is refused: the platform takes no tasks of type {kind}."
        )
        fix = f"Use one of {', '.join(allowed) or 'none'}, or have it whitelisted."
        yield Problem("type", message, fix)


@error(
    "TT007",
    "run",
    "invalid TaskSpecification, unable to determine Pod configuration",
)
def has_target(subject: Subject) -> Iterator[Problem]:
    """There is something to start."""
    if subject.has_template and subject.template.WhichOneof("target") is None:
        if subject.failures:
            return  # the target is what could not be made
        message = "It registers and fails when it runs: there is no container to start."
        yield Problem("container", message, "Return a container from get_container.")


@warning("TT008", "silent")
def type_is_known(subject: Subject) -> Iterator[Problem]:
    """The type is one that some plugin is registered for."""
    kind = subject.template.type
    if not kind or not subject.is_container:
        return
    if kind not in _CONTAINER_TYPES and kind not in _OTHER_PLUGINS:
        message = (
            f"No plugin of Flyte is registered for {kind!r}: it runs as an ordinary "
            "container, unless the platform has a connector or agent of that name."
        )
        fix = "Use 'python-task' if an ordinary container is what you want."
        yield Problem("type", message, fix)


@error("TT009", "run")
def type_has_container_plugin(subject: Subject) -> Iterator[Problem]:
    """The type is not one that another plugin takes, which starts no container."""
    kind = subject.template.type
    if kind in _OTHER_PLUGINS and subject.is_container:
        message = (
            f"Tasks of type {kind!r} go to a plugin of their own, which ignores or "
            "refuses a plain container."
        )
        yield Problem("type", message, "Use task_type='python-task'.")


@note("TT010", "silent")
def type_is_raw(subject: Subject) -> Iterator[Problem]:
    """Raw containers end when all containers of their pod have ended."""
    if subject.template.type == "raw-container":
        message = "The task ends only when every container of its pod has ended."
        yield Problem("type", message, "Use 'python-task' to end with the first.")


_COLUMN = 4_000


@warning("TT018", "registration")
def description_is_short(subject: Subject) -> Iterator[Problem]:
    """The short description fits into the column that old installations have."""
    description = subject.description
    if description is None or len(description.short_description) <= _COLUMN:
        return
    message = (
        f"The short description has {len(description.short_description):,} characters: "
        f"Flyte's older databases take {_COLUMN:,}, and refuse the task beyond."
    )
    fix = "Put the rest into the long description."
    yield Problem("description.short_description", message, fix)


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


_PICKLE = "PythonPickle"


@error("TT005", "registration", "missing typed interface")
def has_interface(subject: Subject) -> Iterator[Problem]:
    """A template has an interface, if only an empty one."""
    if not subject.has_template or "interface" in subject.failures:
        return
    if not subject.template.HasField("interface"):
        message = "Registration is refused: the template has no interface."
        fix = "Give the task interface=kit.Interface(), which may be empty."
        yield Problem("interface", message, fix)


@error(
    "TT006",
    "launch",
    "Code: ValueRequired, Node Id: <node>, Description: Value required [param.Type].",
)
def variables_have_types(subject: Subject) -> Iterator[Problem]:
    """Each variable has a type."""
    for path, name, variable in subject.variables():
        if variable.type.WhichOneof("type") is None:
            message = f"It registers and cannot be launched: {name!r} has no type."
            yield Problem(f"{path}.type", message, "Give the variable a type.")


@error(
    "TT006",
    "launch",
    "Code: ValueRequired, Node Id: <node>, Description: Value required [paramName].",
)
def variables_have_names(subject: Subject) -> Iterator[Problem]:
    """Each variable has a name."""
    for path, name, _ in subject.variables():
        if not name:
            message = "It registers and cannot be launched: a variable has no name."
            yield Problem(path, message, "Give the variable a name.")


@error("PY004", "python", "failed to convert return value for var <name>")
def flytekit_returns_outputs(subject: Subject) -> Iterator[Problem]:
    """Flytekit's shim can convert the outputs."""
    if subject.runtime != "flytekit":
        return
    for name, variable in subject.outputs.items():
        if variable.type.WhichOneof("type") in {"collection_type", "map_value_type"}:
            message = (
                "The task fails in a container that runs flytekit: it takes a returned "
                "list or dictionary for one without a type."
            )
            fix = "Use runtime='kit', or return it inside a dataclass or as a file."
            words = f"failed to convert return value for var {name}"
            yield Problem(f"interface.outputs.{name}", message, fix, words)


@warning("PY006", "silent")
def types_survive_the_cluster(subject: Subject) -> Iterator[Problem]:
    """Inputs arrive on a cluster as what they arrive here.

    A warning, for an executor may well read both.
    """
    for name, variable in subject.inputs.items():
        if _is_described(variable.type):
            message = (
                "Flyte strips what tells a class of its own from a dictionary: on a "
                f"cluster {name!r} arrives as a dict, in a local run as a dataclass."
            )
            fix = f"Read it as either, or declare {name!r} as a dict."
            yield Problem(f"interface.inputs.{name}", message, fix)


@note("PY007", "silent")
def pickles_are_seen(subject: Subject) -> Iterator[Problem]:
    """Inputs that flytekit has no type for are pickles, here and on a cluster."""
    for name, variable in subject.inputs.items():
        if variable.type.blob.format == _PICKLE:
            message = (
                f"{name!r:.80} is a pickle: flytekit loads it, which runs what is in "
                "it, and kit does not."
            )
            fix = "Declare a type that Flyte has, or a file."
            yield Problem(f"interface.inputs.{name}", message, fix)


def _is_described(declared: LiteralType) -> bool:
    """Tell a struct whose metadata says which class it was, or a type of such."""
    kind = declared.WhichOneof("type")
    if kind == "collection_type":
        return _is_described(declared.collection_type)
    if kind == "map_value_type":
        return _is_described(declared.map_value_type)
    if kind == "union_type":
        return any(_is_described(variant) for variant in declared.union_type.variants)
    is_struct = declared.simple == SimpleType.STRUCT
    return is_struct and bool(declared.metadata.fields)
