"""Executors and their checks."""

from __future__ import annotations

import abc

import pytest

from kit.definition.executor import (
    ShimTaskExecutor,
    TrackedInstance,
    check_executor_importable,
    check_executor_type,
    executor_path,
    make_executor,
)
from kit.errors import ExecutorError


class Echo(ShimTaskExecutor):
    """Returns what it gets."""

    def execute_from_model(self, tt, **kwargs):
        return tt, kwargs


class Duck:
    """Written for another kit, with nothing in common but the method."""

    def execute_from_model(self, tt, **kwargs):
        return tt, kwargs


class Abstract(abc.ABC, Echo):
    @abc.abstractmethod
    def connect(self): ...


class Needy(Echo):
    def __init__(self, connection):
        self.connection = connection


class Broken(Echo):
    def __init__(self):
        self.size = len(3)


class Forgetful(ShimTaskExecutor):
    pass


@pytest.mark.parametrize("executor_type", [Echo, Duck])
def test_executors_are_made_without_arguments(executor_type):
    """A subclass, and any class with the method, is an executor."""
    executor = make_executor(executor_type)

    assert executor.execute_from_model("tt", a=1) == ("tt", {"a": 1})
    assert check_executor_type(executor_type) is executor_type


def test_an_executor_is_tracked_and_generic():
    """As in flytekit, it may be subscripted by what it reads."""
    assert isinstance(make_executor(Echo), TrackedInstance)
    assert ShimTaskExecutor[int].__origin__ is ShimTaskExecutor


def test_the_base_does_nothing():
    """The method is there to be overridden."""
    with pytest.raises(NotImplementedError):
        ShimTaskExecutor().execute_from_model(None)


@pytest.mark.parametrize(
    ("executor_type", "message"),
    [
        (3, "must be a class, got 3"),
        (Echo(), "executor_type must be a class, got <"),
        (check_executor_type, "executor_type must be a class, got <function"),
        ("mod.Echo", "executor_type must be a class, got 'mod.Echo'"),
        (dict, "Executor dict has no execute_from_model(self, tt, **kwargs)"),
        (Forgetful, "Executor Forgetful has no execute_from_model"),
        (Abstract, "Abstract is an abstract class without"),
        (
            Needy,
            "Needy.__init__() missing 1 required positional argument: 'connection'",
        ),
        (Broken, "Broken cannot be made without arguments"),
    ],
)
def test_what_is_no_executor(executor_type, message):
    """The error says what is missing and what to do."""
    with pytest.raises(ExecutorError) as error:
        make_executor(executor_type)

    assert message in str(error.value)
    assert isinstance(error.value, TypeError)


def test_the_path_is_module_and_name():
    """It stands in the template's arguments."""
    assert executor_path(Echo) == f"{__name__}.Echo"


def test_an_executor_of_a_module_can_be_imported():
    """A class at the top of a module needs nothing more."""
    check_executor_importable(Echo)


def in_a_function():
    """Make an executor where no import reaches it."""

    class Local(Echo):
        pass

    return Local


def in_a_notebook():
    """Make an executor as a cell would."""
    return type("Cell", (Echo,), {"__module__": "__main__"})


def renamed():
    """Make an executor that its module does not hold."""
    return type("Nowhere", (Echo,), {"__module__": __name__})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (in_a_function, "is inside a function or class, where no import reaches it"),
        (in_a_notebook, "Executor Cell lives in __main__"),
        (renamed, "has no such name at its top level"),
    ],
)
def test_executors_that_no_container_can_import(make, message):
    """The error says where the class is and where it must be."""
    with pytest.raises(ExecutorError) as error:
        check_executor_importable(make())

    assert message in str(error.value)
