"""Read-only views of the parts of a task template, with flytekit's attribute names."""

from __future__ import annotations

import datetime as dt
from typing import Any, Generic, TypeVar

from flyteidl.core import interface_pb2, literals_pb2, tasks_pb2
from google.protobuf.message import Message

from kit.errors import TemplateError
from kit.template.custom import custom_from_struct

__all__ = [
    "ContainerView",
    "InterfaceView",
    "K8sObjectMetadataView",
    "K8sPodView",
    "MetadataView",
    "View",
]

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
