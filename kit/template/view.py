"""The executor's view of a task template: read-only, in the shape executors expect.

An executor that was written for flytekit's ``TaskTemplate`` model finds the same
attributes here: ``tt.custom`` is a plain dict, ``tt.id.name`` the task's name,
``tt.interface.inputs["x"].type`` a literal type.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from flyteidl.core import identifier_pb2, interface_pb2, literals_pb2, tasks_pb2
from google.protobuf.message import DecodeError, Message

from kit.errors import TemplateError
from kit.notebook import Shown
from kit.template.config import OUTPUT_ORDER
from kit.template.custom import custom_from_struct

if TYPE_CHECKING:
    from kit.definition.security import SecurityContext

M = TypeVar("M", bound=Message)


class View(Generic[M]):
    """A message that can be read and not written; equal when the messages are."""

    __slots__ = ("_message",)

    def __init__(self, message: M) -> None:
        self._message = message

    def to_flyte_idl(self) -> M:
        """Return a copy of the message, exactly as it came."""
        copy = type(self._message)()
        copy.CopyFrom(self._message)
        return copy

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return NotImplemented
        return bool(self._message == other._message)

    def __hash__(self) -> int:
        return hash(self._message.SerializeToString(deterministic=True))


class K8sObjectMetadataView(View[tasks_pb2.K8sObjectMetadata]):
    """Labels and annotations of the pod."""

    __slots__ = ()

    @property
    def labels(self) -> dict[str, str]:
        """Kubernetes labels, sorted by name."""
        return dict(sorted(self._message.labels.items()))

    @property
    def annotations(self) -> dict[str, str]:
        """Kubernetes annotations, sorted by name."""
        return dict(sorted(self._message.annotations.items()))

    def __repr__(self) -> str:
        return (
            f"K8sObjectMetadata(labels={self.labels}, annotations={self.annotations})"
        )


class MetadataView(View[tasks_pb2.TaskMetadata]):
    """What Flyte knows about the task besides what it computes."""

    __slots__ = ()

    @property
    def runtime(self) -> tasks_pb2.RuntimeMetadata:
        """What made the template: its ``type``, ``version`` and ``flavor``."""
        return self._message.runtime

    @property
    def timeout(self) -> dt.timedelta:
        """How long one attempt may take; zero for no limit.

        Raises:
            TemplateError: The template's duration is longer than Python can count.
        """
        try:
            return self._message.timeout.ToTimedelta()
        except (OverflowError, ValueError) as error:
            msg = f"The template's timeout is no duration: {error}."
            raise TemplateError(msg) from error

    @property
    def retries(self) -> literals_pb2.RetryStrategy:
        """The retry strategy; ``retries.retries`` is the number."""
        return self._message.retries

    @property
    def interruptible(self) -> bool | None:
        """Whether the task may run on nodes that can vanish; ``None`` if not said."""
        message = self._message
        return message.interruptible if message.HasField("interruptible") else None

    @property
    def discoverable(self) -> bool:
        """Whether outputs are cached."""
        return self._message.discoverable

    @property
    def discovery_version(self) -> str:
        """The cache's version."""
        return self._message.discovery_version

    @property
    def cache_serializable(self) -> bool:
        """Whether equal runs wait for each other."""
        return self._message.cache_serializable

    @property
    def cache_ignore_input_vars(self) -> tuple[str, ...]:
        """Inputs that are left out of the cache's key."""
        return tuple(self._message.cache_ignore_input_vars)

    @property
    def deprecated_error_message(self) -> str:
        """Why the task should no longer be used; empty if it may be."""
        return self._message.deprecated_error_message

    @property
    def pod_template_name(self) -> str:
        """The PodTemplate of the cluster to start from."""
        return self._message.pod_template_name

    @property
    def generates_deck(self) -> bool:
        """Whether a ``deck.html`` is written."""
        return self._message.generates_deck.value

    @property
    def is_eager(self) -> bool:
        """Whether Flyte treats the task as an eager workflow."""
        return self._message.is_eager

    @property
    def k8s_object_metadata(self) -> K8sObjectMetadataView | None:
        """Labels and annotations, if the template has that field."""
        message = self._message
        present = message.HasField("metadata")
        return K8sObjectMetadataView(message.metadata) if present else None

    def __repr__(self) -> str:
        return f"TaskMetadata(runtime={self.runtime.flavor} {self.runtime.version})"


class InterfaceView(View[interface_pb2.TypedInterface]):
    """The inputs and outputs: name to variable, with its ``type`` and ``description``.

    Outputs come in the order the template says; a protobuf map has none of its own, so
    the rest is sorted by name.
    """

    __slots__ = ("_inputs", "_outputs")

    def __init__(
        self, message: interface_pb2.TypedInterface, output_order: str = ""
    ) -> None:
        super().__init__(message)
        self._inputs = dict(sorted(message.inputs.variables.items()))
        outputs = message.outputs.variables
        names = [name for name in output_order.split(",") if name in outputs]
        names += sorted(outputs.keys() - set(names))
        self._outputs = {name: outputs[name] for name in names}

    @property
    def inputs(self) -> dict[str, interface_pb2.Variable]:
        """The inputs, sorted by name."""
        return dict(self._inputs)

    @property
    def outputs(self) -> dict[str, interface_pb2.Variable]:
        """The outputs, in their order."""
        return dict(self._outputs)

    def __repr__(self) -> str:
        return (
            f"TypedInterface({', '.join(self._inputs)} -> {', '.join(self._outputs)})"
        )


class ContainerView(View[tasks_pb2.Container]):
    """The container that Flyte starts."""

    __slots__ = ()

    @property
    def image(self) -> str:
        """The image's whole name."""
        return self._message.image

    @property
    def command(self) -> list[str]:
        """The entry point; empty for this kind of task."""
        return list(self._message.command)

    @property
    def args(self) -> list[str]:
        """The arguments, with the engine's macros in them."""
        return list(self._message.args)

    @property
    def resources(self) -> tasks_pb2.Resources:
        """``requests`` and ``limits``, each a list of entries with name and value."""
        return self._message.resources

    @property
    def env(self) -> dict[str, str]:
        """The environment variables, in the template's order."""
        return {pair.key: pair.value for pair in self._message.env}

    @property
    def config(self) -> dict[str, str]:
        """Configuration of the container; Flyte itself reads none of it."""
        return {pair.key: pair.value for pair in self._message.config}

    @property
    def data_loading_config(self) -> tasks_pb2.DataLoadingConfig | None:
        """How data is copied in and out, if the template says so."""
        present = self._message.HasField("data_config")
        return self._message.data_config if present else None

    def __repr__(self) -> str:
        return f"Container({self.image!r})"


class K8sPodView(View[tasks_pb2.K8sPod]):
    """The pod that Flyte starts instead of a container."""

    __slots__ = ()

    @property
    def metadata(self) -> K8sObjectMetadataView:
        """Labels and annotations of the pod."""
        return K8sObjectMetadataView(self._message.metadata)

    @property
    def pod_spec(self) -> dict[str, Any] | None:
        """The pod's specification as Kubernetes writes it in JSON."""
        present = self._message.HasField("pod_spec")
        return custom_from_struct(self._message.pod_spec) if present else None

    @property
    def primary_container_name(self) -> str:
        """The container that runs the task."""
        return self._message.primary_container_name

    @property
    def data_config(self) -> tasks_pb2.DataLoadingConfig | None:
        """How data is copied in and out, if the template says so."""
        present = self._message.HasField("data_config")
        return self._message.data_config if present else None

    def __repr__(self) -> str:
        return f"K8sPod({self.primary_container_name!r})"


class TaskTemplateView(View[tasks_pb2.TaskTemplate], Shown):
    """What an executor sees of its task: everything in the template, nothing else.

    Reading is lazy.  What an executor does to ``custom`` stays in its own copy.

    Example:
        >>> message = tasks_pb2.TaskTemplate(type="sql")
        >>> message.custom.fields["table"].string_value = "penguins"
        >>> tt = TaskTemplateView.from_flyte_idl(message)
        >>> tt.type, tt.custom
        ('sql', {'table': 'penguins'})
    """

    __slots__ = ("_custom", "_interface")

    def __init__(
        self, message: tasks_pb2.TaskTemplate, custom: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self._custom = custom
        self._interface: InterfaceView | None = None

    @classmethod
    def from_flyte_idl(cls, pb2_object: tasks_pb2.TaskTemplate) -> TaskTemplateView:
        """View a message, which must not be changed any more.

        Raises:
            TemplateError: ``custom`` has a NaN or an infinity, which JSON lacks.
        """
        return cls(pb2_object, custom_from_struct(pb2_object.custom))

    @property
    def id(self) -> identifier_pb2.Identifier:
        """Project, domain, name, version, and the resource type."""
        return self._message.id

    @property
    def type(self) -> str:
        """The task type, ``python-task`` unless the author chose another."""
        return self._message.type

    @property
    def metadata(self) -> MetadataView:
        """Cache, retries, timeout and the runtime."""
        return MetadataView(self._message.metadata)

    @property
    def interface(self) -> InterfaceView:
        """The inputs and outputs."""
        if self._interface is None:
            order = self._message.config.get(OUTPUT_ORDER, "")
            self._interface = InterfaceView(self._message.interface, order)
        return self._interface

    @property
    def custom(self) -> dict[str, Any]:
        """What ``get_custom`` returned; numbers are floats after the wire."""
        if self._custom is None:
            self._custom = custom_from_struct(self._message.custom)
        return self._custom

    @property
    def config(self) -> dict[str, str]:
        """What ``get_config`` returned, and kit's own keys (``kit.…``)."""
        return dict(sorted(self._message.config.items()))

    @property
    def container(self) -> ContainerView | None:
        """The container, or ``None`` when the target is a pod or SQL."""
        message = self._message
        present = message.HasField("container")
        return ContainerView(message.container) if present else None

    @property
    def k8s_pod(self) -> K8sPodView | None:
        """The pod, when that is the target."""
        message = self._message
        return K8sPodView(message.k8s_pod) if message.HasField("k8s_pod") else None

    @property
    def sql(self) -> tasks_pb2.Sql | None:
        """The SQL statement and dialect, when that is the target."""
        return self._message.sql if self._message.HasField("sql") else None

    @property
    def task_type_version(self) -> int:
        """The version of the task type."""
        return self._message.task_type_version

    @property
    def security_context(self) -> SecurityContext | None:
        """The identity and secrets, or ``None`` when nothing is asked for."""
        from kit.definition.security import SecurityContext

        context = self._message.security_context
        return SecurityContext.from_flyte_idl(context) if context.ByteSize() else None

    @property
    def extended_resources(self) -> tasks_pb2.ExtendedResources | None:
        """The accelerator and shared memory, if the task asks for them."""
        present = self._message.HasField("extended_resources")
        return self._message.extended_resources if present else None

    def __repr__(self) -> str:
        return f"TaskTemplateView({self.id.name!r}, type={self.type!r})"


MAX_TEMPLATE_BYTES = 16 * 2**20
"""More is refused unread: Flyte's messages and etcd's objects are far smaller."""

_SHOWN = 40  # bytes of a text in an error


def parse_template(
    data: bytes, source: str, *, limit: int = MAX_TEMPLATE_BYTES
) -> tasks_pb2.TaskTemplate:
    """Read a binary TaskTemplate, of whatever origin.

    Args:
        data: The bytes, which may be anything.
        source: Where they come from, for the error.
        limit: The most bytes that are looked at.

    Raises:
        TemplateError: They are no TaskTemplate; it says what they seem to be.
    """
    if len(data) > limit:
        msg = (
            f"{source} is no task template: it has {len(data):,} bytes, and more than "
            f"{limit:,} are not read. Put large values into inputs."
        )
        raise TemplateError(msg)
    template = tasks_pb2.TaskTemplate()
    try:
        template.ParseFromString(data)
    except DecodeError as error:
        msg = f"{source} is no task template: it seems to be {_seems(data)} ({error})."
        raise TemplateError(msg) from error
    lacking = _lacking(template)
    if lacking:
        msg = (
            f"{source} is no task template: it has no {' and no '.join(lacking)}. "
            f"It seems to be {_seems(data)}."
        )
        raise TemplateError(msg)
    return template


def check_template(template: tasks_pb2.TaskTemplate, source: str) -> None:
    """Refuse a message without the fields that every template has.

    Raises:
        TemplateError: Naming the fields.
    """
    lacking = _lacking(template)
    if lacking:
        msg = f"{source} is no task template: it has no {' and no '.join(lacking)}."
        raise TemplateError(msg)


def _lacking(template: tasks_pb2.TaskTemplate) -> list[str]:
    fields = [name for name in ("id", "metadata") if not template.HasField(name)]
    return fields if template.type else [*fields, "type"]


def _seems(data: bytes) -> str:
    """Say what bytes are most likely to be."""
    if not data:
        return "an empty file"
    for start, name in _SIGNATURES.items():
        if data.startswith(start):
            return name
    for load, name in _MESSAGES:
        if load(data):
            return name
    text = _printable(data)
    if text is None:
        return "a damaged file or another message"
    if text.lstrip().startswith(("{", "[")):
        return "JSON text: name it .json"
    return f"a text that starts with {text[:_SHOWN]!r}"


_SIGNATURES = {
    b"\x1f\x8b": "a gzip file",
    b"PK\x03\x04": "a zip file",
    b"\x80\x03": "a Python pickle",
    b"\x80\x04": "a Python pickle",
    b"\x80\x05": "a Python pickle",
    b"PAR1": "a Parquet file",
    b"<": "HTML or XML, such as a storage's error page",
}


def _printable(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text if text.replace("\n", "").replace("\t", "").isprintable() else None


def _parsed(kind: type[Message], data: bytes) -> Any:
    """Return the message if it holds these bytes and knows every field of them."""
    message: Any = kind()
    try:
        message.ParseFromString(data)
    except DecodeError:
        return None
    size = message.ByteSize()
    message.DiscardUnknownFields()
    return message if size == message.ByteSize() else None


def _is_task_spec(data: bytes) -> bool:
    from flyteidl.admin import task_pb2

    spec = _parsed(task_pb2.TaskSpec, data)
    return spec is not None and not _lacking(spec.template)


def _is_literal_map(data: bytes) -> bool:
    from flyteidl.core import literals_pb2

    literals = _parsed(literals_pb2.LiteralMap, data)
    return literals is not None and all(
        name and literal.ByteSize() for name, literal in literals.literals.items()
    )


def _is_error_document(data: bytes) -> bool:
    from flyteidl.core import errors_pb2

    document = _parsed(errors_pb2.ErrorDocument, data)
    code = "" if document is None else document.error.code
    return bool(code) and code.isprintable()


def _is_workflow(data: bytes) -> bool:
    from flyteidl.admin import workflow_pb2

    spec = _parsed(workflow_pb2.WorkflowSpec, data)
    return spec is not None and spec.template.id.name != ""


_MESSAGES: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_task_spec, "a TaskSpec: its template field is the TaskTemplate"),
    (_is_literal_map, "a LiteralMap, such as inputs.pb or outputs.pb"),
    (_is_error_document, "an ErrorDocument, such as error.pb"),
    (_is_workflow, "a WorkflowSpec"),
)


TaskTemplate = TaskTemplateView
"""The type of ``tt``, under the name that executors' authors know."""
