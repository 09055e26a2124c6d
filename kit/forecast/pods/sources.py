"""Where each value of a pod comes from: the template, the launch, the platform.

The pod is made once more, step by step, and what each of the parties contributes is
laid out in the shape of a pod. A value belongs to the one that the engine lets win
among those that say it; what none of them says is the engine's own, or Kubernetes'.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kit.definition.resources import parse_quantity
from kit.errors import ResourcesError
from kit.forecast.pods.container import (
    Requirements,
    container_resources,
    json_requirements,
    merge_template,
    message_requirements,
    platform_requirements,
    rename_gpu,
    requirements_json,
)
from kit.forecast.pods.pod import PodBuilder
from kit.forecast.pods.webhook import inject_secrets

Json = dict[str, Any]
Path = tuple[str | int, ...]


class Source(NamedTuple):
    """Who says a value, and where.

    Attributes:
        party: ``template``, ``launch``, ``platform``, ``engine`` or ``Kubernetes``.
        where: The field or key; empty if there is no more to say.
    """

    party: str
    where: str = ""

    def __str__(self) -> str:
        return f"{self.party}: {self.where}" if self.where else self.party


class _Layer(NamedTuple):
    """What one party says, in the shape of a pod."""

    party: str
    where: str
    tree: Json


ENGINE, KUBERNETES = Source("engine"), Source("Kubernetes", "default")


def pod_sources(builder: PodBuilder, pod: Json) -> dict[Path, Source]:
    """Return the source of each value in a pod, by its path.

    Args:
        builder: What made the pod.
        pod: The pod, with Kubernetes' defaults, accepted or refused.
    """
    return _Sources(builder).of(pod)


class _Sources:
    def __init__(self, builder: PodBuilder) -> None:
        self._builder = builder
        self._built = builder.build()
        self._injected = builder.build()
        if builder.platform.secrets_webhook:
            manager = builder.platform.secret_manager
            inject_secrets(self._injected, builder.secrets, manager)
        self._raw_spec, self._raw_metadata, self._primary = builder.raw()
        self._is_pod = builder.template.WhichOneof("target") == "k8s_pod"
        self._base = builder.base_template() or {"spec": {}}
        self._layers = tuple(self._spec_layers())
        self._variables = tuple(self._engine_variables())

    def of(self, pod: Json) -> dict[Path, Source]:
        found: dict[Path, Source] = {}
        for path, value in leaves(pod):
            found[path] = self._source(path, value, pod)
        return found

    def _source(self, path: Path, value: Any, pod: Json) -> Source:
        if path[0] == "metadata":
            return self._of_metadata(path, value)
        if path[0] != "spec":
            return ENGINE
        if _find(self._injected, path, pod) is not _NOTHING:
            return self._of_spec(path, value, pod)
        return KUBERNETES

    # The specification

    def _of_spec(self, path: Path, value: Any, pod: Json) -> Source:
        kind = path[3] if len(path) > 3 and path[1] in _LISTS else None  # noqa: PLR2004 - spec, list, index, field
        if kind == "resources":
            return self._of_amount(path, value, pod)
        if kind == "env":
            return self._of_variable(path)
        if kind in ("args", "command"):
            return self._of_word(path)
        if _find(self._built, path, pod) is _NOTHING:
            return Source("engine", "secrets webhook")
        for layer in self._layers:
            place = _find(layer.tree, path, pod)
            if place is not _NOTHING:
                return Source(layer.party, self._where(layer, path))
        return ENGINE

    def _where(self, layer: _Layer, path: Path) -> str:
        if layer.where:
            return layer.where
        if self._is_pod:
            return _text(("k8s_pod", "pod_spec", *path[1:]))
        return _text(("container", *path[3:]))

    def _spec_layers(self) -> Iterator[_Layer]:
        yield from self._launch_layers()
        raw = {"spec": self._raw_spec}
        if not self._is_pod:
            own = {key: self._raw_spec["containers"][0].get(key) for key in ("image",)}
            raw = {"spec": {"containers": [own]}}
        yield _Layer("template", "", raw)
        yield from self._extended_layers()
        yield from self._config_layers()
        names = [
            {
                part: [
                    {"name": each["name"]} for each in self._built["spec"].get(part, ())
                ]
            }
            for part in _LISTS
        ]
        bare = {**names[0], **names[1]}
        _, merged = merge_template(self._base, {}, bare, self._primary, "")
        for part in _LISTS:
            for each in merged.get(part, ()):
                each.pop("name", None)
        name = self._builder.template.metadata.pod_template_name
        name = name or self._builder.engine.default_pod_template_name
        if self._base["spec"]:
            yield _Layer("platform", f"PodTemplate {name}", {"spec": merged})

    def _launch_layers(self) -> Iterator[_Layer]:
        launch = self._builder.launch
        node = launch.node
        if node is not None and node.task_node.overrides.container_image:
            image = {"image": node.task_node.overrides.container_image}
            where = "node.task_node.overrides.container_image"
            yield _Layer("launch", where, self._everywhere(image))
        if launch.service_account:
            account = {"serviceAccountName": launch.service_account}
            where = "security_context.run_as.k8s_service_account"
            yield _Layer("launch", where, {"spec": account})

    def _everywhere(self, fields: Json) -> Json:
        """Say something of each container."""
        return {
            "spec": {
                part: [dict(fields) for _ in self._built["spec"].get(part, ())]
                for part in _LISTS
            }
        }

    def _extended_layers(self) -> Iterator[_Layer]:
        """Find what accelerators and shared memory wrote, by their own values."""
        builder, spec = self._builder, self._built["spec"]
        extended = builder.template.extended_resources
        engine = builder.engine
        yield from self._data_layers()
        requirement = engine.gpu_unpartitioned_node_selector_requirement
        if requirement is not None:
            where = f"{_K8S}.gpu-unpartitioned-node-selector-requirement"
            terms = [{"matchExpressions": [dict(requirement)]} for _ in _terms(spec)]
            yield _Layer("platform", where, {"spec": {"affinity": _affinity(terms)}})
        toleration = engine.gpu_unpartitioned_toleration
        if toleration is not None:
            where = f"{_K8S}.gpu-unpartitioned-toleration"
            tree: Json = {"tolerations": [dict(toleration)]}
            yield _Layer("platform", where, {"spec": tree})
        labels = (engine.gpu_device_node_label, engine.gpu_partition_size_node_label)
        if extended.HasField("gpu_accelerator"):
            found = [t for t in spec.get("tolerations", ()) if t.get("key") in labels]
            terms = [
                {
                    "matchExpressions": [
                        each
                        for each in term.get("matchExpressions", ())
                        if each.get("key") in labels
                    ]
                }
                for term in _terms(spec)
            ]
            tree = {"tolerations": found, "affinity": _affinity(terms)}
            where = "extended_resources.gpu_accelerator"
            yield _Layer("template", where, {"spec": tree})
        if extended.HasField("shared_memory"):
            name = extended.shared_memory.mount_name
            volumes = [v for v in spec.get("volumes", ()) if v["name"] == name]
            mount = {"name": name, "mountPath": extended.shared_memory.mount_path}
            mounts = self._everywhere({"volumeMounts": [mount]})["spec"]
            tree = {**mounts, "volumes": volumes}
            where = "extended_resources.shared_memory"
            yield _Layer("template", where, {"spec": tree})

    def _data_layers(self) -> Iterator[_Layer]:
        template = self._builder.template
        target = template.k8s_pod if self._is_pod else template.container
        data = target.data_config
        paths = [path for path in (data.input_path, data.output_path) if path]
        if data.enabled and paths:
            mounts = [{"mountPath": path} for path in paths]
            where = f"{'k8s_pod' if self._is_pod else 'container'}.data_config"
            yield _Layer("template", where, self._everywhere({"volumeMounts": mounts}))

    def _config_layers(self) -> Iterator[_Layer]:
        engine, builder = self._builder.engine, self._builder
        for key, part, value in (
            ("default-node-selector", "nodeSelector", engine.default_node_selector),
            ("default-tolerations", "tolerations", list(engine.default_tolerations)),
            ("scheduler-name", "schedulerName", engine.scheduler_name),
            ("default-affinity", "affinity", engine.default_affinity),
            (
                "default-pod-security-context",
                "securityContext",
                engine.default_pod_security_context,
            ),
            ("default-pod-dns-config", "dnsConfig", engine.default_pod_dns_config),
            (
                "enable-host-networking-pod",
                "hostNetwork",
                engine.enable_host_networking_pod,
            ),
            (
                "resource-tolerations",
                "tolerations",
                [t for each in engine.resource_tolerations.values() for t in each],
            ),
        ):
            if value or value is False:
                yield _Layer("platform", f"{_K8S}.{key}", {"spec": {part: value}})
        if builder.interruptible:
            yield from self._interruptible_layers()
        for flag, requirement in (
            (True, engine.interruptible_node_selector_requirement),
            (False, engine.non_interruptible_node_selector_requirement),
        ):
            if requirement is not None and builder.interruptible is flag:
                key = "interruptible-node-selector-requirement"
                key = key if flag else f"non-{key}"
                terms = [{"matchExpressions": [dict(requirement)]}] * len(
                    _terms(self._built["spec"])
                )
                tree = {"spec": {"affinity": _affinity(terms)}}
                yield _Layer("platform", f"{_K8S}.{key}", tree)
        yield from self._container_layers()

    def _interruptible_layers(self) -> Iterator[_Layer]:
        engine = self._builder.engine
        for key, part, value in (
            (
                "interruptible-tolerations",
                "tolerations",
                list(engine.interruptible_tolerations),
            ),
            (
                "interruptible-node-selector",
                "nodeSelector",
                engine.interruptible_node_selector,
            ),
        ):
            if value:
                yield _Layer("platform", f"{_K8S}.{key}", {"spec": {part: value}})

    def _container_layers(self) -> Iterator[_Layer]:
        engine = self._builder.engine
        for key, field, value in (
            ("image-pull-policy", "imagePullPolicy", engine.image_pull_policy),
            (
                "default-security-context",
                "securityContext",
                engine.default_security_context,
            ),
            (
                "default-env-from-secrets",
                "envFrom",
                [_optional("secretRef", n) for n in engine.default_env_from_secrets],
            ),
            (
                "default-env-from-configmaps",
                "envFrom",
                [
                    _optional("configMapRef", name)
                    for name in engine.default_env_from_configmaps
                ],
            ),
        ):
            if value:
                tree = self._everywhere({field: value})
                yield _Layer("platform", f"{_K8S}.{key}", tree)
        yield from self._copilot_layers()

    def _copilot_layers(self) -> Iterator[_Layer]:
        """Say what the configuration of copilot names; the rest of it is built in."""
        pilot = self._builder.engine.co_pilot
        plugins = self._builder.platform.propeller.get("plugins") or {}
        given = (plugins.get("k8s") or {}).get("co-pilot") or {}
        for key in given:
            name = str(key).replace("-", "_")
            value = getattr(pilot, name, "")
            where = f"{_K8S}.co-pilot.{key}"
            if name.endswith("_path"):
                tree = self._everywhere({"volumeMounts": [{"mountPath": value}]})
            elif name.endswith("_vol_name"):
                mounts = self._everywhere({"volumeMounts": [{"name": value}]})["spec"]
                tree = {"spec": {**mounts, "volumes": [{"name": value}]}}
            else:
                tree = {"spec": {"initContainers": self._pilots(name, value)}}
            yield _Layer("platform", where, tree)

    def _pilots(self, name: str, value: str) -> list[Json]:
        prefix = self._builder.engine.co_pilot.name
        return [
            {name: each["name"] if name == "name" else value}
            if each["name"].startswith(prefix)
            else {}
            for each in self._built["spec"].get("initContainers", ())
        ]

    def _of_word(self, path: Path) -> Source:
        container = self._raw_container(path)
        if container is None:
            return Source("engine", "copilot")
        _, part, index, kind, position = path
        words = container.get(str(kind), ())
        if not isinstance(position, int) or position >= len(words):
            return Source("platform", "PodTemplate")
        where: Path = ("container", kind, position)
        if self._is_pod:
            where = ("k8s_pod", "pod_spec", part, index, kind, position)
        return Source("template", _text(where))

    def _raw_container(self, path: Path) -> Json | None:
        """Return what the template says of the container at a path."""
        _, part, index, *_ = path
        built = self._built["spec"].get(str(part), ())
        if not isinstance(index, int) or index >= len(built):
            return None
        wanted = built[index]["name"]
        listed = self._raw_spec.get(str(part), ())
        return next((each for each in listed if each["name"] == wanted), None)

    def _of_variable(self, path: Path) -> Source:
        _, part, index, _, position, *_ = path
        container = self._raw_container(path)
        if container is None or not isinstance(position, int):
            return Source("engine", "copilot")
        own = container.get("env", ())
        total = len(self._built["spec"][part][index].get("env", ()))
        if position >= total:
            return Source("engine", "secrets webhook")
        listed = self._variables
        before = total - len(own) - len(listed)
        if position < before:
            return Source("platform", "PodTemplate")
        if position - before < len(own):
            name = own[position - before]["name"]
            where = f"container.env[{name}]"
            if self._is_pod:
                where = f"k8s_pod.pod_spec.{part}[{index}].env[{name}]"
            return Source("template", where)
        return listed[position - before - len(own)]

    def _engine_variables(self) -> Iterator[Source]:
        builder = self._builder
        engine, launch = builder.engine, builder.launch
        later = len(launch.environment) + len(engine.default_env_vars)
        made = list(builder.variables())
        own = len(made) - later - len(engine.default_env_vars_from_env)
        own -= 2 if builder.is_array else 0
        for variable in made[:own]:
            name = variable["name"]
            if name.startswith("_F_L_"):
                yield Source("platform", "propeller.literal-offloading-config")
            elif name == "FLYTE_EXECUTION_URL":
                yield Source("platform", "console")
            elif name.startswith("FLYTE_INTERNAL_TASK_"):
                part = name.removeprefix("FLYTE_INTERNAL_TASK_").lower()
                yield Source("template", f"id.{part}")
            else:
                yield ENGINE
        yield from (Source("launch", f"envs[{name}]") for name in launch.environment)
        for key, listed in (
            ("default-env-vars", engine.default_env_vars),
            ("default-env-vars-from-env", engine.default_env_vars_from_env),
        ):
            for name in listed:
                yield Source("platform", f"{_K8S}.{key}[{name}]")
        yield from [ENGINE, ENGINE] if builder.is_array else []

    # Resources

    def _of_amount(self, path: Path, value: Any, pod: Json) -> Source:
        _, part, index, _, *rest = path
        if len(rest) != len(("limits", "cpu")):
            return KUBERNETES
        side, name = str(rest[0]), str(rest[1])
        if _find(self._injected, path, pod) is _NOTHING:
            return KUBERNETES
        if self._raw_container(path) is None:
            engine = self._built["spec"].get(str(part), ())
            is_built = isinstance(index, int) and index < len(engine)
            return Source("engine", "copilot" if is_built else "secrets webhook")
        for source, amounts in self._amounts(path):
            other = "requests" if side == "limits" else "limits"
            for this in (side, other):
                if amounts.get(this, {}).get(name) == value:
                    return Source(source.party, f"{source.where}.{this}")
        return self._settled(name, value)

    def _amounts(self, path: Path) -> Iterator[tuple[Source, Json]]:
        """Yield who asks for amounts, those that win first."""
        builder, (_, part, index, *_) = self._builder, path
        node = builder.launch.node
        if node is not None:
            over = message_requirements(node.task_node.overrides.resources)
            where = "node.task_node.overrides.resources"
            yield Source("launch", where), requirements_json(over)
        if self._is_pod:
            own = json_requirements(
                (self._raw_container(path) or {}).get("resources", {})
            )
            rename_gpu(own, builder.engine.gpu_resource_name)
            where = f"k8s_pod.pod_spec.{part}[{index}].resources"
        else:
            own = self._registered()
            where = "container.resources"
        yield Source("template", where), requirements_json(own)
        if self._base["spec"]:
            name = self._built["spec"][part][index]["name"]
            under = container_resources(self._base, name, init=part == _LISTS[1])
            yield Source("platform", "PodTemplate.resources"), under

    def _registered(self) -> Requirements:
        try:
            return message_requirements(self._builder.registered.container.resources)
        except ResourcesError:
            return {"requests": {}, "limits": {}}

    def _settled(self, name: str, value: Any) -> Source:
        """Return which amount of the platform a value is, if it is one."""
        amounts = platform_requirements(self._builder.platform)
        names = {"memory": "mem", "ephemeral-storage": "ephemeral_storage"}
        shown = "gpu" if name == "nvidia.com/gpu" else names.get(name, name)
        for part, where in (("requests", "defaults"), ("limits", "limits")):
            amount = amounts[part].get(name)
            if amount is not None and amount.amount == parse_quantity(value).amount:
                return Source("platform", f"{where}.{shown}")
        return ENGINE

    # Metadata

    def _of_metadata(self, path: Path, value: Any) -> Source:
        if path[1] == "finalizers":
            return Source("platform", "propeller.inject-finalizer")
        if path[1] not in ("labels", "annotations"):
            return ENGINE
        kind, key = str(path[1]), str(path[2])
        for source, values in self._metadata_layers(kind):
            if values.get(key, _NOTHING) == value:
                where = f"{source.where}[{key}]" if source.where else ""
                return source._replace(where=where)
        if key.startswith("vault."):
            return Source("engine", "secrets webhook")
        return ENGINE

    def _metadata_layers(self, kind: str) -> Iterator[tuple[Source, Mapping[str, Any]]]:
        builder = self._builder
        launch, extra = builder.launch, builder.template.metadata.metadata
        built = self._built["metadata"][kind]
        if kind == "labels":
            engines = dict(builder.labels())
            said = {k: v for k, v in launch.labels.items() if engines.get(k) == v}
            yield Source("launch", "labels"), said
            yield ENGINE, engines
        else:
            asked = {k: v for k, v in built.items() if k.startswith("flyte.secrets/")}
            yield Source("template", "security_context.secrets"), asked
            yield Source("launch", kind), launch.annotations
        yield Source("template", f"metadata.metadata.{kind}"), getattr(extra, kind)
        own = self._raw_metadata.get(kind, {})
        yield Source("template", f"k8s_pod.metadata.{kind}"), own
        name = "PodTemplate.metadata"
        base = self._base.get("metadata", {}).get(kind, {})
        yield Source("platform", f"{name}.{kind}"), base
        configured = getattr(builder.engine, f"default_{kind}")
        section = builder.platform.propeller.get("plugins", {}).get("k8s", {})
        if section.get(f"default-{kind}"):
            yield Source("platform", f"{_K8S}.default-{kind}"), configured


_LISTS = ("containers", "initContainers")
_K8S = "plugins.k8s"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_NOTHING = object()


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Yield the values in JSON with their paths; empty lists and objects are values."""
    if isinstance(value, Mapping) and value:
        for key, each in value.items():
            yield from leaves(each, (*path, key))
    elif isinstance(value, list) and value:
        for index, each in enumerate(value):
            yield from leaves(each, (*path, index))
    else:
        yield path, value


def _find(tree: Any, path: Path, pod: Json) -> Any:
    """Return the value of a pod where a tree has it, too.

    Containers are found by their place, and the elements of other lists by what they
    are: an element of the tree stands for one of the pod if it says nothing else.
    """
    here: Any = pod
    for depth, step in enumerate(path):
        here = here[step]
        if isinstance(tree, Mapping):
            if step not in tree:
                return _NOTHING
            tree = tree[step]
        elif isinstance(tree, Sequence) and not isinstance(tree, str):
            is_container = path[depth - 1] in _LISTS
            tree = _element(tree, step, here, by_place=is_container)
        else:
            return _NOTHING
        if tree is _NOTHING:
            return _NOTHING
    return here if _same(tree, here) else _NOTHING


def _element(listed: Sequence[Any], step: Any, wanted: Any, *, by_place: bool) -> Any:
    if by_place:
        return listed[step] if step < len(listed) else _NOTHING
    return next((each for each in listed if _says(each, wanted)), _NOTHING)


def _says(part: Any, whole: Any) -> bool:
    """Return whether all that an element says is in another one."""
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(
            key in whole and _says(each, whole[key]) for key, each in part.items()
        )
    if isinstance(part, list) and isinstance(whole, list):
        return all(any(_says(p, w) for w in whole) for p in part)
    return bool(part == whole)


def _same(one: Any, other: Any) -> bool:
    return bool(one == other) or (not one and not other and type(one) is type(other))


def _terms(spec: Json) -> list[Json]:
    required = spec.get("affinity", {}).get("nodeAffinity", {}).get(_REQUIRED, {})
    return list(required.get("nodeSelectorTerms", ()))


def _affinity(terms: list[Json]) -> Json:
    return {"nodeAffinity": {_REQUIRED: {"nodeSelectorTerms": terms}}}


def _optional(kind: str, name: str) -> Json:
    return {kind: {"name": name, "optional": True}}


def _text(path: Path) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
