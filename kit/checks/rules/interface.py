"""Inputs and outputs: their names and types, and what a container makes of them."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.types_pb2 import LiteralType, SimpleType

from kit.checks.report import Severity
from kit.checks.rule import Problem, Subject, error, note, warning
from kit.definition.executor import ShimTaskExecutor
from kit.definition.shipment import INLINE_EXECUTOR
from kit.forecast.arrival import strip_type
from kit.shim.argument_types import argument_types, expected_type
from kit.types import default_engine

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


@error("PY004", "python", "failed to convert return value for var <name>")
def flytekit_returns_outputs(subject: Subject) -> Iterator[Problem]:
    """Flytekit's shim can convert the outputs."""
    if subject.runtime != "flytekit" or not subject.is_shim or _is_hosted(subject):
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


@error("PY008", "silent")
def flytekit_names_outputs(subject: Subject) -> Iterator[Problem]:
    """Flytekit's shim takes several outputs by name.

    It takes them in the order of a map, and the engine writes maps in no order.
    """
    is_shim = subject.runtime == "flytekit" and subject.is_shim
    if not is_shim or len(subject.outputs) < 2:  # noqa: PLR2004 - several
        return
    names = ", ".join(subject.outputs)
    if not _is_hosted(subject):
        message = (
            f"flytekit's runtime hands out {names} in any order: the values of a tuple "
            "are swapped in some runs, and a dict fails."
        )
        fix = "Use runtime='kit', an executor of kit's, or a single output."
        yield Problem("interface.outputs", message, fix)
    elif subject.task is not None and not _output_order(subject):
        message = (
            "A returned tuple fails under flytekit's runtime: nothing tells the order "
            f"of {names}."
        )
        fix = "Return a dict or a named tuple, or annotate what is returned."
        path, severity = "interface.outputs", Severity.WARNING
        yield Problem(path, message, fix, severity=severity)


def _output_order(subject: Subject) -> tuple[str, ...]:
    types = argument_types(subject.task.executor_type.execute_from_model)
    return types.output_order(subject.outputs)


def _is_hosted(subject: Subject) -> bool:
    """Tell an executor whose outputs kit converts and names, in any runtime."""
    if any(word.text == INLINE_EXECUTOR for word in subject.words):
        return True
    executor_type = getattr(subject.task, "executor_type", None)
    return isinstance(executor_type, type) and issubclass(
        executor_type, ShimTaskExecutor
    )


@error("flytekit.unions", "run")
def flytekit_tells_unions_apart(subject: Subject) -> Iterator[Problem]:
    """Flytekit's shim can tell the variants of a union apart once they arrive."""
    if subject.runtime != "flytekit" or not subject.is_shim:
        return
    for name, variable in subject.inputs.items():
        if _has_equal_variants(variable.type):
            message = (
                f"The task fails before its executor starts: {name!r:.80} is a union "
                "of classes, and to flytekit's shim they are all the same dict."
            )
            yield Problem(f"interface.inputs.{name}", message, "Use runtime='kit'.")


def _has_equal_variants(declared: LiteralType) -> bool:
    """Tell a union of types that are one when Flyte has stripped them."""
    kind = declared.WhichOneof("type")
    if kind in ("collection_type", "map_value_type"):
        return _has_equal_variants(getattr(declared, kind))
    if kind != "union_type":
        return False
    stripped = []
    for variant in declared.union_type.variants:
        copy = LiteralType()
        copy.CopyFrom(variant)
        strip_type(copy)
        copy.ClearField("structure")
        stripped.append(copy.SerializeToString(deterministic=True))
    return len(set(stripped)) < len(stripped)


@warning("PY006", "silent")
def types_survive_the_cluster(subject: Subject) -> Iterator[Problem]:
    """Inputs arrive as objects of their classes.

    A warning, for an executor may well read a dict.
    """
    for name, variable in subject.inputs.items():
        if _is_described(variable.type) and not _is_annotated(subject, name):
            message = (
                "Flyte removes from the template what tells a class from a dictionary: "
                f"{name!r} arrives as a dict."
            )
            fix = f"Annotate the executor's parameter {name!r} with its class."
            if subject.runtime == "flytekit":
                fix = (
                    "Read it as a dict, or use runtime='kit', which reads annotations."
                )
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


def _is_annotated(subject: Subject, name: str) -> bool:
    """Tell an input that kit's runtime reads as the executor's own annotation."""
    executor_type = getattr(subject.task, "executor_type", None)
    if subject.runtime != "kit" or executor_type is None:
        return False
    hint = argument_types(executor_type.execute_from_model).input_hint(name)
    declared = subject.inputs[name].type
    return hint is not None and expected_type(hint, declared, default_engine) is hint


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
