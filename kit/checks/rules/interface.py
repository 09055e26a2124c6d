"""Inputs and outputs: their names and types, and what a container makes of them."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.types_pb2 import LiteralType, SimpleType

from kit.checks.rule import Problem, Subject, error, note, warning

_PICKLE = "PythonPickle"


@error("TT005", "registration", "missing typed interface")
def has_interface(subject: Subject) -> Iterator[Problem]:
    """A template has an interface, if only an empty one."""
    if not subject.has_template or "interface" in subject.failures:
        return
    if not subject.template.HasField("interface"):
        message = "Registration is refused: the template has no interface."
        fix = "Give the task interface=kit.Interface(), which may be empty."
        yield Problem("interface", message, fix)


@error(
    "TT006",
    "launch",
    "Code: ValueRequired, Node Id: <node>, Description: Value required [param.Type].",
)
def variables_have_types(subject: Subject) -> Iterator[Problem]:
    """Each variable has a type."""
    for path, name, variable in subject.variables():
        if variable.type.WhichOneof("type") is None:
            message = f"It registers and cannot be launched: {name!r} has no type."
            yield Problem(f"{path}.type", message, "Give the variable a type.")


@error(
    "TT006",
    "launch",
    "Code: ValueRequired, Node Id: <node>, Description: Value required [paramName].",
)
def variables_have_names(subject: Subject) -> Iterator[Problem]:
    """Each variable has a name."""
    for path, name, _ in subject.variables():
        if not name:
            message = "It registers and cannot be launched: a variable has no name."
            yield Problem(path, message, "Give the variable a name.")


@error("PY004", "python", "failed to convert return value for var <name>")
def flytekit_returns_outputs(subject: Subject) -> Iterator[Problem]:
    """Flytekit's shim can convert the outputs."""
    if subject.runtime != "flytekit":
        return
    for name, variable in subject.outputs.items():
        if variable.type.WhichOneof("type") in {"collection_type", "map_value_type"}:
            message = (
                "The task fails in a container that runs flytekit: it takes a returned "
                "list or dictionary for one without a type."
            )
            fix = "Use runtime='kit', or return it inside a dataclass or as a file."
            words = f"failed to convert return value for var {name}"
            yield Problem(f"interface.outputs.{name}", message, fix, words)


@warning("PY006", "silent")
def types_survive_the_cluster(subject: Subject) -> Iterator[Problem]:
    """Inputs arrive on a cluster as what they arrive here.

    A warning, for an executor may well read both.
    """
    for name, variable in subject.inputs.items():
        if _is_described(variable.type):
            message = (
                "Flyte strips what tells a class of its own from a dictionary: on a "
                f"cluster {name!r} arrives as a dict, in a local run as a dataclass."
            )
            fix = f"Read it as either, or declare {name!r} as a dict."
            yield Problem(f"interface.inputs.{name}", message, fix)


@note("PY007", "silent")
def pickles_are_seen(subject: Subject) -> Iterator[Problem]:
    """Inputs that flytekit has no type for are pickles, here and on a cluster."""
    for name, variable in subject.inputs.items():
        if variable.type.blob.format == _PICKLE:
            message = (
                f"{name!r:.80} is a pickle: flytekit loads it, which runs what is in "
                "it, and kit does not."
            )
            fix = "Declare a type that Flyte has, or a file."
            yield Problem(f"interface.inputs.{name}", message, fix)


def _is_described(declared: LiteralType) -> bool:
    """Tell a struct whose metadata says which class it was, or a type of such."""
    kind = declared.WhichOneof("type")
    if kind == "collection_type":
        return _is_described(declared.collection_type)
    if kind == "map_value_type":
        return _is_described(declared.map_value_type)
    if kind == "union_type":
        return any(_is_described(variant) for variant in declared.union_type.variants)
    is_struct = declared.simple == SimpleType.STRUCT
    return is_struct and bool(declared.metadata.fields)
