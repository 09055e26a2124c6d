"""DIFFERS: where flytekit is wrong, what kit does instead, and why.

The vectors record flytekit as it is.  Each entry names the cases in which kit does
better, and says the rule by which other cases of the same kind are known; its check
holds kit to what it documents.  Nothing that goes on the wire for a valid definition
is on the list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flyteidl.core import literals_pb2, tasks_pb2

from conformance import describing
from conformance.comparison import message_difference
from conformance.definitions import types_of
from conformance.kit_library import Kit
from conformance.operations import Run, arguments, evaluate
from conformance.pickled import has_pickled_type
from conformance.vectors import Case, message
from kit.definition.resources import parse_quantity
from kit.errors import (
    CallError,
    ConversionError,
    DefinitionError,
    GuessError,
    OutputError,
    TemplateError,
    UnsupportedTypeError,
)
from kit.template.serialize import LOCAL_SETTINGS, task_template
from kit.template.view import TaskTemplateView
from kit.types import default_engine


@dataclass(frozen=True)
class Outcome:
    """What kit made of a case: a result, or the error it raised."""

    result: Any = None
    error: BaseException | None = None


@dataclass(frozen=True)
class Difference:
    """One way in which kit does better.

    Attributes:
        what: What flytekit does.
        instead: What kit does.
        why: Why that is better.
        cases: The public cases that show it.
        applies: Whether another case is one of these.
        problem: What is wrong with kit's outcome, or ``None`` if it is as documented.
    """

    what: str
    instead: str
    why: str
    cases: tuple[str, ...]
    applies: Callable[[Case], bool]
    problem: Callable[[Case, Outcome], str | None]


def _expects_error(case: Case, words: str) -> bool:
    return case.error is not None and words in case.error["message"]


def _task(case: Case) -> dict[str, Any]:
    task: dict[str, Any] = case.definition.get("task") or {}
    return task


def _raised(outcome: Outcome, kind: type[Exception], *words: str) -> str | None:
    """Say what is wrong if the error is not of this kind or lacks the words."""
    if not isinstance(outcome.error, kind):
        return f"expected a {kind.__name__}, got {outcome}"
    lacking = [word for word in words if word not in str(outcome.error)]
    return f"the error does not say {lacking}: {outcome.error}" if lacking else None


# Outputs: the declared type decides, not the value's


def _returns_outputs(case: Case) -> bool:
    """Tell whether outputs are what the case is about, and flytekit took them wrongly.

    An error of flytekit's counts only where it comes from converting by the type of the
    value, from reading such an output again, or from taking several by position.
    """
    if case.operation not in {"call", "dispatch"} or "raises" in case.definition:
        return False
    if case.error is None:
        return True
    by_position = {"builtins.KeyError", "builtins.IndexError"}
    return case.error["type"] in by_position or any(
        _expects_error(case, words)
        for words in ("failed to convert return value", "Failed to convert output")
    )


def _declared_outputs(run: Run) -> literals_pb2.LiteralMap | None:
    """Convert what the executor returns with the declared types.

    Returns:
        The literals; ``None`` when the values are not of these types or not as many.
    """
    types = types_of(run.scope, _task(run.case)["outputs"]) or {}
    received = evaluate_inputs(run)
    returned = run.body()(_template_view(run), received)
    values = _in_order(returned, list(types)) if len(types) > 1 else [returned]
    if len(values) != len(types):
        return None
    literals = literals_pb2.LiteralMap()
    try:
        for (name, python_type), value in zip(types.items(), values, strict=True):
            default_engine.encoder(python_type)(value, literals.literals[name])
    except ConversionError:
        return None
    return literals


def _in_order(returned: Any, names: list[str]) -> list[Any]:
    """Return several outputs in their order, whether by name or by position."""
    if isinstance(returned, dict):
        return [returned[name] for name in names] if set(returned) == set(names) else []
    return list(returned) if isinstance(returned, (tuple, list)) else []


def _template_view(run: Run) -> TaskTemplateView:
    """Return what the executor sees: the one template, of the run's settings."""
    settings = run.settings() if run.definition.get("via") else LOCAL_SETTINGS
    return TaskTemplateView(task_template(run.task(), settings))


def evaluate_inputs(run: Run) -> dict[str, Any]:
    """Return the inputs as the executor gets them."""
    definition = run.definition
    if "inputs_b64" not in definition:
        return arguments(run)[1]
    inputs = literals_pb2.LiteralMap.FromString(run.bytes("inputs_b64"))
    types = types_of(run.scope, _task(run.case)["inputs"]) or {}
    return {
        name: default_engine.to_python(literal, types[name])
        for name, literal in inputs.literals.items()
        if name in types
    }


def _outputs_problem(case: Case, outcome: Outcome) -> str | None:
    expected = evaluate(case, Kit(case.operation), _declared_outputs)
    if expected is None:
        return _raised(outcome, OutputError)
    if case.operation == "dispatch":
        return message_difference(expected, outcome.result)

    def native(run: Run) -> list[Any]:
        types = types_of(run.scope, _task(case)["outputs"]) or {}
        return [
            [name, describing.value(default_engine.to_python(literals[name], kind))]
            for name, kind in types.items()
        ]

    literals = expected.literals
    fields = evaluate(case, Kit(case.operation), native)
    if len(fields) == 1 and "output_tuple_name" not in _task(case):
        as_declared = outcome.result == fields[0][1]
    else:
        as_declared = (outcome.result or {}).get("fields") == fields
    return None if as_declared else f"expected the outputs {fields}, got {outcome}"


# Pickles


def _pickle_problem(case: Case, outcome: Outcome) -> str | None:
    if case.operation == "guess_type":
        return _raised(outcome, GuessError)
    return _raised(outcome, UnsupportedTypeError, "does not pickle")


# Calls


def _missing_inputs(case: Case) -> list[Any]:
    given = set(case.definition.get("kwargs", {}))
    rows = (_task(case).get("inputs") or [])[len(case.definition.get("args", [])) :]
    return [row for row in rows if row[0] not in given]


def _lacks_inputs(case: Case) -> bool:
    return case.operation in {"call", "received"} and bool(_missing_inputs(case))


def _missing_problem(case: Case, outcome: Outcome) -> str | None:
    required = [
        name
        for name, python_type, *default in _missing_inputs(case)
        if not default and "Optional" not in python_type and "None" not in python_type
    ]
    if required:
        return _raised(outcome, CallError, required[0])
    if outcome.error is not None:
        return f"expected the defaults to be taken, got {outcome}"
    if case.operation == "received":
        lacking = {row[0] for row in _missing_inputs(case)} - set(outcome.result)
        return f"the defaults of {lacking} did not arrive" if lacking else None
    return None


def _arrives_as_dict(case: Case) -> bool:
    """Tell whether flytekit gave a class to an executor in a local call only."""
    return case.operation == "received" and _as_dicts(case.json) != case.json


def _as_dicts(described: Any) -> Any:
    """Return a described value with dictionaries in place of dataclasses."""
    if isinstance(described, list):
        return [_as_dicts(part) for part in described]
    if not isinstance(described, dict):
        return described
    if described.get("kind") == "dataclass":
        items = [
            [{"kind": "str", "value": name}, _as_dicts(value)]
            for name, value in described["fields"]
        ]
        return {"kind": "dict", "items": items}
    return {key: _as_dicts(value) for key, value in described.items()}


def _as_dict_problem(case: Case, outcome: Outcome) -> str | None:
    expected = _as_dicts(case.json)
    if outcome.error is None and describing.covers(expected, outcome.result):
        return None
    return f"expected {expected!r}, got {outcome}"


def _breaks_local_call(case: Case) -> bool:
    """Tell whether settings that flytekit leaves empty broke a valid definition."""
    return _expects_error(case, "'NoneType' object is not a mapping") or (
        case.operation in {"call", "received", "dispatch", "task_template_local"}
        and _expects_error(case, "not found in the configuration")
    )


def _local_problem(case: Case, outcome: Outcome) -> str | None:
    if outcome.error is not None:
        return f"expected a result, got {outcome}"
    template = getattr(outcome.result, "template", outcome.result)
    if not isinstance(template, tasks_pb2.TaskTemplate):
        return None
    environment = {pair.key: pair.value for pair in template.container.env}
    missing = _task(case).get("environment", {}).items() - environment.items()
    return f"the container lacks {missing}" if missing else None


# Definitions


def _swallows_keywords(case: Case) -> bool:
    return bool(_task(case).get("extra_kwargs")) and case.error is None


def _keywords_problem(case: Case, outcome: Outcome) -> str | None:
    known = {"accelerator", "shared_memory", "runtime"}
    unknown = [name for name in _task(case)["extra_kwargs"] if name not in known]
    if unknown:
        return _raised(outcome, DefinitionError, unknown[0])
    return None if outcome.error is None else f"expected a result, got {outcome}"


def _numbers(case: Case) -> list[float]:
    """Return the amounts of resources that are numbers and not nothing."""
    sizes = [_task(case).get(name) or {} for name in ("requests", "limits")]
    amounts = [amount for size in sizes for amount in size.values()]
    return [amount for amount in amounts if isinstance(amount, (int, float)) and amount]


def _numbers_problem(case: Case, outcome: Outcome) -> str | None:
    template = getattr(outcome.result, "template", outcome.result)
    if not isinstance(template, tasks_pb2.TaskTemplate):
        return f"expected a template, got {outcome}"
    resources = template.container.resources
    entries = [*resources.requests, *resources.limits]
    written = {parse_quantity(entry.value).milli for entry in entries}
    lost = [number for number in _numbers(case) if number * 1000 not in written]
    return f"the quantities {lost} are not in {entries}" if lost else None


# Templates


def _is_no_template(case: Case) -> bool:
    if case.operation == "load_task":
        return case.error is None and "template_bytes_b64" in case.definition
    return case.operation in {"template_roundtrip", "template_view"}


def _no_template_problem(case: Case, outcome: Outcome) -> str | None:
    if case.operation == "load_task":
        return _raised(outcome, TemplateError, "seems to be")
    given = message("flyteidl.core.TaskTemplate", case.definition["template_b64"])
    if case.operation == "template_roundtrip":
        return message_difference(given, outcome.result)
    return None if outcome.error is None else f"expected a view, got {outcome}"


_REGISTERED_ONLY = ("security_context", "task_type_version", "extended_resources")


def _is_local_template(case: Case) -> bool:
    return case.operation in {"task_template", "task_template_local"} and not case.error


def _one_template_problem(case: Case, outcome: Outcome) -> str | None:
    if not isinstance(outcome.result, tasks_pb2.TaskTemplate):
        return f"expected a template, got {outcome}"
    template = tasks_pb2.TaskTemplate.FromString(outcome.result.SerializeToString())
    for name in _REGISTERED_ONLY:
        template.ClearField(name)
    if _task(case).get("enable_deck") or _task(case).get("disable_deck") is False:
        if not template.metadata.generates_deck.value:
            return "a task with decks does not say so"
        template.metadata.generates_deck.value = False
    return message_difference(message(case.proto or "", case.b64 or ""), template)


DIFFERS = (
    Difference(
        what="converts outputs by the type of the value: lists and typed dicts fail, "
        "optionals go out without their union, wrong types go out as they are",
        instead="converts outputs with the declared types, by name, or raises an "
        "OutputError that says where",
        why="what goes out is what the interface promises to the next task",
        cases=(
            "error_call_list_output_fails",
            "error_call_typed_dict_output_fails",
            "call_float_for_int_is_truncated",
            "dispatch_optional_output_is_not_a_union",
            "dispatch_none_output",
            "dispatch_wrong_output_type_goes_out",
            "dispatch_file_plain_for_format",
            "dispatch_string_for_file_is_string",
            "dispatch_too_few_outputs_in_process",
        ),
        applies=_returns_outputs,
        problem=_outputs_problem,
    ),
    Difference(
        what="pickles what it has no type for",
        instead="refuses the type where it is named, with the way out",
        why="a pickle loads only in the same Python with the same packages, and runs "
        "code; the container has another image",
        cases=(
            "type_bytes_is_pickle",
            "type_set_is_pickle",
            "literal_pickle_bytes",
            "literal_pickle_set",
            "received_pickled_set",
            "error_literal_any_none",
        ),
        applies=has_pickled_type,
        problem=_pickle_problem,
    ),
    Difference(
        what="calls an executor without the inputs that were left out",
        instead="takes the interface's defaults, and refuses a call without an input",
        why="the cluster does so before the task starts",
        cases=("received_missing_input_is_left_out",),
        applies=_lacks_inputs,
        problem=_missing_problem,
    ),
    Difference(
        what="gives a dataclass of the schema to an executor in a local call, which "
        "gets a dict on a cluster",
        instead="runs the template as it arrives there, without schemas: an executor "
        "gets a dict, or the class that its own annotation names",
        why="what runs here is what runs there",
        cases=("received_dataclass_as_generated",),
        applies=_arrives_as_dict,
        problem=_as_dict_problem,
    ),
    Difference(
        what="fails with settings that have no environment, and a local call with an "
        "image macro",
        instead="takes no environment for an empty one, and a placeholder for images",
        why="the definition is valid, and a local run starts no image",
        cases=(
            "error_call_environment_breaks_local_run",
            "error_call_image_template_breaks_local_run",
            "error_env_with_settings_env_none",
        ),
        applies=_breaks_local_call,
        problem=_local_problem,
    ),
    Difference(
        what="swallows constructor keywords that it does not know",
        instead="refuses them and suggests the nearest name",
        why="a misspelt keyword is otherwise lost in silence",
        cases=(),
        applies=_swallows_keywords,
        problem=_keywords_problem,
    ),
    Difference(
        what="accepts numbers as resources and fails when they are written",
        instead="writes numbers as Kubernetes quantities",
        why="its documentation shows them",
        cases=("error_resources_int_cpu", "error_resources_float_cpu"),
        applies=lambda case: case.error is not None and bool(_numbers(case)),
        problem=_numbers_problem,
    ),
    Difference(
        what="loads an empty file or another message as a template, and fills in what "
        "an empty template lacks",
        instead="says what the file seems to be, and keeps a message as it came",
        why="the executor would run with nothing, and fail somewhere else",
        cases=(
            "load_empty_file",
            "load_wrong_message_parses",
            "roundtrip_empty_message",
        ),
        applies=_is_no_template,
        problem=_no_template_problem,
    ),
    Difference(
        what="has a second template for local runs, which it keeps, without secrets, "
        "task type version, extended resources and decks",
        instead="has one template, made anew each time, for runs and registration",
        why="what is tried here is what runs there; task_spec holds it to flytekit's",
        cases=("template_drops_secrets",),
        applies=_is_local_template,
        problem=_one_template_problem,
    ),
)
