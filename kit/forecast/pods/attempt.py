"""An attempt of a launch: the names, places and variables that the engine gives it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from flyteidl.core import literals_pb2, tasks_pb2
from flyteidl.core.workflow_pb2 import Node

from kit.forecast import kubernetes as names
from kit.forecast.arrival import arriving_template
from kit.forecast.kubernetes import is_dns_label
from kit.forecast.platform import Platform
from kit.forecast.pods.propeller import SECRETS_LABEL, Propeller
from kit.template.macros import RenderContext

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class PodLaunch:
    """An attempt of a launch, for which a pod is made.

    Attributes:
        execution: The name of the execution.
        project: Its project, if it is not the task's.
        domain: Its domain, if it is not the task's.
        attempt: Which attempt, from 0.
        node: The node of a workflow that runs the task; ``None`` if the task is
            launched by itself.
        workflow: The name of that workflow.
        labels: The execution's labels.
        annotations: The execution's annotations.
        environment: The execution's variables.
        interruptible: Whether the execution is interruptible, if it says so.
        service_account: The Kubernetes service account of the execution.
        identity: The identity of the execution.
        raw_prefix: Where the execution wants raw data, if it says so.
    """

    execution: str
    project: str = ""
    domain: str = ""
    attempt: int = 0
    node: Node | None = None
    workflow: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    interruptible: bool | None = None
    service_account: str = ""
    identity: str = ""
    raw_prefix: str = ""


@dataclass(frozen=True)
class Attempt:
    """A task, its inputs and a launch on a platform, as the engine sees them."""

    registered: tasks_pb2.TaskTemplate
    inputs: literals_pb2.LiteralMap
    launch: PodLaunch
    platform: Platform

    @cached_property
    def engine(self) -> Propeller:
        """The configuration of the engine."""
        return Propeller.from_config(self.platform.propeller)

    @cached_property
    def template(self) -> tasks_pb2.TaskTemplate:
        """The template as it arrives."""
        return arriving_template(self.registered, self.platform)

    @property
    def is_array(self) -> bool:
        """Whether the array plugin makes the pod, of an array of one."""
        plugins = self.platform.plugins
        is_on = plugins is None or "k8s-array" in map(str.lower, plugins)
        return is_on and self.template.type == "container_array"

    @cached_property
    def node(self) -> str:
        """The id of the node that runs the task."""
        node = self.launch.node
        return names.node_id(self.template.id.name) if node is None else node.id

    @cached_property
    def workflow(self) -> str:
        """The name of the workflow, which flyteadmin makes of a task by itself."""
        own = f".flytegen.{self.template.id.name}"
        return own if self.launch.node is None else self.launch.workflow

    @cached_property
    def name(self) -> str:
        """The generated name, which is the pod's and the container's if it can be."""
        name = self.generated(self.launch.attempt)
        return f"{name}-0" if self.is_array else name

    def generated(self, attempt: int) -> str:
        """Return the name that is generated for one of the attempts."""
        return names.generated_name(self.launch.execution, self.node, attempt)

    @property
    def namespace(self) -> str:
        """The namespace, as flyteadmin names it unless it is told otherwise."""
        return f"{self.project}-{self.domain}"

    @property
    def project(self) -> str:
        """The project of the execution."""
        return self.launch.project or self.template.id.project

    @property
    def domain(self) -> str:
        """The domain of the execution."""
        return self.launch.domain or self.template.id.domain

    @cached_property
    def interruptible(self) -> bool:
        """The execution's word counts, but for a node that has one of its own."""
        node = self.launch.node
        has_own = node is not None and node.metadata.HasField("interruptible")
        if node is not None and has_own:
            return node.metadata.interruptible
        return bool(self.launch.interruptible)

    @property
    def is_nameless(self) -> bool:
        """Whether the generated name cannot be that of a container."""
        return not is_dns_label(self.name)

    @cached_property
    def _folder(self) -> str:
        bucket = self.engine.storage.get("container", "…")
        execution = f"{self.project}-{self.domain}-{self.launch.execution}"
        prefix = self.engine.metadata_prefix.strip("/")
        return names.address(f"s3://{bucket}/{prefix}/{execution}/{self.node}/data")

    def _raw_output(self, attempt: int) -> str:
        prefix = self.launch.raw_prefix or self.engine.rawoutput_prefix or "s3://…"
        name = self.generated(attempt)
        path = f"{prefix.rstrip('/')}/{names.shard(name)}/{name}"
        return names.address(f"{path}/0/0" if self.is_array else path)

    @cached_property
    def context(self) -> RenderContext:
        """What the macros in arguments stand for."""
        raw, attempt = self._raw_output(self.launch.attempt), self.launch.attempt
        before = self._raw_output(attempt - 1) if attempt else ""
        return RenderContext(
            input=self._folder if self.is_array else f"{self._folder}/inputs.pb",
            input_prefix=self._folder,
            output_prefix=f"{self._folder}/{attempt}",
            raw_output_data_prefix=raw,
            prev_checkpoint_prefix=f"{before}/_flytecheckpoints" if before else "",
            checkpoint_output_prefix=f"{raw}/_flytecheckpoints",
            generated_name=self.generated(attempt),
            namespace=self.namespace,
            task_template_path=f"{self._folder}/task.pb",
        )

    def variables(self) -> Iterator[Json]:
        """Yield the variables that the engine appends."""
        launch, task = self.launch, self.template.id
        workflow = f"{task.project}:{task.domain}:{self.workflow}"
        yield variable("FLYTE_INTERNAL_EXECUTION_WORKFLOW", workflow)
        yield variable("FLYTE_INTERNAL_EXECUTION_ID", launch.execution)
        yield variable("FLYTE_INTERNAL_EXECUTION_PROJECT", self.project)
        yield variable("FLYTE_INTERNAL_EXECUTION_DOMAIN", self.domain)
        yield variable("FLYTE_ATTEMPT_NUMBER", str(launch.attempt))
        if "link_type" in self.template.config and self.platform.console:
            yield variable("FLYTE_EXECUTION_URL", self._address)
        for part in ("project", "domain", "name", "version"):
            yield variable(f"FLYTE_INTERNAL_TASK_{part.upper()}", getattr(task, part))
        yield from self._offloading()
        maps = (launch.environment, self.engine.default_env_vars)
        for name, value in (pair for each in maps for pair in each.items()):
            yield variable(name, value)
        for name in self.engine.default_env_vars_from_env:
            yield variable(name, "…")
        if self.is_array:
            yield variable("FLYTE_K8S_ARRAY_INDEX", "0")
            yield variable("BATCH_JOB_ARRAY_INDEX_VAR_NAME", "FLYTE_K8S_ARRAY_INDEX")

    @property
    def _address(self) -> str:
        console = self.platform.console.rstrip("/")
        unique = names.unique_node_id(self.node)
        return (
            f"{console}/projects/{self.project}/domains/{self.domain}/executions/"
            f"{self.launch.execution}/nodeId/{unique}/nodes"
        )

    def _offloading(self) -> Iterator[Json]:
        config = self.engine.literal_offloading_config
        if not config.get("enabled"):
            return
        for which in ("min", "max"):
            size = config.get(f"{which}-size-in-mb-for-offloading", 0)
            if size:
                yield variable(f"_F_L_{which.upper()}_SIZE_MB", str(size))

    def labels(self) -> dict[str, str]:
        """Return the engine's labels; an execution's beat those of the workflow."""
        task, launch = self.template.id, self.launch
        labels = {
            "execution-id": launch.execution,
            "project": self.project,
            "domain": self.domain,
            "workflow-name": names.label_text(_last_part(self.workflow)),
            "shard-key": str(names.fnv32a(launch.execution) % 32),
            **launch.labels,
            "node-id": names.label_text(self.node),
            "task-name": names.label_text(task.name),
            "interruptible": "true" if self.interruptible else "false",
        }
        if launch.identity:
            labels["execution-identity"] = names.label_text(launch.identity)
        return (
            {**labels, SECRETS_LABEL: "true"}
            if self.template.security_context.secrets
            else labels
        )


def _last_part(workflow: str) -> str:
    return "" if ":" in workflow else workflow


def variable(name: str, value: str) -> Json:
    """Return a variable as Kubernetes writes it; an empty value is left out."""
    return {"name": name, "value": value} if value else {"name": name}
