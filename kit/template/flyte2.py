"""The same template on Flyte 2: what is deployed, and how the template travels.

The executor reads the template that it reads on Flyte 1.  Only its way is another:
Flyte 2 puts no file behind ``{{.taskTemplatePath}}``, so the template itself stands
there as a ``data:`` URL.

Flyte 2's messages have the bytes of Flyte 1's with maps as lists, whose order means
something.  They come from ``flyteidl2``, which is imported when it is used.
"""

from __future__ import annotations

import base64
import binascii
import importlib
import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from flyteidl.core import interface_pb2, tasks_pb2

from kit.errors import MissingPackageError, StorageNotFoundError, TemplateError
from kit.escape import shorten
from kit.template.config import OUTPUT_ORDER

if TYPE_CHECKING:
    from flyteidl2.core import tasks_pb2 as tasks2_pb2
    from flyteidl2.task import task_service_pb2

TEMPLATE_PATH = "{{.taskTemplatePath}}"
MAX_URL_BYTES = 96 * 1024
"""The longest ``data:`` URL: Linux allows 128 KiB for one argument (MAX_ARG_STRLEN)."""
MAX_VERSION = 63
MAX_SHORT_NAME = 63
_DATA = "data:application/octet-stream;base64,"
_HEAD = re.compile(r"data:[\w.+/;=-]{0,200},", re.ASCII)
_NO_FILE = "inline://"
_LONGEST_NAME = 80


def template_url(template: tasks_pb2.TaskTemplate) -> str:
    """Return a template as a ``data:`` URL, for :func:`unpack_url`."""
    data = template.SerializeToString(deterministic=True)
    return _DATA + base64.b64encode(data).decode("ascii")


def unpack_url(place: str) -> bytes | None:
    """Return the bytes in a ``data:`` URL; None for any other place.

    Raises:
        TemplateError: It is a ``data:`` URL that is damaged or not base64.
        StorageNotFoundError: It is what Flyte 2 fills in for the template's path,
            behind which there is nothing.
    """
    if place.startswith(_NO_FILE):
        msg = (
            f"{shorten(place, _LONGEST_NAME)!r} is no file: Flyte 2 fills it in for "
            f"{TEMPLATE_PATH}, and hands out no template. Deploy the task with "
            "target='flyte2', which puts the template itself into the arguments."
        )
        raise StorageNotFoundError(msg)
    if not place.startswith("data:"):
        return None
    head = _HEAD.match(place)
    shown = shorten(place, _LONGEST_NAME)
    if head is None or not head[0].endswith(";base64,"):
        msg = f"{shown!r} is not the data: URL of a template. Write {_DATA}…"
        raise TemplateError(msg)
    try:
        return base64.b64decode(place[head.end() :], validate=True)
    except binascii.Error as error:
        msg = f"The template in {shown!r} is not base64: {error}. Was it cut short?"
        raise TemplateError(msg) from error


def deployed_template(
    template: tasks_pb2.TaskTemplate,
    *,
    inputs: Iterable[str] = (),
    url: str | None = None,
) -> tasks2_pb2.TaskTemplate:
    """Return the template that is deployed on Flyte 2.

    Args:
        template: As it is registered on Flyte 1.
        inputs: Names of the inputs in the order of the definition, which Flyte 1's
            message does not keep.
        url: Where the template was uploaded to, if it is too large for an argument.

    Raises:
        TemplateError: Its container cannot have the template on Flyte 2, or it is too
            large for an argument and was not uploaded.
        MissingPackageError: ``flyteidl2`` is not installed.
    """
    tasks2 = _flyteidl2("core.tasks_pb2")
    made: tasks2_pb2.TaskTemplate = tasks2.TaskTemplate.FromString(
        template.SerializeToString()
    )
    outputs = template.config.get(OUTPUT_ORDER, "")
    _order(made.interface.inputs.variables, inputs)
    _order(made.interface.outputs.variables, outputs.split(","))
    for args in _arguments_of(made):
        filled = _filled(args, template, url)
        del args[:]
        args.extend(filled)
    return made


def deploy_request(
    template: tasks_pb2.TaskTemplate,
    parameters: interface_pb2.ParameterMap,
    *,
    inputs: Iterable[str] = (),
    url: str | None = None,
    description: str = "",
) -> task_service_pb2.DeployTaskRequest:
    """Return the request that deploys a task on Flyte 2.

    Args:
        template: As it is registered on Flyte 1, with project, domain and version.
        parameters: Its inputs with their defaults, which travel with a task of Flyte 2.
        inputs: See :func:`deployed_template`.
        url: See :func:`deployed_template`.
        description: The first lines of the task's documentation.

    Raises:
        TemplateError: See :func:`deployed_template`.
        MissingPackageError: ``flyteidl2`` is not installed.
    """
    order = list(inputs)
    service = _flyteidl2("task.task_service_pb2")
    made: task_service_pb2.DeployTaskRequest = service.DeployTaskRequest()
    for part in ("project", "domain", "name", "version"):
        setattr(made.task_id, part, getattr(template.id, part))
    made.spec.task_template.CopyFrom(deployed_template(template, inputs=order, url=url))
    for name in sorted(parameters.parameters, key=_position(order)):
        parameter = parameters.parameters[name]
        if parameter.HasField("default"):
            default = made.spec.default_inputs.add(name=name)
            default.parameter.ParseFromString(parameter.SerializeToString())
    made.spec.short_name = template.id.name.rpartition(".")[2][:MAX_SHORT_NAME]
    short, _, long = description.strip().partition("\n")
    made.spec.documentation.short_description = short
    made.spec.documentation.long_description = long.strip()
    return made


def problems_of(template: tasks_pb2.TaskTemplate) -> Iterator[str]:
    """Yield what Flyte 2 does not say of a template, and what then goes wrong.

    Its server checks nothing but the project (measured on 2.0.53).
    """
    for args in _arguments_of(template):
        problem = _problem(args, template, None)
        if problem:
            yield problem
    if len(template.id.version) > MAX_VERSION:
        yield (
            f"The version has {len(template.id.version)} characters, and Flyte 2 takes "
            f"{MAX_VERSION}. Choose a shorter one."
        )


def _arguments_of(template: Any) -> Iterator[Any]:
    """Yield the arguments of each container, to be read and changed."""
    if template.HasField("container"):
        yield template.container.args
    if template.HasField("k8s_pod"):
        spec = (
            template.k8s_pod.pod_spec.fields
        )  # reading a field that is absent adds it
        containers = (
            spec["containers"].list_value.values if "containers" in spec else ()
        )
        for entry in containers:
            fields = entry.struct_value.fields
            if "args" in fields:
                yield fields["args"].list_value


def _filled(
    args: Iterable[Any], template: tasks_pb2.TaskTemplate, url: str | None
) -> list[Any]:
    """Return arguments with the template in the place of its path."""
    given = list(args)
    problem = _problem(given, template, url)
    if problem:
        raise TemplateError(problem)
    if not _has_path(given):
        return given
    place = url or template_url(template)
    return [
        arg.replace(TEMPLATE_PATH, place) if isinstance(arg, str) else arg
        for arg in given
    ]


def _problem(
    args: Iterable[Any], template: tasks_pb2.TaskTemplate, url: str | None
) -> str | None:
    """Say why a container cannot have the template on Flyte 2."""
    given = list(args)
    if given[:1] == ["pyflyte-execute"]:
        return (
            "The container starts pyflyte-execute, whose resolver opens the template's "
            "path, and Flyte 2 puts nothing there. Use runtime='kit'."
        )
    size = len(url or template_url(template)) if _has_path(given) else 0
    if size > MAX_URL_BYTES:
        return (
            f"The template takes {size:,} bytes as an argument, and {MAX_URL_BYTES:,} "
            "are the most. Export the task, so that its source need not travel, or "
            "upload the template."
        )
    return None


def _has_path(args: Iterable[Any]) -> bool:
    return any(isinstance(arg, str) and TEMPLATE_PATH in arg for arg in args)


def _order(entries: Any, names: Iterable[str]) -> None:
    """Sort the entries of a map that is a list; those of no name come last, by name."""
    position = _position(names)
    entries.sort(key=lambda entry: position(entry.key))


def _position(names: Iterable[str]) -> Callable[[str], tuple[int, str]]:
    places = {name: place for place, name in enumerate(names)}
    return lambda name: (places.get(name, len(places)), name)


def _flyteidl2(module: str) -> Any:
    """Import a module of Flyte 2's messages."""
    try:
        return importlib.import_module(f"flyteidl2.{module}")
    except ModuleNotFoundError as error:
        raise MissingPackageError(
            error.name or "flyteidl2", extra="flyte2", purpose="Flyte 2"
        ) from error
