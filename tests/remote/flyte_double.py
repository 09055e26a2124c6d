"""A double of Flyte 1.16.8: flyteadmin and its data proxy over real gRPC, on loopback.

It is not Flyte. Its answers are recorded ones where there are any
(:meth:`FlyteDouble.play`), and else follow the rules that were measured on a live
server; it never asks kit's own checks and forecasts, which it is there to test. A pod
is a local process with the container's command (:mod:`pod_double`).
"""

from __future__ import annotations

import collections
import re
import threading
import time
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from bucket_double import Bucket
from execution_double import Executions
from flyteidl.admin import common_pb2, task_pb2, version_pb2
from flyteidl.core import identifier_pb2
from flyteidl.service import admin_pb2, auth_pb2, dataproxy_pb2, identity_pb2
from google.protobuf import json_format, message_factory
from google.protobuf.message import DecodeError
from typing_extensions import Self

_SERVICES = {
    f"flyteidl.service.{name}": module.DESCRIPTOR.services_by_name[name]
    for module, name in (
        (admin_pb2, "AdminService"),
        (dataproxy_pb2, "DataProxyService"),
        (auth_pb2, "AuthMetadataService"),
        (identity_pb2, "IdentityService"),
    )
}
_OPEN = ("GetPublicClientConfig", "GetOAuth2Metadata")
_LIMIT = 4 * 2**20
MOST_WORDS = 32_000


class Refusal(Exception):  # noqa: N818 - it is an answer
    """An answer that is not OK."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(code, words)
        self.code, self.words = code, words


@dataclass
class Fault:
    """What goes wrong with a call.

    Attributes:
        code: The code to answer; empty to answer as ever.
        words: Its words.
        delay: Seconds to wait first.
        lost: Whether the call is carried out before that answer.
    """

    code: str = ""
    words: str = ""
    delay: float = 0.0
    lost: bool = False


@dataclass
class Answer:
    """A recorded answer: a message's bytes, or a refusal."""

    response: bytes = b""
    code: str = "OK"
    words: str = ""


@dataclass
class FlyteDouble:
    """A double of Flyte; use it as a context.

    Attributes:
        folder: Where its bucket is.
        address: Host and port, once it was started.
        calls: Each call that arrived: its method and the request.
        faults: What goes wrong with the next calls, by method.
    """

    folder: Path
    projects: tuple[str, ...] = ("flytesnacks", "flytetester")
    archived: tuple[str, ...] = ("resting",)
    domains: tuple[str, ...] = ("development", "staging", "production")
    authorization: Any = None
    credentials: Any = None
    services: tuple[str, ...] = ("AdminService", "DataProxyService")
    run_pods: bool = True
    calls: list[tuple[str, Any]] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(
        default_factory=lambda: collections.defaultdict(list)
    )
    port: int = 0

    def __post_init__(self) -> None:
        self.lock = threading.RLock()
        self.tasks: dict[tuple[str, ...], task_pb2.Task] = {}
        self.workflows: dict[tuple[str, ...], Any] = {}
        self.plans: dict[tuple[str, ...], Any] = {}
        self._recorded: dict[tuple[str, bytes], list[Answer]] = {}
        self.peers: set[str] = set()
        self._server: grpc.Server | None = None

    # --- life -------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.bucket = Bucket(self.folder / "bucket")
        self.bucket.start()
        self.executions = Executions(self)
        if self.authorization is not None:
            self.authorization.start()
            self.services = (*self.services, "AuthMetadataService", "IdentityService")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.executions.close()
        self.stop(grace=1.0)  # or gRPC logs the clients that are just closing
        self.bucket.stop()
        if self.authorization is not None:
            self.authorization.stop()

    def start(self) -> None:
        """Listen; on the same port again after a stop."""
        self._server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=16),
            options=[
                ("grpc.max_receive_message_length", _LIMIT),
                ("grpc.max_metadata_size", 2**20),
                ("grpc.so_reuseport", 0),
            ],
        )
        self._server.add_generic_rpc_handlers((_Handler(self),))
        where = f"127.0.0.1:{self.port}"
        if self.credentials is None:
            self.port = self._server.add_insecure_port(where)
        else:
            self.port = self._server.add_secure_port(where, self.credentials)
        self._server.start()

    def stop(self, grace: float | None = None) -> None:
        """Close all connections, without grace at once, as a server that is killed."""
        if self._server is not None:
            self._server.stop(grace).wait()
            self._server = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    # --- answering --------------------------------------------------------------------

    def play(self, method: str, request: bytes, answer: Answer) -> None:
        """Answer this request as it was once: in order, and the last one stays."""
        key = (method, _settled(method, request))
        self._recorded.setdefault(key, []).append(answer)

    def count(self, method: str) -> int:
        """Return how often a method was called."""
        return sum(1 for name, _ in self.calls if name == method)

    def answer(self, method: str, data: bytes, context: grpc.ServicerContext) -> Any:
        """Answer a call, with what goes wrong with it."""
        descriptor = _method(method)
        try:
            request = message_factory.GetMessageClass(descriptor.input_type).FromString(
                data
            )
        except DecodeError:
            raise Refusal(
                "INTERNAL",
                "grpc: error unmarshalling request: proto:\u00a0cannot parse"
                " invalid wire-format data",
            ) from None
        with self.lock:
            self.calls.append((method, request))
            self.peers.add(context.peer())
            queue = self.faults[method]
            fault = queue.pop(0) if queue else Fault()
        time.sleep(fault.delay)
        if not fault.code:
            return self._answer(method, data, request, context)
        if fault.lost:
            self._answer(method, data, request, context)
        raise Refusal(fault.code, fault.words)

    def _answer(
        self, method: str, data: bytes, request: Any, context: grpc.ServicerContext
    ) -> Any:
        if self.authorization is not None and method not in _OPEN:
            words = self.authorization.refusal(dict(context.invocation_metadata()))
            if words:
                raise Refusal("UNAUTHENTICATED", words)
        with self.lock:
            queue = self._recorded.get((method, _settled(method, data)))
            if queue:
                told = queue.pop(0) if len(queue) > 1 else queue[0]
                return self._replayed(method, request, told)
        handler = getattr(self, f"_{_snake(method)}", None)
        if handler is None:
            handler = getattr(self.executions, _snake(method), None)
        if handler is None:
            handler = getattr(self.bucket, _snake(method), None)
        if handler is None and self.authorization is not None:
            handler = getattr(self.authorization, _snake(method), None)
        if handler is None:
            raise Refusal("UNIMPLEMENTED", f"method {method} not implemented")
        return handler(request)

    def _replayed(self, method: str, request: Any, told: Answer) -> bytes:
        if told.code != "OK":
            raise Refusal(told.code, told.words)
        if method == "CreateTask":
            self._store_task(request)
        return told.response

    # --- registering ------------------------------------------------------------------

    def _get_version(self, request: Any) -> Any:
        answer = version_pb2.GetVersionResponse()
        answer.control_plane_version.Version = "unknown"
        return answer

    def _create_task(self, request: task_pb2.TaskCreateRequest) -> Any:
        if not request.HasField("id"):
            raise Refusal("INVALID_ARGUMENT", "missing id")
        self._check_id(request.id, "TASK")
        if not request.spec.template.type:
            raise Refusal("INVALID_ARGUMENT", "missing type")
        if not request.spec.template.HasField("interface"):
            raise Refusal("INVALID_ARGUMENT", "missing typed interface")
        with self.lock:
            self._check_stored(
                self.tasks.get(key_of(request.id)),
                request.spec.template,
                "task",
                request.id,
            )
            self._store_task(request)
        return task_pb2.TaskCreateResponse()

    def _store_task(self, request: task_pb2.TaskCreateRequest) -> None:
        task = task_pb2.Task(id=request.id)
        task.closure.compiled_task.template.CopyFrom(request.spec.template)
        task.closure.compiled_task.template.id.CopyFrom(request.id)
        task.closure.created_at.GetCurrentTime()
        task.short_description = request.spec.description.short_description
        self.tasks.setdefault(key_of(request.id), task)

    def _check_stored(self, stored: Any, new: Any, kind: str, identity: Any) -> None:
        if stored is None:
            return
        old = stored.closure.compiled_task.template if kind == "task" else stored
        again = type(new)()
        again.CopyFrom(new)
        again.id.CopyFrom(identity)
        if structure(old) == structure(again):
            words = f"{kind.replace('_', ' ')} with identical structure already exists"
            raise Refusal("ALREADY_EXISTS", words)
        named = kind.replace("_", " ")
        words = (
            f"{identity.name} {named} with different structure already exists. (Please "
            f"register a new version of the {named}):\n"
        )
        raise Refusal("INVALID_ARGUMENT", words)

    def _check_id(self, identity: Any, kind: str) -> None:
        wanted = identifier_pb2.ResourceType.Value(kind)
        if identity.resource_type != wanted:
            named = identifier_pb2.ResourceType.Name(identity.resource_type).lower()
            words = (
                f"unexpected resource type {named} for identifier [{text(identity)}]"
            )
            raise Refusal("INVALID_ARGUMENT", words)
        for name in ("project", "domain", "name", "version"):
            if not getattr(identity, name):
                raise Refusal("INVALID_ARGUMENT", f"missing {name}")
        self.check_place(identity.project, identity.domain)
        if "\0" in identity.name + identity.version:
            words = (
                "failed database operation with invalid byte sequence for encoding "
                '"UTF8": 0x00'
            )
            raise Refusal("UNKNOWN", words)

    def check_place(self, project: str, domain: str) -> None:
        """Refuse a place that is not registered."""
        frame = (
            f"failed to validate that project [{project}] and domain [{domain}] are "
            "registered, err: "
        )
        if project in self.archived:
            raise Refusal("INVALID_ARGUMENT", f"project [{project}] is not active")
        if project not in self.projects:
            words = f"{frame}[project [{project}] not found]"
            raise Refusal("INVALID_ARGUMENT", words)
        if domain not in self.domains:
            words = f"domain [{domain}] is unrecognized by system"
            raise Refusal("INVALID_ARGUMENT", words)

    def _get_task(self, request: common_pb2.ObjectGetRequest) -> Any:
        wanted = key_of(request.id)
        with self.lock:
            for key, task in self.tasks.items():  # empty fields are not looked at
                if all(not w or w == k for w, k in zip(wanted, key, strict=True)):
                    return task
        raise missing("TASK", request.id)

    def _list_tasks(self, request: common_pb2.ResourceListRequest) -> Any:
        if request.limit < 1:
            raise Refusal("INVALID_ARGUMENT", "invalid value for limit")
        with self.lock:
            found = [
                task
                for task in self.tasks.values()
                if (task.id.project, task.id.domain)
                == (request.id.project, request.id.domain)
                and request.id.name in ("", task.id.name)
            ]
        if (
            request.sort_by.key
            and request.sort_by.direction == common_pb2.Sort.DESCENDING
        ):
            found.reverse()
        if request.token and not request.token.isdecimal():
            words = f"invalid pagination token {request.token} for ListTasks"
            raise Refusal("INVALID_ARGUMENT", words)
        start = int(request.token or 0)
        page = found[start : start + request.limit]
        token = str(start + len(page)) if len(page) == request.limit else ""
        return task_pb2.TaskList(tasks=page, token=token)

    def _create_workflow(self, request: Any) -> Any:
        self._check_id(request.id, "WORKFLOW")
        for node in request.spec.template.nodes:
            reference = node.task_node.reference_id
            if key_of(reference) not in self.tasks:
                words = (
                    f"failed to compile workflow for [{text(request.id)}] with err: "
                    f"{missing('TASK', reference).words}"
                )
                raise Refusal("INVALID_ARGUMENT", words)
        with self.lock:
            stored = self.workflows.get(key_of(request.id))
            self._check_stored(stored, request.spec.template, "workflow", request.id)
            request.spec.template.id.CopyFrom(request.id)
            self.workflows[key_of(request.id)] = request.spec.template
        return _response("CreateWorkflow")

    def _get_workflow(self, request: common_pb2.ObjectGetRequest) -> Any:
        stored = self.workflows.get(key_of(request.id))
        if stored is None:
            raise missing("WORKFLOW", request.id)
        answer = _response("GetWorkflow")
        answer.id.CopyFrom(request.id)
        template = answer.closure.compiled_workflow.primary.template
        template.CopyFrom(stored)
        for node in template.nodes:  # as the compiler writes it
            node.upstream_node_ids.append("start-node")
            for bound in node.inputs:
                promise = bound.binding.promise
                if bound.binding.HasField("promise") and not promise.node_id:
                    promise.node_id = "start-node"
        for name in ("start-node", "end-node"):
            template.nodes.add().id = name
        return answer

    def _get_launch_plan(self, request: common_pb2.ObjectGetRequest) -> Any:
        stored = self.plans.get(key_of(request.id))
        if stored is None:
            raise missing("LAUNCH_PLAN", request.id)
        answer = _response("GetLaunchPlan")
        answer.id.CopyFrom(request.id)
        answer.spec.CopyFrom(stored)
        return answer

    def _create_launch_plan(self, request: Any) -> Any:
        self._check_id(request.id, "LAUNCH_PLAN")
        flow = self.workflows.get(key_of(request.spec.workflow_id))
        if flow is None:
            raise missing("WORKFLOW", request.spec.workflow_id)
        variables = flow.interface.inputs.variables
        for name, parameter in request.spec.default_inputs.parameters.items():
            if name not in variables:
                words = f"unexpected default_input {name}"
                raise Refusal("INVALID_ARGUMENT", words)
            if parameter.var.type != variables[name].type:
                words = f"Type mismatch for Parameter {name} in default_inputs"
                raise Refusal("INVALID_ARGUMENT", words)
        with self.lock:
            stored = self.plans.get(key_of(request.id))
            if stored is not None:
                same = structure(stored) == structure(request.spec)
                code = "ALREADY_EXISTS" if same else "INVALID_ARGUMENT"
                words = (
                    "launch plan with identical structure already exists"
                    if same
                    else f"{request.id.name} launch plan with different structure "
                    "already exists. (Please register a new version of the launch "
                    "plan):\n"
                )
                raise Refusal(code, words)
            self.plans[key_of(request.id)] = request.spec
        return _response("CreateLaunchPlan")


class _Handler(grpc.GenericRpcHandler):
    """Finds what answers a method, by the services' own descriptions."""

    def __init__(self, double: FlyteDouble) -> None:
        self._double = double

    def service(self, details: Any) -> grpc.RpcMethodHandler | None:
        _, service, method = details.method.split("/")
        short = service.rpartition(".")[2]
        if service not in _SERVICES or short not in self._double.services:
            return _unimplemented(f"unknown service {service}")
        if method not in _SERVICES[service].methods_by_name:
            return _unimplemented(f"unknown method {method} for service {service}")

        def call(data: bytes, context: grpc.ServicerContext) -> Any:
            try:
                return self._double.answer(method, data, context)
            except Refusal as refusal:
                words = refusal.words.encode()[:MOST_WORDS].decode(errors="ignore")
                context.abort(grpc.StatusCode[refusal.code], words)

        return grpc.unary_unary_rpc_method_handler(call, response_serializer=_bytes)


def _unimplemented(words: str) -> grpc.RpcMethodHandler:
    def call(data: bytes, context: grpc.ServicerContext) -> None:
        context.abort(grpc.StatusCode.UNIMPLEMENTED, words)

    return grpc.unary_unary_rpc_method_handler(call)


def _bytes(answer: Any) -> bytes:
    return answer if isinstance(answer, bytes) else answer.SerializeToString()


def _method(name: str) -> Any:
    found = (service.methods_by_name.get(name) for service in _SERVICES.values())
    return next(filter(None, found))


def _settled(method: str, data: bytes) -> bytes:
    """Return a request's bytes with its maps in order; as they are if it is none."""
    try:
        request = message_factory.GetMessageClass(_method(method).input_type)
        return request.FromString(data).SerializeToString(deterministic=True)
    except DecodeError:
        return data


def _response(method: str) -> Any:
    return message_factory.GetMessageClass(_method(method).output_type)()


def _snake(name: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.replace("OAuth2", "Oauth2"))
    return words.lower()


def key_of(identity: Any) -> tuple[str, ...]:
    """Return what entities are found by: the organization is not part of it."""
    return (identity.project, identity.domain, identity.name, identity.version)


def text(identity: Any) -> str:
    """Return an identifier as Go writes it, with two blanks between fields."""
    kind = identity.resource_type
    named = identifier_pb2.ResourceType.Name(kind)
    parts = [f"resource_type:{named}"] if kind else []
    parts += [
        f'{name}:"{getattr(identity, name)}"'
        for name in ("project", "domain", "name", "version")
        if getattr(identity, name)
    ]
    return "  ".join(parts)


def missing(kind: str, identity: Any) -> Refusal:
    """Return what the server says of what it has not."""
    named = type(identity)()
    named.CopyFrom(identity)
    named.ClearField("resource_type")
    words = f"missing entity of type {kind} with identifier {text(named)}"
    return Refusal("NOT_FOUND", words)


def structure(message: Any) -> Any:
    """Return what two entities are compared by: their JSON, numbers as numbers.

    JSON has no NaN and no infinity; a message with one is compared by its bytes.
    """
    try:
        return json_format.MessageToDict(message)
    except json_format.SerializeToJsonError:
        return message.SerializeToString(deterministic=True)
