"""One function per kind of case: from its definition to its result."""

from __future__ import annotations

import base64
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flyteidl.core import literals_pb2, tasks_pb2, types_pb2
from google.protobuf.message import Message

from conformance import definitions, describing
from conformance.library import Library
from conformance.scope import Scope, modules_forgotten
from conformance.vectors import Case


class Run:
    """One case with the implementation and the names that evaluate it."""

    def __init__(self, case: Case, lib: Library, scope: Scope) -> None:
        self.definition = case.definition
        self.case = case
        self.lib = lib
        self.scope = scope

    def task(self, body: Any = lambda _tt, _kwargs: None) -> Any:
        """Make the task of the case."""
        return definitions.task(self.lib, self.scope, self.definition["task"], body)

    def settings(self) -> Any:
        """Make the settings of the case."""
        return definitions.settings(self.lib, self.scope, self.case.settings or {})

    def body(self) -> Callable[[Any, dict[str, Any]], Any]:
        """Return the executor's body: what it raises or returns."""
        raises, returns = self.definition.get("raises"), self.definition.get("returns")

        def execute(tt: Any, kwargs: dict[str, Any]) -> Any:
            if raises is not None:
                raise self.scope.evaluate(raises, tt=tt, kwargs=kwargs)
            return self.scope.evaluate(returns or "None", tt=tt, kwargs=kwargs)

        return execute

    def literal_map(self, rows: list[Any]) -> literals_pb2.LiteralMap:
        """Convert rows ``[name, type, value]``."""
        evaluate = self.scope.evaluate
        return literals_pb2.LiteralMap(
            literals={
                name: self.lib.literal(evaluate(value), evaluate(python_type))
                for name, python_type, value in rows
            }
        )

    def template(self) -> tasks_pb2.TaskTemplate:
        """Parse the template of the case."""
        return tasks_pb2.TaskTemplate.FromString(self.bytes("template_b64"))

    def bytes(self, name: str) -> bytes:
        """Decode a part of the definition."""
        return base64.b64decode(self.definition[name])


def evaluate(
    case: Case, lib: Library, operation: Callable[[Run], Any] | None = None
) -> Any:
    """Do what a case says, or something else with it, in a fresh working directory.

    Returns:
        A message, or the description of a plain result.
    """
    with modules_forgotten(), tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(_with_sample_files(folder))
        try:
            with lib.isolated(folder):
                scope = Scope(lib.names)
                scope.run(case.definition.get("prelude", ""))
                result = (operation or OPERATIONS[case.operation])(
                    Run(case, lib, scope)
                )
        finally:
            os.chdir(before)
    if case.normalized_uri and isinstance(result, Message):
        _normalize(result, lib.raw_output_prefix)
    return result


def _with_sample_files(folder: str) -> str:
    """Make the few local files that values of cases name."""
    data = Path(folder, "data")
    Path(data, "indir").mkdir(parents=True)
    Path(data, "in.txt").write_text("in\n", encoding="utf-8")
    Path(data, "indir", "a.txt").write_text("a\n", encoding="utf-8")
    return folder


def _normalize(found: Any, prefix: str) -> None:
    """Replace uris below the raw output prefix, in the message and all inside it."""
    for entry, value in found.ListFields():
        if entry.name == "uri" and prefix and prefix in value:
            found.uri = "normalized:"
        elif entry.message_type is not None:
            for inner in _messages(value):
                _normalize(inner, prefix)


def _messages(value: Any) -> list[Message]:
    if isinstance(value, Message):
        return [value]
    inner = value.values() if hasattr(value, "values") else value
    return [one for one in inner if isinstance(one, Message)]


def _task_template(run: Run) -> Message:
    return run.lib.task_template(run.task(), run.settings())


def _task_template_local(run: Run) -> Message:
    return run.lib.local_template(run.task())


def _task_spec(run: Run) -> Message:
    return run.lib.task_spec(run.task(), run.settings())


def _template_roundtrip(run: Run) -> Message:
    message: Message = run.lib.view(run.template()).to_flyte_idl()
    return message


def _template_view(run: Run) -> dict[str, Any]:
    tt = run.lib.view(run.template())
    custom = tt.custom or {}
    container = getattr(tt, "container", None)
    timeout = tt.metadata.timeout
    return {
        "name": tt.id.name,
        "type": tt.type,
        "custom": custom,
        "custom_types": {key: type(entry).__name__ for key, entry in custom.items()},
        "config": dict(tt.config or {}),
        "container_env": dict(container.env or {}) if container else None,
        "generates_deck": bool(tt.metadata.generates_deck),
        "has_security_context": _is_said(tt.security_context),
        "interruptible": tt.metadata.interruptible,
        "task_type_version": tt.task_type_version,
        "timeout_seconds": timeout.total_seconds() if timeout is not None else None,
    }


def _is_said(part: Any) -> bool:
    return part is not None and bool(part.to_flyte_idl() is not None)


def _literal_type(run: Run) -> Message:
    return run.lib.literal_type(run.scope.evaluate(run.definition["type"]))


def _literal(run: Run) -> Message:
    python_type = run.scope.evaluate(run.definition["type"])
    return run.lib.literal(run.scope.evaluate(run.definition["value"]), python_type)


def _to_python(run: Run) -> Any:
    literal = literals_pb2.Literal.FromString(run.bytes("literal_b64"))
    python_type = run.scope.evaluate(run.definition["type"])
    return describing.value(run.lib.to_python(literal, python_type))


def _guess_type(run: Run) -> Any:
    literal_type = types_pb2.LiteralType.FromString(run.bytes("literal_type_b64"))
    return describing.python_type(run.lib.guess_type(literal_type))


def _interface(run: Run) -> Message:
    made = definitions.interface(run.lib, run.scope, run.definition)
    return run.lib.typed_interface(made)


def _node_metadata(run: Run) -> Message:
    return run.lib.node_metadata(run.task())


def _attributes(run: Run) -> dict[str, Any]:
    task = run.task()
    resolver = task.task_resolver
    return {
        "name": task.name,
        "task_type": task.task_type,
        "task_type_version": task.task_type_version,
        "environment": dict(task.environment),
        "deck_fields": [getattr(entry, "value", entry) for entry in task.deck_fields],
        "enable_deck": task.enable_deck,
        "docs": task.docs is not None,
        "security_context": task.security_context is not None,
        "local_execution_mode": _mode_name(task.local_execution_mode()),
        "resolver_name": resolver.name(),
        "resolver_task_name": resolver.task_name(task),
        "resolver_all_tasks": resolver.get_all_tasks(),
    }


def _mode_name(mode: Any) -> str:
    return str(getattr(mode, "name", mode))


def _loader_args(run: Run) -> dict[str, Any]:
    task, settings = run.task(), run.settings()
    command = task.get_command(settings)
    return {
        "args": command,
        "loader_args": task.task_resolver.loader_args(settings, task),
        "resolver_location": command[command.index("--resolver") + 1],
    }


def _image_config(run: Run) -> Any:
    return definitions.image_config(run.lib, run.definition.get("image_config"))


def _image_rendering(run: Run) -> str:
    image = run.scope.value(run.definition["image"])
    return run.lib.render_image(image, _image_config(run))


def _image_parse(run: Run) -> Any:
    allow = run.definition.get("allow_no_tag_or_digest", False)
    look_up = run.lib.Image.look_up_image_info
    return _image_facts(run, look_up("name", run.definition["image"], allow))


def _image_construct(run: Run) -> Any:
    entry = run.definition.get("image", run.definition)
    names = ("name", "fqn", "tag", "digest")
    arguments = {name: entry[name] for name in names if name in entry}
    return _image_facts(run, run.lib.Image(**({"name": "name"} | arguments)))


def _image_facts(run: Run, image: Any) -> Any:
    """Return what the case asks of an image: some attributes, or its whole name."""
    asked = run.case.json
    if not isinstance(asked, dict):
        return image.full
    return {name: getattr(image, name) for name in asked}


def _resources_construct(run: Run) -> str:
    entry = run.definition["resources"]
    return repr(definitions.resources(run.lib, run.scope, entry))


def _secret_construct(run: Run) -> str:
    return repr(definitions.secret(run.lib, run.scope, run.definition["secret"]))


def _cache_key(run: Run) -> str:
    entry = run.definition
    inputs = run.literal_map(entry["inputs"])
    ignore = tuple(entry["ignore"])
    return run.lib.cache_key(entry["task_name"], entry["cache_version"], inputs, ignore)


def arguments(run: Run) -> tuple[list[Any], dict[str, Any]]:
    """Evaluate the arguments of a call."""
    evaluate = run.scope.evaluate
    kwargs = run.definition.get("kwargs", {})
    args = [evaluate(value) for value in run.definition.get("args", [])]
    return args, {name: evaluate(value) for name, value in kwargs.items()}


def _call(run: Run) -> Any:
    args, kwargs = arguments(run)
    return describing.value(run.task(run.body())(*args, **kwargs))


def _received(run: Run) -> dict[str, Any]:
    received: dict[str, Any] = {}
    args, kwargs = arguments(run)
    run.task(lambda _tt, inputs: received.update(inputs))(*args, **kwargs)
    return {name: describing.value(value) for name, value in received.items()}


def _dispatch(run: Run) -> Message:
    task = run.task(run.body())
    inputs = literals_pb2.LiteralMap.FromString(run.bytes("inputs_b64"))
    if run.definition["via"] == "task":
        return run.lib.dispatch(task, inputs)
    template = run.lib.task_template(task, run.settings()).SerializeToString()
    path = _written(template)
    location = run.definition["task"]["executor"]
    return run.lib.dispatch(run.lib.load_task([path, location]), inputs)


def _load_task(run: Run) -> dict[str, Any]:
    if "template_bytes_b64" in run.definition:
        template = run.bytes("template_bytes_b64")
        run.task()
    else:
        template = run.lib.task_template(run.task(), run.settings()).SerializeToString()
    path = _written(template)
    args = [
        path if arg == "$TEMPLATE" else arg for arg in run.definition["loader_args"]
    ]
    loaded = run.lib.load_task(args)
    kind = loaded.executor_type
    return {
        "type": type(loaded).__name__,
        "name": loaded.name,
        "executor": f"{kind.__module__}.{kind.__name__}",
        "executor_is_instance": isinstance(loaded.executor, kind),
    }


def _written(template: bytes) -> str:
    path = Path("template.pb").resolve()
    path.write_bytes(template)
    return str(path)


def _node(run: Run) -> Message:
    tasks = {
        name: definitions.task(run.lib, run.scope, entry, lambda _tt, _kwargs: None)
        for name, entry in run.definition["tasks"].items()
    }
    workflow = run.definition["workflow"]
    inputs = definitions.types_of(run.scope, workflow.get("inputs")) or {}
    made = run.lib.nodes(
        workflow, inputs, lambda promises: _steps(run, tasks, promises), run.settings()
    )
    node = made[run.definition["node"]]
    upstream = sorted(node.upstream_node_ids)
    node.upstream_node_ids[:] = upstream
    return node


def _steps(run: Run, tasks: dict[str, Any], inputs: dict[str, Any]) -> None:
    """Call the tasks of a workflow, one step after the other."""
    results: list[Any] = []
    for step in run.definition["workflow"]["steps"]:
        kwargs = {
            name: _argument(run, entry, inputs, results)
            for name, entry in step["args"].items()
        }
        results.append(tasks[step["call"]](**kwargs))
        node = run.lib.node_of(results[-1])
        if step.get("overrides"):
            node.with_overrides(**_overrides(run, step["overrides"]))
        for earlier in step.get("after", []):
            run.lib.node_of(results[int(earlier)]).runs_before(node)


def _overrides(run: Run, entry: dict[str, Any]) -> dict[str, Any]:
    overrides = run.scope.values(entry)
    for name in ("requests", "limits", "resources"):
        if isinstance(overrides.get(name), dict):
            made = definitions.resources(run.lib, run.scope, overrides[name])
            overrides[name] = made
    return overrides


def _argument(run: Run, entry: Any, inputs: dict[str, Any], results: list[Any]) -> Any:
    if "input" in entry:
        found = inputs[entry["input"]]
    elif "ref" in entry:
        step, output = entry["ref"]
        result = results[int(step)]
        found = result if output is None else getattr(result, output)
    elif "list" in entry:
        return [_argument(run, one, inputs, results) for one in entry["list"]]
    elif "map" in entry:
        named = entry["map"].items()
        return {name: _argument(run, one, inputs, results) for name, one in named}
    else:
        return run.scope.evaluate(entry["value"])
    for step in entry.get("attr", []):
        by_name = isinstance(step, str) and step.startswith(".")
        found = getattr(found, step[1:]) if by_name else found[step]
    return found


OPERATIONS: dict[str, Callable[[Run], Any]] = {
    "task_template": _task_template,
    "task_template_local": _task_template_local,
    "task_spec": _task_spec,
    "template_roundtrip": _template_roundtrip,
    "template_view": _template_view,
    "literal_type": _literal_type,
    "literal": _literal,
    "to_python": _to_python,
    "guess_type": _guess_type,
    "interface": _interface,
    "node": _node,
    "node_metadata": _node_metadata,
    "attributes": _attributes,
    "loader_args": _loader_args,
    "image_rendering": _image_rendering,
    "image_parse": _image_parse,
    "image_construct": _image_construct,
    "resources_construct": _resources_construct,
    "secret_construct": _secret_construct,
    "cache_key": _cache_key,
    "received": _received,
    "call": _call,
    "dispatch": _dispatch,
    "load_task": _load_task,
}
