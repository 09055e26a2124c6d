"""From the data of a case to the definition's objects, in kit or in flytekit.

The classes have the same names and parameters in both, so that one reading of the
vectors serves both: see :class:`conformance.library.Library` for what differs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from conformance.library import Library
    from conformance.scope import Scope

_AS_THEY_ARE = (
    "task_type",
    "task_type_version",
    "environment",
    "enable_deck",
    "disable_deck",
    "deck_fields",
)


def interface(lib: Library, scope: Scope, definition: dict[str, Any]) -> Any:
    """Make the Interface of a task or of an interface case."""
    docstring = definition.get("docstring")
    named = definition.get("output_tuple_name")
    return lib.Interface(
        _inputs(scope, definition.get("inputs")),
        types_of(scope, definition.get("outputs")),
        **({"output_tuple_name": named} if named is not None else {}),
        **({} if docstring is None else {"docstring": lib.Docstring(docstring)}),
    )


def types_of(scope: Scope, rows: list[Any] | None) -> dict[str, Any] | None:
    """Return the types of rows ``[name, type, ...]`` by name."""
    if rows is None:
        return None
    return {row[0]: scope.evaluate(row[1]) for row in rows}


def _inputs(scope: Scope, rows: list[Any] | None) -> dict[str, Any] | None:
    if rows is None:
        return None
    return {row[0]: _input(scope, *row[1:]) for row in rows}


def _input(scope: Scope, python_type: str, *default: str) -> Any:
    evaluated = scope.evaluate(python_type)
    return (evaluated, scope.evaluate(default[0])) if default else evaluated


def task(lib: Library, scope: Scope, definition: dict[str, Any], body: Any) -> Any:
    """Make a task; ``body`` is called as the executor's ``execute_from_model``."""
    arguments: dict[str, Any] = {
        "name": scope.value(definition["name"]),
        "task_config": None,
        "container_image": scope.value(definition["container_image"]),
        "executor_type": executor(lib, scope, definition["executor"], body),
    }
    if not definition.get("no_interface"):
        arguments["interface"] = interface(lib, scope, definition)
    for name in _AS_THEY_ARE:
        if name in definition:
            arguments[name] = _plain(scope, definition[name])
    for name, make in _MADE.items():
        if definition.get(name) is not None:
            arguments[_PARAMETERS.get(name, name)] = make(lib, scope, definition[name])
    arguments |= scope.values(definition.get("extra_kwargs") or {})
    return lib.make_task(_task_class(lib, scope, definition), arguments)


def _plain(scope: Scope, entry: Any) -> Any:
    if isinstance(entry, dict) and entry.keys() != {"py"}:
        return scope.values(entry)
    if isinstance(entry, list):
        return tuple(scope.value(element) for element in entry)
    return scope.value(entry)


def _task_class(lib: Library, scope: Scope, definition: dict[str, Any]) -> Any:
    """Make the author's subclass, which says custom, config and extended resources."""
    methods: dict[str, Any] = {}
    if not definition.get("no_get_custom"):
        custom = scope.evaluate(definition.get("custom", "{}"))
        methods["get_custom"] = lambda _self, _settings: custom
    if "config" in definition:
        config = scope.value(definition["config"])
        methods["get_config"] = lambda _self, _settings: config
    if "extended_resources" in definition:
        extended = lib.extended_resources(
            **scope.values(definition["extended_resources"])
        )
        methods["get_extended_resources"] = lambda _self, _settings: extended
    return type("CorpusTask", (lib.PythonCustomizedContainerTask,), methods)


def executor(lib: Library, scope: Scope, location: str, body: Any) -> Any:
    """Make the executor's class at its dotted location."""
    module_name, _, name = location.rpartition(".")

    def execute_from_model(_self: Any, tt: Any, **kwargs: Any) -> Any:
        return body(tt, kwargs)

    members = {"execute_from_model": execute_from_model, "__module__": module_name}
    made = type(name, (lib.ShimTaskExecutor,), members)
    setattr(scope.add_module(module_name), name, made)
    return made


def _resolver(lib: Library, scope: Scope, location: str) -> Any:
    """Make a resolver as a module's variable, so that its location is that one."""
    module_name, _, variable = location.rpartition(".")
    module = scope.add_module(module_name)
    module.__dict__["TaskTemplateResolver"] = lib.TaskTemplateResolver
    source = f"{variable} = TaskTemplateResolver()"
    exec(compile(source, module_name, "exec"), module.__dict__)  # noqa: S102 - a module's line
    return getattr(module, variable)


def resources(lib: Library, scope: Scope, entry: dict[str, Any]) -> Any:
    """Make Resources, or whatever stands in their place."""
    if entry.keys() == {"py"}:
        return scope.value(entry)
    return lib.Resources(**scope.values(entry))


def secret(lib: Library, scope: Scope, entry: dict[str, Any]) -> Any:
    """Make a Secret, or whatever stands in its place."""
    if entry.keys() == {"py"}:
        return scope.value(entry)
    arguments = scope.values(entry)
    mount = arguments.get("mount_requirement")
    if isinstance(mount, str) and mount in lib.Secret.MountType.__members__:
        arguments["mount_requirement"] = lib.Secret.MountType[mount]
    return lib.Secret(**arguments)


def _secrets(lib: Library, scope: Scope, entries: Any) -> Any:
    if not isinstance(entries, list):
        return scope.value(entries)
    return [secret(lib, scope, entry) for entry in entries]


def _metadata(lib: Library, scope: Scope, entry: dict[str, Any]) -> Any:
    if entry.keys() == {"py"}:
        return scope.value(entry)
    arguments = scope.values(entry)
    ignored = arguments.get("cache_ignore_input_vars")
    if isinstance(ignored, list):
        arguments["cache_ignore_input_vars"] = tuple(ignored)
    return lib.TaskMetadata(**arguments)


def _docs(lib: Library, scope: Scope, entry: dict[str, Any]) -> Any:
    if entry.keys() == {"py"}:
        return scope.value(entry)
    arguments = scope.values(entry)
    if isinstance(arguments.get("long_description"), dict):
        long = scope.values(arguments["long_description"])
        if isinstance(long.get("format"), str):
            long["format"] = lib.Description.DescriptionFormat[long["format"]]
        arguments["long_description"] = lib.Description(**long)
    if isinstance(arguments.get("source_code"), dict):
        arguments["source_code"] = lib.SourceCode(**arguments["source_code"])
    return lib.Documentation(**arguments)


_PARAMETERS = {"resolver": "task_resolver"}
_MADE = {
    "resolver": _resolver,
    "requests": resources,
    "limits": resources,
    "secret_requests": _secrets,
    "metadata": _metadata,
    "docs": _docs,
}


def settings(lib: Library, scope: Scope, entry: dict[str, Any]) -> Any:
    """Make the SerializationSettings of a case."""
    return lib.make_settings(
        {
            "project": scope.value(entry["project"]),
            "domain": scope.value(entry["domain"]),
            "version": scope.value(entry["version"]),
            "env": scope.value(entry["env"]),
            "image_config": image_config(lib, entry["image_config"]),
        },
        entry,
    )


def image_config(lib: Library, entry: dict[str, Any] | None) -> Any:
    """Make an ImageConfig from images, or by ``from_images``."""
    if entry is None:
        return lib.ImageConfig(default_image=None)
    if "from_images" in entry:
        return lib.ImageConfig.from_images(*entry["from_images"])
    default, others = entry.get("default_image"), entry.get("images")
    return lib.ImageConfig(
        default_image=None if default is None else lib.Image(**default),
        images=None if others is None else [lib.Image(**image) for image in others],
    )
