"""For each rule a template that breaks it, and the words of the backend."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from checks.templates import add_resource, add_secret, set_args, set_resources
from flyteidl.core import identifier_pb2, tasks_pb2, types_pb2

import kit

FLYTEKIT_RESOLVER = (
    "flytekit.core.python_customized_container_task.default_task_template_resolver"
)
KUBERNETES_GRAMMAR = "'^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"


@dataclass(frozen=True)
class Case:
    """A rule, and what breaks it.

    Attributes:
        rule: The rule.
        spoil: Changes a good template so that it breaks the rule.
        words: What the backend says, or a part of it.
        path: Where the finding is.
        platform: The deployment, if it decides.
    """

    rule: str
    spoil: Callable[[Any], Any]
    words: str = ""
    path: str = ""
    platform: kit.Platform = field(default_factory=kit.Platform)


def setting(path: str, value: Any) -> Callable[[Any], None]:
    """Return what sets a field."""

    def spoil(template: Any) -> None:
        *outer, name = path.split(".")
        for part in outer:
            template = getattr(template, part)
        setattr(template, name, value)

    return spoil


def clearing(path: str) -> Callable[[Any], None]:
    """Return what clears a field."""

    def spoil(template: Any) -> None:
        *outer, name = path.split(".")
        for part in outer:
            template = getattr(template, part)
        template.ClearField(name)

    return spoil


def args(*words: str, **inputs: str) -> Callable[[Any], None]:
    """Return what sets args and simple inputs."""
    return lambda template: set_args(template, *words, **inputs)


def amounts(requests: Any, limits: Any = ()) -> Callable[[Any], None]:
    """Return what sets requests and limits."""
    return lambda template: set_resources(template, requests, limits)


def secret(*secrets: dict[str, Any]) -> Callable[[Any], None]:
    """Return what asks for secrets."""

    def spoil(template: Any) -> None:
        for facts in secrets:
            add_secret(template, **facts)

    return spoil


def variable(key: str, value: str = "1") -> Callable[[Any], Any]:
    """Return what sets a variable of the container."""
    return lambda template: template.container.env.add(key=key, value=value)


def _typeless(template: Any) -> None:
    template.interface.inputs.variables["y"].SetInParent()


def _nameless(template: Any) -> None:
    template.interface.inputs.variables[""].type.simple = types_pb2.STRING


def _pod(template: Any) -> None:
    template.k8s_pod.SetInParent()


def _pod_container(template: Any) -> None:
    template.k8s_pod.pod_spec.update({"containers": [{"name": "Main_1"}]})


def _flytekit_list(template: Any) -> None:
    template.container.args[0] = "pyflyte-execute"
    declared = template.interface.outputs.variables["o0"].type
    declared.collection_type.simple = types_pb2.INTEGER


def _flytekit_outputs(template: Any) -> None:
    arguments = ["pyflyte-execute", "--resolver", FLYTEKIT_RESOLVER, "--", "t", "a.B"]
    template.container.args[:] = arguments
    for name in ("o0", "o1"):
        declared = template.interface.outputs.variables[name].type
        declared.simple = types_pb2.INTEGER


def _dataclass(template: Any) -> None:
    declared = template.interface.inputs.variables["x"].type
    declared.simple = types_pb2.STRUCT
    declared.metadata.update({"title": "Point"})


def _pickled(template: Any) -> None:
    template.interface.inputs.variables["x"].type.blob.format = "PythonPickle"


def _kits_image(template: Any) -> None:
    template.container.image = "ghcr.io/acme/flyte-task-kit:0.1"
    template.container.args[0] = "pyflyte-execute"


def _map_in_args(template: Any) -> None:
    set_args(template, "{{.inputs.x}}")
    declared = template.interface.inputs.variables["x"].type
    declared.map_value_type.simple = types_pb2.INTEGER


def _list_in_args(template: Any) -> None:
    set_args(template, "{{.inputs.x}}")
    declared = template.interface.inputs.variables["x"].type
    declared.collection_type.simple = types_pb2.STRING


def _copilot(template: Any) -> None:
    template.container.data_config.enabled = True


def accelerated(device: str) -> Callable[[Any], None]:
    """Return what asks for a GPU of a kind."""

    def spoil(template: Any) -> None:
        template.extended_resources.gpu_accelerator.device = device
        add_resource(template, "limits", "GPU", "1")

    return spoil


def shared(**facts: str) -> Callable[[Any], None]:
    """Return what asks for shared memory."""
    memory = {"mount_name": "shm", "mount_path": "/dev/shm", **facts}  # noqa: S108
    return lambda template: template.extended_resources.shared_memory.MergeFrom(
        tasks_pb2.ExtendedResources(shared_memory=memory).shared_memory
    )


def pod(*containers: dict[str, Any], primary: str = "main") -> Callable[[Any], None]:
    """Return what puts a pod into the container's place."""

    def spoil(template: Any) -> None:
        template.k8s_pod.pod_spec.update({"containers": list(containers)})
        if primary:
            template.config[PRIMARY] = primary

    return spoil


def _mounted(template: Any) -> None:
    mount = {"name": "v", "mountPath": "/etc/flyte/secrets/acme"}
    pod({**MAIN, "volumeMounts": [mount]})(template)
    add_secret(template, group="Acme", key="k")


def named(*names: str) -> Callable[[Any], None]:
    """Return what adds inputs of these names."""

    def spoil(template: Any) -> None:
        for name in names:
            template.interface.inputs.variables[name].type.simple = types_pb2.INTEGER

    return spoil


def _two_faults(template: Any) -> None:
    template.container.ClearField("args")
    add_resource(template, "requests", "STORAGE", "x")


def _kindless(template: Any) -> None:
    template.custom.fields["k"].SetInParent()


def _one_path(template: Any) -> None:
    data = template.container.data_config
    data.enabled, data.input_path, data.output_path = True, "/data", "/data"


def _serialized(template: Any) -> None:
    _cached(template)
    template.metadata.cache_serializable = True


def _plain_dict(template: Any) -> None:
    _cached(template)
    declared = template.interface.inputs.variables["options"].type
    declared.collection_type.simple = types_pb2.STRUCT


def _union_for_flytekit(template: Any) -> None:
    template.container.args[0] = "pyflyte-execute"
    declared = template.interface.inputs.variables["x"].type.union_type
    for title in ("P", "R"):
        declared.variants.add(simple=types_pb2.STRUCT).metadata.update({"title": title})


PRIMARY = "primary_container_name"
GPU = {"nvidia.com/gpu": 1}
MAIN = {"name": "main", "image": "acme/app:1"}


def _cached(template: Any) -> None:
    template.metadata.discoverable = True
    template.metadata.discovery_version = "1"


def _cached_without_outputs(template: Any) -> None:
    _cached(template)
    template.interface.outputs.variables.clear()


def _ignoring(template: Any) -> None:
    _cached(template)
    template.metadata.cache_ignore_input_vars.append("y")


def _source(template: Any) -> None:
    document = {"source": "x = 1\n" * 8_000, "module": "m", "executor": "E"}
    template.custom.update({"kit.inline": document})


def _prefixed(template: Any) -> None:
    template.metadata.metadata.labels["-team"] = "a"


def _annotated(template: Any) -> None:
    template.metadata.metadata.annotations["a"] = "x" * 2**18


LIMITED = kit.Platform(
    limits=kit.Resources(cpu="2", mem="1Gi", gpu="1"),
    projects=("lab2",),
    domains=("staging",),
    task_types=("spark",),
    pod_templates=("small",),
    environment=("AWS_REGION",),
    secret_manager="Vault",  # noqa: S106 - the name of a program
)

CASES = (
    Case("ID001", clearing("id"), "missing id", "id"),
    Case(
        "ID002",
        setting("id.resource_type", identifier_pb2.WORKFLOW),
        "unexpected resource type workflow for identifier [resource_type:WORKFLOW  "
        'project:"lab"  domain:"development"  name:"etl.load"  version:"v1"], expected '
        "task instead",
    ),
    Case("ID003", clearing("id.project"), "missing project", "id.project"),
    Case("ID004", clearing("id.domain"), "missing domain", "id.domain"),
    Case("ID005", clearing("id.name"), "missing name", "id.name"),
    Case("ID006", clearing("id.version"), "missing version", "id.version"),
    Case(
        "ID007",
        lambda _: None,
        "failed to validate that project [lab] and domain [development] are "
        "registered, err: [project [lab] not found]",
        platform=LIMITED,
    ),
    Case(
        "ID009",
        lambda _: None,
        "domain [development] is unrecognized by system",
        platform=LIMITED,
    ),
    Case(
        "ID011",
        setting("id.version", b64encode(Random(0).randbytes(2_400)).decode()),  # noqa: S311 - text that does not compress
        'exceeds btree version 4 maximum 2704 for index "tasks_pkey"',
    ),
    Case("ID011", setting("id.name", "n" * 256), path="id.name"),
    Case("ID012", setting("id.name", "a\0b"), "invalid byte sequence for encoding"),
    Case("ID013", setting("id.name", "a/b"), path="id.name"),
    Case(
        "ID014",
        setting("id.name", "..."),
        "Node Id: <node>, Description: Value required [Id].",
        "id.name",
    ),
    Case(
        "launch.names",
        named("größe"),
        "Code: SyntaxError, Node Id: etlload, Description: Failed to parse element "
        "[größe].",
        "interface.inputs.größe",
    ),
    Case("launch.names", named("ñame"), "Parameter not bound [ñame]."),
    Case("launch.letters", setting("id.name", "etl.größe"), path="id.name"),
    Case("launch.container_name", setting("id.name", "etl.Load"), path="id.name"),
    Case(
        "launch.refused",
        setting("id.name", "etl\nload"),
        "failed to construct data reference for workflow closure",
        "id.name",
    ),
    Case(
        "launch.refused",
        setting("metadata.timeout.seconds", 10**10),
        'bad Duration: time: invalid duration "10000000000s"',
    ),
    Case(
        "template.digest",
        _kindless,
        "to digest with err nil Value",
        "template",
    ),
    Case(
        "ID017",
        lambda t: t.container.args.append("x" * (4 * 2**20)),
        "grpc: received message larger than max (",
    ),
    Case("TT001", clearing("type"), "missing type", "type"),
    Case(
        "TT002",
        lambda _: None,
        "task type must be whitelisted before use",
        platform=LIMITED,
    ),
    Case("TT003", clearing("metadata"), "missing metadata"),
    Case("TT004", clearing("metadata.runtime.version"), "missing runtime version"),
    Case("TT005", clearing("interface"), "missing typed interface"),
    Case("TT006", _typeless, "Description: Value required [param.Type]"),
    Case("TT006", _nameless, "Description: Value required [paramName]"),
    Case("TT007", clearing("container"), "unable to determine Pod configuration"),
    Case("TT007", setting("sql.statement", "SELECT 1"), "unable to determine Pod"),
    Case("TT008", setting("type", "acme"), path="type"),
    Case("TT009", setting("type", "spark"), path="type"),
    Case("TT009", setting("type", "container_array"), path="type"),
    Case("TT009", setting("type", "sidecar"), "nil Struct Object passed"),
    Case("TT010", setting("type", "raw-container"), path="type"),
    Case("TT011", setting("metadata.timeout.seconds", 5), path="metadata.timeout"),
    Case("TT011", setting("metadata.interruptible", True)),
    Case("TT012", clearing("metadata.retries"), path="metadata.retries"),
    Case("TT013", setting("security_context.run_as.iam_role", "r")),
    Case("TT014", lambda t: t.container.ports.add(container_port=80)),
    Case("TT014", setting("container.architecture", 1)),
    Case(
        "TT015",
        setting("metadata.pod_template_name", "big"),
        "PodTemplate 'big' does not exist",
        platform=LIMITED,
    ),
    Case("TT015", setting("metadata.pod_template_name", "big")),
    Case(
        "TT016",
        _prefixed,
        'metadata.labels: Invalid value: "-team": name part must consist of',
        "metadata.metadata.labels[-team]",
    ),
    Case(
        "TT016",
        _annotated,
        "metadata.annotations: Too long: may not be more than 262144 bytes",
        "metadata.metadata.annotations",
    ),
    Case(
        "TT017",
        lambda t: t.container.args.append("x" * (2**20 + 2**19)),
        "etcdserver: request is too large",
    ),
    Case("CT001", clearing("container.image"), "missing image"),
    Case("CT002", setting("container.image", " acme/app:1"), path="container.image"),
    Case("CT003", setting("container.image", "Acme/App:1"), "InvalidImageName"),
    Case("CT003", setting("container.image", "{{.image.default}}")),
    Case("CT004", setting("container.image", "acme/app:latest")),
    Case("CT004", setting("container.image", "localhost:5000/app")),
    Case(
        "CT005",
        clearing("container.args"),
        "task failed compilation with Collected Errors: 1\n\tError 0: Code: "
        "ValueRequired, Node Id: container, Description: Value required [command].\n",
    ),
    Case(
        "CT005",
        _two_faults,
        "task failed compilation with Collected Errors: 2\n\tError 0: Code: "
        "UnrecognizedValue, Node Id: resources.STORAGE, Description: Unrecognized "
        "value [x].\n\tError 1: Code: ValueRequired, Node Id: container, Description: "
        "Value required [command].\n",
    ),
    Case(
        "CT006",
        amounts([("STORAGE", "x")]),
        "Code: UnrecognizedValue, Node Id: resources.STORAGE, Description: "
        "Unrecognized value [x].",
    ),
    Case("CT007", variable("a b\n"), path="container.env[a b\n]"),
    Case("CT007", variable("1A")),
    Case("CT008", variable("FLYTE_ATTEMPT_NUMBER")),
    Case("CT009", variable("AWS_REGION"), platform=LIMITED),
    Case("env.secret", variable("DB_PASSWORD", "x"), path="container.env[DB_PASSWORD]"),
    Case("env.fail_on_error", variable("FLYTE_FAIL_ON_ERROR", "true")),
    Case("container.data_paths", _one_path, "must be unique"),
    Case("CT010", variable("A", "{{.input}}"), path="container.env[A]"),
    Case("CT011", args("echo", "$(HOME)")),
    Case("CT012", _copilot),
    Case(
        "RS001",
        amounts([("MEMORY", "4GB")]),
        "Parsing of MEMORY request failed for value 4GB - reason  quantities must "
        f"match the regular expression {KUBERNETES_GRAMMAR}. Please follow K8s",
        "container.resources.requests[MEMORY]",
    ),
    Case("RS001", amounts([("CPU", "1K")]), "unable to parse quantity's suffix"),
    Case(
        "RS002",
        amounts([("CPU", "1"), ("CPU", "2")]),
        "can't specify CPU limit for task [resource_type:TASK",
    ),
    Case(
        "RS003",
        amounts([("GPU", "0.5")]),
        "] must be a whole number, got: 0.5 instead",
    ),
    Case(
        "RS004",
        amounts([("GPU", "1")], [("GPU", "2")]),
        "For extended resource 'gpu' the default value must equal the limit value",
    ),
    Case(
        "RS005",
        amounts([("CPU", "1100m")], [("CPU", "1")]),
        "Requested CPU default [1100m] is greater than the limit [1]. Please fix your "
        "configuration",
        "container.resources.requests[CPU]",
    ),
    Case("RS006", amounts([("CPU", "500m")], [("CPU", "200m")])),
    Case(
        "RS007",
        amounts([("MEMORY", "2Gi")]),
        "Requested MEMORY default [2Gi] is greater than current limit set in the "
        "platform configuration [1Gi]. Please contact Flyte Admins to change these "
        "limits or consult the configuration",
        platform=LIMITED,
    ),
    Case(
        "RS008",
        amounts([("MEMORY", "1Gi")], [("MEMORY", "2Gi")]),
        "Requested MEMORY limit [2Gi] is greater than current limit set in",
        platform=LIMITED,
    ),
    Case("RS009", amounts([], [("MEMORY", "64Gi")])),
    Case("RS010", amounts([])),
    Case("RS011", amounts([("MEMORY", "500m")])),
    Case("RS012", amounts([("CPU", "-1")])),
    Case("RS013", amounts([("CPU", "0")])),
    Case("RS014", amounts([("STORAGE", "1Gi")])),
    Case("RS015", setting("extended_resources.gpu_accelerator.device", "a100")),
    Case("RS016", accelerated("")),
    Case(
        "accelerator.device",
        accelerated("a100, h100"),
        'Invalid value: "a100, h100": a valid label must be an empty string or',
        "extended_resources.gpu_accelerator.device",
    ),
    Case("shared_memory.name", shared(mount_name="My shm")),
    Case("RS018", shared(size_limit="-1Gi"), "SizeLimit field must be a valid"),
    Case(
        "RS017",
        setting("extended_resources.shared_memory.mount_name", "shm"),
        "mount path is not set",
    ),
    Case(
        "RS018",
        setting("extended_resources.shared_memory.size_limit", "2GB"),
        f"Unable to parse size limit: quantities must match the regular expression "
        f"{KUBERNETES_GRAMMAR}",
    ),
    Case(
        "AR001",
        args("{{.inputs.a}}", x="STRING"),
        "could not build resource for task: 0: input template [{{.inputs.a}}]: "
        "requested input is not found [a]\r\n",
        "container.args[0]",
    ),
    Case("AR002", args("{{.inputs.a}}")),
    Case(
        "AR003",
        _map_in_args,
        "received an unexpected primitive type [*core.Literal_Map]",
    ),
    Case("AR004", args("{{.inputs.x}}", x="DURATION")),
    Case("AR005", args("{{.inputs.x}}", x="FLOAT")),
    Case("AR006", _list_in_args),
    Case("AR007", args("{{.inputs.x}}", x="STRUCT")),
    Case("AR008", args("sh", "-c", "echo {{.inputs.x}}", x="STRING")),
    Case("AR008", args("/bin/bash", "-ec", "echo {{.inputs.x}}", x="STRING")),
    Case("AR009", args("{{input}}")),
    Case("AR009", args("{{. input}}")),
    Case("AR009", args("{{.executionName}}")),
    Case(
        "AR010",
        args("{{.inputs.x\u00a0}}", x="STRING"),
        "requested input is not found [x\u00a0]",
    ),
    Case("AR011", args("kit-execute", "--resolver", FLYTEKIT_RESOLVER, "--", "a.B")),
    Case("AR012", args("{{.prevCheckpointPrefix}}")),
    Case("AR013", args("--dir={{ .dest_dir }}")),
    Case("AR013", args("{{ .remote_package_path }}")),
    Case(
        "SE001",
        secret({"group": "db"}),
        "k8s Secrets Webhook require both key and group to be set.",
        "security_context.secrets[0]",
    ),
    Case(
        "SE002",
        secret({"group": "g", "key": "k", "mount_requirement": 7}),
        "invalid mount requirement [7]",
    ),
    Case("SE003", secret({"group": "g" * 39, "key": "k"})),
    Case(
        "secret.name",
        secret({"group": "My_Group", "key": "k", "mount_requirement": 1}),
        'secretKeyRef.name: Invalid value: "My_Group": a lowercase RFC 1123 subdomain',
        "security_context.secrets[0].group",
    ),
    Case(
        "secret.name",
        secret({"group": "g", "key": "a/b", "mount_requirement": 2}),
        path="security_context.secrets[0].key",
    ),
    Case(
        "secret.env_var",
        secret({"group": "g", "key": "k", "env_var": "bad name="}),
        'Invalid value: "bad name="',
        "security_context.secrets[0].env_var",
    ),
    Case("secret.mount_path", _mounted, "/etc/flyte/secrets/acme"),
    Case(
        "secret.webhook",
        secret({"group": "g", "key": "k"}),
        platform=kit.Platform(secrets_webhook=False),
    ),
    Case(
        "SE004",
        secret(
            {"group": "g", "key": "a", "group_version": "1"},
            {"group": "g", "key": "b", "group_version": "2"},
        ),
    ),
    Case(
        "SE005",
        secret(
            {"group": "g", "key": "k", "group_version": "1", "mount_requirement": 1}
        ),
    ),
    Case("SE006", secret({"group": "g", "key": "k", "group_version": "1"})),
    Case("SE007", secret({"group": "g", "key": "k"}, {"group": "g", "key": "K"})),
    Case("SE008", secret({"group": "g", "key": "k"})),
    Case(
        "SE009",
        secret({"group": "g", "key": "k", "mount_requirement": 1}),
        "Env_Var is not a supported mount requirement for Vault Secret Manager",
        platform=LIMITED,
    ),
    Case("SE010", secret({"group": "g", "key": "k", "env_var": "a-b"})),
    Case(
        "SE011",
        secret({"group": "g", "key": "k" * 2**18, "mount_requirement": 1}),
        "secret descriptor cannot exceed [262144]",
    ),
    Case(
        "CA001",
        setting("metadata.discoverable", True),
        "task cannot have an empty discoveryVersion",
    ),
    Case("CA002", setting("metadata.cache_serializable", True)),
    Case("cache.catalog", _serialized, path="metadata.cache_serializable"),
    Case("cache.order", _plain_dict, path="interface.inputs.options"),
    Case("CA003", _ignoring, path="metadata.cache_ignore_input_vars[0]"),
    Case("CA004", _cached_without_outputs),
    Case(
        "PY001",
        lambda t: t.container.args.append("__main__.Load"),
        "module '__main__' has no attribute 'Load'",
    ),
    Case("PY004", _flytekit_list, "failed to convert return value for var o0"),
    Case("PY008", _flytekit_outputs, path="interface.outputs"),
    Case("flytekit.unions", _union_for_flytekit, path="interface.inputs.x"),
    Case("PY006", _dataclass, path="interface.inputs.x"),
    Case("image.runtime", setting("container.image", "python:3.12-slim")),
    Case(
        "image.runtime",
        setting("container.image", "cr.flyte.org/flyteorg/flytekit:py3.12-1.16"),
    ),
    Case("image.runtime", _kits_image, path="container.image"),
    Case("PY007", _pickled),
    Case("pod.spec", _pod, "pod tasks should specify their target as a K8sPod"),
    Case(
        "pod.container_name",
        _pod_container,
        "Description: Invalid value [k8s pod spec container name].",
    ),
    Case(
        "pod.shape",
        lambda t: t.k8s_pod.pod_spec.update({"containers": "main"}),
        "json: cannot unmarshal",
        "k8s_pod.pod_spec.containers",
    ),
    Case("pod.container_names", pod(MAIN, MAIN), 'Duplicate value: "main"'),
    Case(
        "pod.image",
        pod({"name": "main"}),
        "spec.containers[0].image: Required value",
        "k8s_pod.pod_spec.containers[0].image",
    ),
    Case("pod.primary", pod(MAIN, primary=""), "config missing [primary_container_na"),
    Case(
        "pod.primary", pod(MAIN, primary="other"), path="config.primary_container_name"
    ),
    Case(
        "pod.resources",
        pod({**MAIN, "resources": {"requests": {"cpu": 3}}}),
        "Requested CPU default [3] is greater than current limit set in the platform",
        platform=LIMITED,
    ),
    Case(
        "pod.sidecar_limits",
        pod(MAIN, {**MAIN, "name": "side", "resources": {"requests": {"cpu": "1"}}}),
        "must be less than or equal to cpu limit of 0",
        "k8s_pod.pod_spec.containers[1].resources.limits.cpu",
    ),
    Case(
        "pod.sidecar_limits",
        pod(
            MAIN, {**MAIN, "name": "s", "resources": {"limits": {"nvidia.com/gpu": 1}}}
        ),
        "must be equal to nvidia.com/gpu limit of 1",
    ),
    Case("pod.primary", lambda t: t.k8s_pod.pod_spec.SetInParent()),
    Case(
        "pod.refused",
        pod({**MAIN, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}),
        'spec.containers[0].volumeMounts[0].name: Not found: "v"',
        "k8s_pod.pod_spec",
    ),
    Case("inline.size", _source, path="custom.kit.inline.source"),
)
