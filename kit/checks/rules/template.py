"""The template as a whole: its type, its metadata, its size."""

from __future__ import annotations

from collections.abc import Iterator

from kit.checks.report import Severity
from kit.checks.rule import Problem, Subject, error, note, warning
from kit.definition.shipment import DEFAULT_INLINE_LIMIT, INLINE_KEY
from kit.forecast.kubernetes import (
    label_value_faults,
    metadata_faults,
    qualified_name_faults,
)
from kit.forecast.platform import Platform


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
    known = _pod_templates(subject.platform)
    if not name or (known is not None and name in known):
        return
    words = f"PodTemplate '{name}' does not exist"
    message = f"The task fails where the cluster has no PodTemplate {name!r}."
    fix = "Make sure that its namespace, or Flyte's own, has it."
    severity = None
    if known is not None:
        fix = f"The platform has {', '.join(known) or 'none'}."
        severity = Severity.ERROR
    path = "metadata.pod_template_name"
    yield Problem(path, message, fix, words, severity=severity)


def _pod_templates(platform: Platform) -> tuple[str, ...] | None:
    """Return the names of the platform's PodTemplates, None if they are not known."""
    objects = [one for one in platform.objects if one.get("kind") == "PodTemplate"]
    names = [str(one.get("metadata", {}).get("name", "")) for one in objects]
    if platform.pod_templates is None and not names:
        return None
    return (*(platform.pod_templates or ()), *names)


@error("TT016", "run")
def labels_are_valid(subject: Subject) -> Iterator[Problem]:
    """Labels are such as Kubernetes accepts."""
    labels = subject.template.metadata.metadata.labels
    for key, value in sorted(labels.items()):
        path = f"metadata.metadata.labels[{key}]"
        words = metadata_faults({key: value}, {})
        if qualified_name_faults(key):
            message = f"The pod is refused: {key!r:.80} is not a valid key of labels."
            yield Problem(path, message, _KEY_FIX, words[0])
        if label_value_faults(value):
            message = (
                f"The pod is refused: {value!r:.80} is not a valid value of a label."
            )
            fix = "Use up to 63 letters, digits, '-', '_' and '.'."
            yield Problem(path, message, fix, words[-1])


@error("TT016", "run")
def annotations_are_valid(subject: Subject) -> Iterator[Problem]:
    """Annotations are such as Kubernetes accepts."""
    annotations = subject.template.metadata.metadata.annotations
    for key in sorted(annotations):
        for words in metadata_faults({}, {key: ""}):
            message = (
                f"The pod is refused: {key!r:.80} is not a valid key of annotations."
            )
            path = f"metadata.metadata.annotations[{key}]"
            yield Problem(path, message, _KEY_FIX, words)
    for words in metadata_faults({}, annotations):
        if "Too long" in words:
            message = "The pod is refused: its annotations are too large."
            fix = "Kubernetes accepts 262,144 bytes in total."
            yield Problem("metadata.metadata.annotations", message, fix, words)


_KEY_FIX = "Use up to 63 letters, digits, '-', '_' and '.', after a 'domain/'."

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
    target = subject.template.WhichOneof("target")
    is_sql = target == "sql" and subject.template.type in _CONTAINER_TYPES
    if subject.has_template and (target is None or is_sql):
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


@warning("TT009", "run")
def type_has_container_plugin(subject: Subject) -> Iterator[Problem]:
    """The type is not one that another plugin takes, which starts no container.

    An error where the plugin is sure to be enabled.
    """
    kind, enabled = subject.template.type, subject.platform.plugins
    is_meant = not subject.is_shim and kind not in _WITHOUT_CONTAINER
    if kind not in _OTHER_PLUGINS or not subject.is_container or is_meant:
        return
    plugin = _PLUGIN_OF_TYPE.get(kind, kind)
    known = _IN_ALL_CHARTS if enabled is None else enabled
    is_enabled = plugin in {name.lower() for name in known}
    fix = "Use task_type='python-task'."
    if is_enabled or enabled is None:
        where = "" if is_enabled else f" where its plugin {plugin!r} is enabled"
        message = (
            f"Tasks of type {kind!r} go to a plugin of their own{where}, which ignores "
            "or refuses a plain container."
        )
        severity = Severity.ERROR if is_enabled else None
        yield Problem(
            "type", message, fix, _WORDS_OF_TYPE.get(kind, ""), None, severity
        )
    else:
        message = (
            f"The platform has no plugin {plugin!r} enabled: the task runs as an "
            "ordinary container."
        )
        yield Problem("type", message, fix, severity=Severity.NOTE, stage="silent")


_PLUGIN_OF_TYPE = {"container_array": "k8s-array", "aws-batch": "aws_array"}
_WITHOUT_CONTAINER = ("sidecar", "echo")
"""No plugin of these takes a container; others may, from tasks that are made for it."""
_IN_ALL_CHARTS = ("sidecar", "k8s-array", "echo")
_WORDS_OF_TYPE = {
    "sidecar": (
        "could not build resource for task: [BadTaskSpecification] invalid "
        "TaskSpecification [<nil>], Err: [nil Struct Object passed]"
    )
}


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
