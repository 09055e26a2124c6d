"""``@kit.container_task``: a task from one function, and what is refused."""

from __future__ import annotations

import functools
from typing import NamedTuple

import pytest

import kit
from kit.errors import AuthoringError, DefinitionError, InterfaceError, MetadataError


class Summary(NamedTuple):
    """Two named outputs."""

    total: int
    text: str


@kit.container_task(image="acme/a:1", custom={"base": 40}, retries=2, timeout=60)
def add(tt, n: int, times: int = 1) -> int:  # noqa: D417 - tt is no input
    """Add to the base.

    Args:
        n: What to add.
        times: How often.
    """
    return int(tt.custom["base"]) + n * times


@kit.container_task(image="acme/a:1", custom=lambda settings: {"p": settings.project})
def where(tt) -> str:
    """Tell the project."""
    return tt.custom["p"]


@kit.container_task(image="acme/a:1")
def summary(tt, n: int) -> Summary:
    """Return named outputs."""
    return Summary(n, "n" * n)


@kit.container_task(image="acme/a:1")
def pair(tt, n: int) -> tuple[int, str]:
    """Return two outputs."""
    return n, str(n)


def test_the_result_is_a_task_with_the_functions_interface():
    """Name, image, inputs, outputs, defaults and metadata are the author's."""
    assert isinstance(add, kit.PythonCustomizedContainerTask)
    assert add.name == f"{__name__}.add"
    assert str(add.python_interface) == "(n: int, times: int = 1) -> (o0: int)"
    assert (add.metadata.retries, add.metadata.timeout.seconds) == (2, 60)
    assert add.container_image == "acme/a:1"


def test_the_docstring_documents_the_task_and_its_inputs():
    """Its first line and its Args section are in the messages."""
    assert add.docs.short_description == "Add to the base."
    assert add.interface.inputs.variables["n"].description == "What to add."


def test_a_call_runs_the_function():
    """Inputs are given by name and defaults hold."""
    assert (add(n=2), add(n=1, times=3)) == (42, 43)


def test_custom_may_be_a_function_of_the_settings():
    """It is asked each time a template is made."""
    settings = kit.SerializationSettings(project="p", domain="d", version="v")
    assert where.serialize_to_model(settings).custom == {"p": "p"}


def test_a_named_tuple_names_the_outputs():
    """They come back under these names."""
    assert summary(n=2)._asdict() == {"total": 2, "text": "nn"}


def test_a_tuple_makes_outputs_as_flytekit_names_them():
    """They are o0 and o1."""
    assert pair(n=2)._asdict() == {"o0": 2, "o1": "2"}


@kit.container_task(image="acme/a:1")
def bare_pair(tt, n: int) -> (int, str):
    """Return two outputs, annotated as flytekit takes them too."""
    return n, str(n)


def _evaluated(tt, n: int):
    return n, str(n)


_evaluated.__annotations__ = {"n": int, "return": (int, str)}


def test_a_tuple_of_types_is_taken_as_an_annotation():
    """``-> (int, str)`` means ``tuple[int, str]``, as text and as an object."""
    assert bare_pair(n=2)._asdict() == {"o0": 2, "o1": "2"}
    task = make(_evaluated, ship="module")
    assert str(task.python_interface) == "(n: int) -> (o0: int, o1: str)"
    assert str(kit.workflow(_pair_flow).python_interface) == "() -> (o0: int, o1: str)"


def _pair_flow() -> (int, str):
    number, text = pair(n=1)
    return number, text


def test_a_task_of_a_module_ships_as_that_module():
    """Another process imports the task and takes its executor."""
    assert add.shipment().location == f"{__name__}.add.executor_type"
    run = kit.run(add, n=2)
    assert run.outputs == {"o0": 42}


def make(function, **facts):
    """Decorate a function."""
    return kit.container_task(image="acme/a:1", **facts)(function)


def _untyped(tt, n) -> int: ...
def _no_template(n: int) -> int: ...
def _nothing() -> int: ...
def _many(tt, *values: int) -> int: ...
def _named(tt, **values: int) -> int: ...
async def _awaited(tt) -> int: ...
def _generated(tt):
    yield 1


@pytest.mark.parametrize(
    ("function", "kind", "said"),
    [
        (_untyped, InterfaceError, "Input 'n' of _untyped has no type annotation"),
        (_no_template, InterfaceError, "first parameter, named tt, and has 'n' first"),
        (_nothing, InterfaceError, "has no parameter"),
        (_many, InterfaceError, r"'\*values: int|\*values"),
        (_named, InterfaceError, r"\*\*values"),
        (lambda tt: 1, AuthoringError, "a lambda"),
        (_awaited, AuthoringError, "an async function"),
        (_generated, AuthoringError, "a generator"),
        (len, AuthoringError, "a builtin function"),
        ("text".upper, AuthoringError, "builtin|method"),
        (Summary(1, "")._asdict, AuthoringError, "a method of an object"),
        (Summary, AuthoringError, "of the class Summary"),
        (3, AuthoringError, "a int object"),
    ],
)
def test_what_is_no_tasks_function_is_refused(function, kind, said):
    """The error says what it is, and what to write."""
    with pytest.raises(kind, match=said):
        make(function)


def test_the_bare_decorator_names_the_image():
    """There is no sensible default image."""
    with pytest.raises(DefinitionError, match=r'needs an image.*image="ghcr.*_untyped'):
        kit.container_task(_untyped)


def test_an_unknown_keyword_names_the_nearest():
    """A slip of the pen is answered with the right word."""
    with pytest.raises(DefinitionError, match=r"'imag'\. Did you mean 'image'"):
        kit.container_task(imag="a:1")


@pytest.mark.parametrize(
    ("facts", "kind", "said"),
    [
        ({"ship": "pickle"}, DefinitionError, "ship must be 'module', 'inline'"),
        ({"inline_limit": 0}, DefinitionError, "inline_limit must be a positive"),
        ({"retries": -1}, MetadataError, "retries"),
    ],
)
def test_facts_that_cannot_work_are_refused(facts, kind, said):
    """The value is named."""
    with pytest.raises(kind, match=said):
        make(add.function, **facts)


def test_custom_that_returns_no_dictionary_is_an_error():
    """The function's answer is shown."""
    task = make(add.function, custom=lambda _: [1], ship="inline")
    with pytest.raises(DefinitionError, match=r"returned \[1\]"):
        task.get_custom(kit.SerializationSettings())


def _no_settings():
    return {}


@pytest.mark.parametrize(
    ("custom", "words"),
    [
        (5, "got 5: 5 is not a callable object"),
        (["a"], r"got \['a'\]"),
        (_no_settings, "got _no_settings: too many positional arguments"),
    ],
)
def test_custom_that_can_never_be_made_is_refused_at_once(custom, words):
    """It is a dictionary, or a function of the settings."""
    with pytest.raises(DefinitionError, match=f"custom of task 'c' must be.*{words}"):
        kit.container_task(image="a:1", name="c", custom=custom)(_body)


def _body(tt) -> None:
    """Do nothing."""


class _Callable:
    """An object that can be called."""

    def __call__(self, tt) -> None:
        """Do nothing."""


@pytest.mark.parametrize("executor", [functools.partial(_body, None), _Callable()])
def test_an_object_that_can_be_called_is_told_by_its_type(executor):
    """Where it lies in memory says nothing, and differs from run to run."""
    with pytest.raises(AuthoringError, match=r"is a \w+ object, not a func") as caught:
        make(executor)
    assert " at 0x" not in str(caught.value)
