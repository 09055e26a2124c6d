"""``kit.Remote``: a live Flyte, as calls that take and return its messages."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import CallError, EndpointError, RemoteNotFoundError
from kit.remote.connection import DEFAULT_TIMEOUT, Connection
from kit.remote.endpoint import (
    DEFAULT_DOMAIN,
    DEFAULT_PROJECT,
    Endpoint,
    SignIn,
    configured,
)

if TYPE_CHECKING:
    from flyteidl.admin import execution_pb2, task_pb2
    from flyteidl.core.identifier_pb2 import WorkflowExecutionIdentifier
    from google.protobuf.message import Message

_PAGE = 100


class Remote:
    """A Flyte that runs somewhere, and the project and domain to use there.

    Nothing is sent before the first call, and no token before the server wants one.
    Every call has a deadline, is sent again while that may help, and shows the server's
    own words. Threads may share it; it has one connection.

    Args:
        endpoint: Host and port of its gRPC: ``localhost:30080``; by default that of the
            environment and config files, as :meth:`auto`.
        insecure: Whether it is without TLS; False for an endpoint that is given here.
        project: The project to use; by default the configured one, or flytesnacks.
        domain: The domain to use; by default the configured one, or development.
        timeout: Seconds that one attempt of a call may take.
        ca_certificate: A file of the authorities to trust, in place of the system's.
        sign_in: How to sign in if the server wants it; the browser by default.
        config: The file to read, if no endpoint is given.

    Raises:
        EndpointError: The endpoint is not one, or none is given and none configured.

    Example:
        >>> Remote("localhost:30080", insecure=True)
        Remote('localhost:30080', project='flytesnacks', domain='development')
    """

    def __init__(
        self,
        endpoint: str | None = None,
        *,
        insecure: bool | None = None,
        project: str | None = None,
        domain: str | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        ca_certificate: str | os.PathLike[str] | None = None,
        sign_in: SignIn | None = None,
        config: str | os.PathLike[str] | None = None,
    ) -> None:
        found = None if endpoint is not None else configured(config)
        changes: dict[str, Any] = {}
        if insecure is not None:
            changes["insecure"] = insecure
        if ca_certificate is not None:
            changes["ca_certificate"] = os.fspath(ca_certificate)
        if sign_in is not None:
            changes["sign_in"] = sign_in
        if found is not None:
            place = _replaced(found.endpoint, changes)
        else:
            place = Endpoint(address=str(endpoint), **changes)
        _check_timeout(timeout)
        said = (found.project, found.domain) if found is not None else ("", "")
        self.endpoint = place
        self.project = _checked_part("project", project or said[0] or DEFAULT_PROJECT)
        self.domain = _checked_part("domain", domain or said[1] or DEFAULT_DOMAIN)
        self.connection = Connection(place, timeout)

    @classmethod
    def auto(
        cls,
        config: str | os.PathLike[str] | None = None,
        *,
        project: str | None = None,
        domain: str | None = None,
    ) -> Remote:
        """Return the Flyte of the environment and of the config files.

        ``FLYTE_PLATFORM_URL`` and the other variables of flytekit win over the file:
        that of ``FLYTECTL_CONFIG``, ``flytekit.config`` here, ``~/.flyte/config``, or
        ``~/.flyte/config.yaml``.

        Args:
            config: The file.
            project: The project to use, in place of the configured one.
            domain: The domain to use, in place of the configured one.

        Raises:
            EndpointError: None is configured, or the file cannot be read.
            SignInError: It names an unknown way to sign in.
        """
        return cls(config=config, project=project, domain=domain)

    # --- calls ------------------------------------------------------------------------

    def call(self, method: str, request: Message, timeout: float | None = None) -> Any:
        """Call any method of flyteadmin or its data proxy, and return its answer.

        Args:
            method: Its name: ``GetTask``, ``CreateUploadLocation``.
            request: The message that it takes.
            timeout: Seconds that one attempt may take; the remote's by default.

        Raises:
            CallError: There is no such method, or an identifier has an empty field: the
                server would answer with *some* entity.
            EndpointError: Nothing of Flyte 1 answers there.
            RemoteUnavailableError: It does not answer, also when asked again.
            SignInError: It wants a sign-in, and that failed.
            RemoteError: It refuses the call: a subclass by the server's code.
            MissingPackageError: grpcio is not installed.
        """
        _check_identifiers(method, request)
        return self.connection.call(method, request, timeout)

    def task_id(self, name: str, version: str) -> Identifier:
        """Return the identifier of a task in this project and domain."""
        return self.identifier(ResourceType.TASK, name, version)

    def identifier(self, kind: ResourceType, name: str, version: str) -> Identifier:
        """Return the identifier of an entity in this project and domain."""
        return Identifier(
            resource_type=kind,
            project=self.project,
            domain=self.domain,
            name=name,
            version=version,
        )

    def get_task(self, task: Identifier) -> task_pb2.Task:
        """Return a registered task, with the template as it was sent.

        Raises:
            RemoteNotFoundError: It is not registered.
        """
        from flyteidl.admin.common_pb2 import ObjectGetRequest

        answer: task_pb2.Task = self.call("GetTask", ObjectGetRequest(id=task))
        return answer

    def fetch(self, name: str, version: str | None = None) -> TaskTemplate:
        """Return the template of a registered task: of the newest version by default.

        Raises:
            RemoteNotFoundError: It is not registered.
        """
        if version is not None:
            task = self.get_task(self.task_id(name, version))
            return task.closure.compiled_task.template
        for task in self.list_tasks(_checked_part("name", name), limit=1):
            return task.closure.compiled_task.template
        msg = f"No version of {name!r} is registered in {self.project}/{self.domain}."
        raise RemoteNotFoundError(msg, code="NOT_FOUND")

    def list_tasks(
        self, name: str = "", *, limit: int = _PAGE, newest_first: bool = True
    ) -> Iterator[task_pb2.Task]:
        """Yield registered tasks of this project and domain, a page at a time.

        Args:
            name: Only versions of this task; empty yields those of all tasks.
            limit: How many there are to a page.
            newest_first: Whether the newest is first, else the oldest.
        """
        from flyteidl.admin.common_pb2 import (
            NamedEntityIdentifier,
            ResourceListRequest,
            Sort,
        )

        down, up = Sort.DESCENDING, Sort.ASCENDING
        request = ResourceListRequest(
            id=NamedEntityIdentifier(
                project=self.project, domain=self.domain, name=name
            ),
            limit=limit,
            sort_by=Sort(key="created_at", direction=down if newest_first else up),
        )
        while True:
            page = self.call("ListTasks", request)
            yield from page.tasks
            if not page.token:  # it is empty only when fewer than limit came
                return
            request.token = page.token

    def get_execution(
        self, execution: WorkflowExecutionIdentifier
    ) -> execution_pb2.Execution:
        """Return how an execution stands.

        Raises:
            RemoteNotFoundError: There is no such execution.
        """
        from flyteidl.admin.execution_pb2 import WorkflowExecutionGetRequest

        answer: execution_pb2.Execution = self.call(
            "GetExecution", WorkflowExecutionGetRequest(id=execution)
        )
        return answer

    def close(self) -> None:
        """Close the connection; a later call opens another one."""
        self.connection.close()

    def __enter__(self) -> Remote:  # noqa: PYI034 - Python 3.10 has no Self
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def console_link(self, execution: WorkflowExecutionIdentifier) -> str:
        """Return the address of an execution in the console, by convention."""
        return (
            f"{self.endpoint.console_url}/projects/{execution.project}/domains/"
            f"{execution.domain}/executions/{execution.name}"
        )

    def __repr__(self) -> str:
        return (
            f"Remote({self.endpoint.address!r}, project={self.project!r}, "
            f"domain={self.domain!r})"
        )


def as_remote(remote: Any) -> Remote:
    """Return the remote that was given, or the configured one.

    Raises:
        CallError: It is something else.
        EndpointError: None is given and none configured.
    """
    if remote is None:
        return Remote.auto()
    if not isinstance(remote, Remote):
        msg = f"remote must be a kit.Remote(endpoint=...), got {remote!r:.100}."
        raise CallError(msg)
    return remote


def _replaced(endpoint: Endpoint, changes: dict[str, Any]) -> Endpoint:
    import dataclasses

    return dataclasses.replace(endpoint, **changes)


def _check_timeout(timeout: Any) -> None:
    is_number = isinstance(timeout, (int, float)) and not isinstance(timeout, bool)
    if not is_number or not timeout > 0:
        msg = f"A timeout is a positive number of seconds, got {timeout!r}."
        raise CallError(msg)


def _checked_part(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or "\0" in value:
        msg = f"{name} must be a name of Flyte, got {value!r:.100}."
        raise EndpointError(msg)
    return value


_IDENTIFIERS = {
    "flyteidl.core.Identifier": ("project", "domain", "name", "version"),
    "flyteidl.core.WorkflowExecutionIdentifier": ("project", "domain", "name"),
    "flyteidl.core.NodeExecutionIdentifier": ("node_id", "execution_id"),
    "flyteidl.core.TaskExecutionIdentifier": ("task_id", "node_execution_id"),
    "flyteidl.admin.NamedEntityIdentifier": ("project", "domain"),
}
_CHECKED_FIELDS = ("id", "workflow_execution_id", "node_execution_id")


def _check_identifiers(method: str, request: Message) -> None:
    """Refuse an identifier with an empty field, which would match anything.

    Raises:
        CallError: One has.
    """
    for field in request.DESCRIPTOR.fields:
        if field.name in _CHECKED_FIELDS and field.message_type is not None:
            _check_identifier(method, field.name, getattr(request, field.name))
    if method == "CreateExecution":
        for name in ("project", "domain", "name"):
            if not getattr(request, name):
                raise CallError(_empty(method, name))


def _check_identifier(method: str, path: str, identifier: Message) -> None:
    for name in _IDENTIFIERS.get(identifier.DESCRIPTOR.full_name, ()):
        value = getattr(identifier, name)
        if not isinstance(value, str):
            _check_identifier(method, f"{path}.{name}", value)
        elif not value:
            raise CallError(_empty(method, f"{path}.{name}"))


def _empty(method: str, path: str) -> str:
    return (
        f"{method}: {path} is empty, which Flyte would take for any. Pass the whole "
        "identifier."
    )
