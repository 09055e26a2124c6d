"""The pod that Flyte's engine makes of a task, as an API server keeps it.

A port of ``flyteplugins``' pod plugin of Flyte 1.16.8. It follows from the template,
the inputs, the launch and the platform's configuration of flytepropeller.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from flyteidl.core import literals_pb2, tasks_pb2

from kit.errors import MacroError, ResourcesError
from kit.forecast import kubernetes as names
from kit.forecast.arrival import arriving_inputs
from kit.forecast.kubernetes import subdomain_faults
from kit.forecast.platform import Platform
from kit.forecast.pods.api_server import fill_pod
from kit.forecast.pods.attempt import Attempt, PodLaunch, variable
from kit.forecast.pods.container import (
    BuildError,
    Requirements,
    add_copilot,
    bad_specification,
    container_resources,
    extend,
    find_template,
    json_requirements,
    merge,
    merge_missing,
    merge_template,
    message_requirements,
    named,
    platform_requirements,
    rename_gpu,
    require,
    requirements_json,
    secret_annotations,
    settle_all,
    unknown_mount,
)
from kit.forecast.pods.pod_spec import read_pod_spec
from kit.forecast.pods.validation import pod_faults, refusal_words
from kit.forecast.pods.webhook import inject_secrets
from kit.template.macros import render_args

Json = dict[str, Any]

_PRIMARY = "primary_container_name"
_AGENT = f"vault.hashicorp.com/agent-inject-secret-{UUID(int=0)}"
RANDOM_NAME = "…"
"""Stands for the name of a container that the engine draws by lot."""


@dataclass(frozen=True)
class PodForecast:
    """The pod of a launch, or why there is none.

    Attributes:
        pod: The pod as Kubernetes' JSON; ``None`` if there is none.
        code: The code of the execution's error; empty if there is none.
        words: Its message, or why there is no pod. ``…`` stands for what only the
            platform knows, in the pod too.
        unknown: What of the pod is not foretold, in sentences.
        refused: The pod that was sent, if an API server refuses it.
        faults: Why it refuses it, field by field.
    """

    pod: Json | None = None
    code: str = ""
    words: str = ""
    unknown: tuple[str, ...] = ()
    refused: Json | None = None
    faults: tuple[str, ...] = ()


def forecast_pod(
    template: tasks_pb2.TaskTemplate,
    inputs: literals_pb2.LiteralMap,
    launch: PodLaunch,
    platform: Platform,
) -> PodForecast:
    """Foretell the pod of a launch that was accepted.

    Args:
        template: The template as it is registered.
        inputs: The literals of the launch.
        launch: What the launch said besides, and which attempt it is.
        platform: Where; what its configuration does not say is as Flyte's built-in one.
    """
    without = _without_pod(template, platform)
    if without:
        return PodForecast(words=without)
    builder = PodBuilder(template, inputs, launch, platform)
    odd = unknown_mount(builder.secrets)
    if odd is not None:
        number = odd.mount_requirement
        return PodForecast(None, "Workflow abort failed", builder.stuck(number))
    try:
        pod = builder.build()
    except (BuildError, MacroError, ResourcesError) as error:
        words = f"could not build resource for task: {error}"
        return PodForecast(None, "FailedToBuildResource", words)
    if platform.secrets_webhook:
        inject_secrets(pod, builder.secrets, platform.secret_manager)
    fill_pod(pod)
    unknown, faults = tuple(builder.unknown(pod)), tuple(pod_faults(pod))
    if faults:
        words = refusal_words(pod, faults)
        return PodForecast(None, "BadTaskFormat", words, unknown, pod, faults)
    return PodForecast(pod, unknown=unknown)


def _without_pod(template: tasks_pb2.TaskTemplate, platform: Platform) -> str:
    """Return why there is never a pod, and no error either; empty if there is one."""
    if template.type == "echo" and "echo" in (platform.plugins or ("echo",)):
        return "There is no pod: the plugin echo makes the outputs."
    metadata = template.metadata
    waits = metadata.discoverable and metadata.cache_serializable
    if waits and platform.catalog is False:
        return "There is no pod: the task waits for a catalog that is not there."
    return ""


@dataclass(frozen=True)
class PodBuilder(Attempt):
    """Makes the pod of an attempt, step by step as the engine does."""

    @cached_property
    def secrets(self) -> list[Any]:
        """The secrets that the template asks for."""
        return list(self.template.security_context.secrets)

    def stuck(self, mount: int) -> str:
        """Return the words of an attempt that is tried until Flyte gives up."""
        task = self.template.id
        return (
            f"Workflow[{task.project}:{task.domain}:{self.workflow}] failed. "
            "RuntimeExecutionError: max number of system retry attempts […] exhausted. "
            f"Last known status message: failed at Node[{self.node}]. "
            "RuntimeExecutionError: failed during plugin execution, caused by: failed "
            f"to execute handle for plugin […]: invalid mount requirement [{mount}]"
        )

    def unknown(self, pod: Json) -> Iterator[str]:
        """Yield what of the pod is not foretold."""
        if self.template.WhichOneof("target") == "container" and self.is_nameless:
            yield "The engine draws the name of the container by lot at each attempt."
        if self.engine.default_env_vars_from_env:
            variables = ", ".join(self.engine.default_env_vars_from_env)
            yield f"The values of {variables} are those of the engine's own variables."
        if self.secrets and self.platform.secrets_webhook is None:
            yield "It is not known whether a webhook adds the secrets."
        if _AGENT in pod["metadata"]["annotations"]:
            yield "The names of Vault's annotations are drawn by lot at each attempt."

    def build(self) -> Json:
        """Return the pod before an API server fills it in.

        Raises:
            BuildError: The engine makes none.
        """
        spec, metadata, primary = self.raw()
        first_init = self._customize(spec, primary)
        base = self.base_template()
        if base is not None:
            metadata, spec = merge_template(base, metadata, spec, primary, first_init)
        extend(self, spec, primary)
        node = self.launch.node
        if node is not None and node.task_node.overrides.container_image:
            own = named(spec, primary)
            own["image"] = node.task_node.overrides.container_image
        if self._is_marked(spec):
            metadata.setdefault("annotations", {})[_PRIMARY] = primary
        return {"metadata": self._metadata(metadata), "spec": spec}

    def _is_marked(self, spec: Json) -> bool:
        kind = self.template.type
        is_alone = len(spec["containers"]) == 1 and kind != "raw-container"
        return kind == "sidecar" or is_alone

    def raw(self) -> tuple[Json, Json, str]:
        """Return what the template itself says of the pod."""
        template = self.template
        if template.type == "sidecar" and template.task_type_version == 0:
            shown = "<nil>" if not template.HasField("custom") else "…"
            told = "nil Struct Object passed" if shown == "<nil>" else "…"
            raise bad_specification(
                f"invalid TaskSpecification [{shown}], Err: [{told}]"
            )
        target = template.WhichOneof("target")
        if target == "container":
            container = self._raw_container()
            return {"containers": [container]}, {}, container["name"]
        if target == "k8s_pod":
            return self._raw_pod()
        raise bad_specification(
            "invalid TaskSpecification, unable to determine Pod configuration"
        )

    def _raw_container(self) -> Json:
        own = self.template.container
        made: Json = {
            "name": RANDOM_NAME if self.is_nameless else self.name,
            "image": own.image,
            "command": list(own.command),
            "args": list(own.args),
            "env": [variable(pair.key, pair.value) for pair in own.env],
            "terminationMessagePolicy": "FallbackToLogsOnError",
            "resources": requirements_json(message_requirements(own.resources)),
        }
        if self.engine.image_pull_policy:
            made["imagePullPolicy"] = self.engine.image_pull_policy
        return made

    def _raw_pod(self) -> tuple[Json, Json, str]:
        pod = self.template.k8s_pod
        if not pod.HasField("pod_spec"):
            told = "should specify their target as a K8sPod with a defined pod spec"
            raise bad_specification(f"Pod tasks with task type version > 1 {told}")
        config = dict(self.template.config)
        if _PRIMARY not in config:
            shown = " ".join(f"{key}:{config[key]}" for key in sorted(config))
            told = f"config missing [{_PRIMARY}] key in [map[{shown}]]"
            raise bad_specification(f"invalid TaskSpecification, {told}")
        metadata: Json = {
            "labels": dict(pod.metadata.labels),
            "annotations": dict(pod.metadata.annotations),
        }
        try:
            spec = read_pod_spec(pod.pod_spec)
        except ValueError as error:
            told = f"Unable to unmarshal task k8s pod spec, Err: [{error}]"
            raise bad_specification(told) from error
        return spec, metadata, config[_PRIMARY]

    def base_template(self) -> Json | None:
        """Return the PodTemplate that the pod is merged over, if there is one.

        Raises:
            BuildError: The template names one that does not exist.
        """
        own = self.template.metadata.pod_template_name
        name = own or self.engine.default_pod_template_name
        found = find_template(name, self.namespace, self.platform) if name else None
        if own and found is None and self._templates_are_known:
            raise bad_specification(f"PodTemplate '{own}' does not exist")
        return found

    @property
    def _templates_are_known(self) -> bool:
        return bool(self.platform.objects) or self.platform.pod_templates is not None

    def _customize(self, spec: Json, primary: str) -> str:
        """Write what the engine adds to containers and the pod."""
        base = self.base_template()
        for container in spec.get("initContainers", ()):
            self._customize_container(container, base, init=True, assign=True)
        for container in spec["containers"]:
            is_primary = container["name"] == primary
            self._customize_container(container, base, init=False, assign=is_primary)
        own = next((c for c in spec["containers"] if c["name"] == primary), None)
        if own is None:
            told = f"primary container [{primary}] not defined"
            raise bad_specification(f"invalid TaskSpecification, {told}")
        first_init = add_copilot(self, spec, own)
        self._update_spec(spec)
        if "securityContext" not in own and self.engine.default_security_context:
            own["securityContext"] = dict(self.engine.default_security_context)
        return first_init

    def _customize_container(
        self, container: Json, base: Json | None, *, init: bool, assign: bool
    ) -> None:
        for part in ("command", "args"):
            words = self._rendered(container.get(part, []))
            container.pop(part, None)
            if words:
                container[part] = words
        env = [*container.get("env", ()), *self.variables()]
        sources = [*container.get("envFrom", ()), *self._sources()]
        container["env"] = env
        if sources:
            container["envFrom"] = sources
        settled = self._settled(container, base, init=init, assign=assign)
        container["resources"] = requirements_json(settled)

    def _settled(
        self, container: Json, base: Json | None, *, init: bool, assign: bool
    ) -> Requirements:
        found = json_requirements(container.get("resources", {}))
        rename_gpu(found, self.engine.gpu_resource_name)
        node = self.launch.node
        if assign and node is not None:
            merge(found, message_requirements(node.task_node.overrides.resources))
        if base is not None:
            under = container_resources(base, container["name"], init=init)
            merge_missing(found, json_requirements(under))
        platform = platform_requirements(self.platform)
        settle_all(found, platform, self.engine.gpu_resource_name, assign=assign)
        return found

    def _rendered(self, words: list[str]) -> list[str]:
        return render_args(words, self.context, lambda: arriving_inputs(self.inputs))

    def _sources(self) -> Iterator[Json]:
        for kind, listed in (
            ("secretRef", self.engine.default_env_from_secrets),
            ("configMapRef", self.engine.default_env_from_configmaps),
        ):
            for name in listed:
                yield {kind: {"name": name, "optional": True}}

    def _update_spec(self, spec: Json) -> None:
        engine = self.engine
        spec.setdefault("restartPolicy", "Never")
        tolerations = [*self._tolerations(spec), *spec.get("tolerations", ())]
        _set_if(spec, "tolerations", copy.deepcopy(tolerations))
        if not spec.get("serviceAccountName"):
            _set_if(spec, "serviceAccountName", self.launch.service_account)
        if not spec.get("schedulerName"):
            _set_if(spec, "schedulerName", engine.scheduler_name)
        selector = {**engine.default_node_selector, **spec.get("nodeSelector", {})}
        if self.interruptible:
            selector |= engine.interruptible_node_selector
        _set_if(spec, "nodeSelector", selector)
        for part, value in (
            ("affinity", engine.default_affinity),
            ("securityContext", engine.default_pod_security_context),
            ("dnsConfig", engine.default_pod_dns_config),
        ):
            if part not in spec and value is not None:
                spec[part] = copy.deepcopy(dict(value))
        if engine.enable_host_networking_pod is not None:
            spec["hostNetwork"] = engine.enable_host_networking_pod
        spec.setdefault("affinity", {})
        own = engine.non_interruptible_node_selector_requirement
        if self.interruptible:
            own = engine.interruptible_node_selector_requirement
        require(spec, own)

    def _tolerations(self, spec: Json) -> Iterator[Mapping[str, Any]]:
        resources = (each.get("resources", {}) for each in spec["containers"])
        named = {n for each in resources for part in each.values() for n in part}
        for name in sorted(named):
            yield from self.engine.resource_tolerations.get(name, ())
        if self.interruptible:
            yield from self.engine.interruptible_tolerations
        yield from self.engine.default_tolerations

    def _metadata(self, own: Json) -> Json:
        launch, extra = self.launch, self.template.metadata.metadata
        name = self.name
        metadata: Json = {
            "name": names.subdomain(name) if subdomain_faults(name) else name,
            "namespace": self.namespace,
            "labels": {
                **self.engine.default_labels,
                **own.get("labels", {}),
                **extra.labels,
                **self.labels(),
            },
            "annotations": {
                **self.engine.default_annotations,
                **own.get("annotations", {}),
                **extra.annotations,
                **launch.annotations,
                **secret_annotations(self.secrets),
            },
            "ownerReferences": [
                {
                    "apiVersion": "flyte.lyft.com/v1alpha1",
                    "kind": "flyteworkflow",
                    "name": launch.execution,
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ],
        }
        if self.engine.inject_finalizer:
            metadata["finalizers"] = ["flyte.org/finalizer-k8s"]
        return metadata


def _set_if(spec: Json, key: str, value: Any) -> None:
    if value:
        spec[key] = value
