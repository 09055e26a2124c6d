"""A definition that cannot work is refused where it is written, in clear words."""

from __future__ import annotations

import datetime as dt
import threading
from typing import Any

import pytest

import kit
from kit.errors import (
    CustomError,
    CustomWarning,
    DefinitionError,
    ExecutorError,
    ImageError,
    InterfaceError,
    KitError,
    MetadataError,
    ResourcesError,
    SecretError,
    UnsupportedTypeError,
)


class Executor(kit.ShimTaskExecutor):
    """Does nothing."""

    def execute_from_model(self, tt, **kwargs):
        """Return nothing."""


class Task(kit.PythonCustomizedContainerTask[Any]):
    """Its configuration is its custom."""

    def get_custom(self, settings):
        """Return the configuration."""
        return self.task_config


def make(**changes):
    """Make a task that would do, but for the changes."""
    facts = {
        "name": "bad.input",
        "task_config": {},
        "container_image": "acme/x:1",
        "executor_type": Executor,
        "interface": kit.Interface(),
    }
    return Task(**{**facts, **changes})


def template(**changes):
    """Make the task and its template."""
    return kit.task_template(make(**changes), kit.SerializationSettings())


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "needs a name: usually its module and function"),
        ("a\0b", r"'a\x00b' has a NUL character"),
        ("x" * 3000, "has 3000 bytes; .* Shorten it"),
        (5, "must be text, got 5 of type int"),
    ],
)
def test_names(name, words):
    """Empty, too long, with NUL, no text."""
    with pytest.raises(DefinitionError, match=words.replace("\\x", r"\\x")):
        make(name=name)


@pytest.mark.parametrize(
    ("image", "words"),
    [
        ("", "An image is required .* Pass container_image"),
        ("acme/X:1", "'acme/X:1' has upper-case letters .* lower case"),
        ("a b", "'a b' has spaces or control characters in it: take them out"),
        ("acme/x:", "'acme/x:' has a malformed tag"),
        ("acme/x@sha256:12", "malformed digest: expected name@sha256: and 64"),
        ("http://acme/x:1", "is not a reference of the form"),
        (5, "must be a text such as 'ghcr.io/acme/app:1.0', got 5 of type int"),
        ("{{.image.gpu}}", "name gpu not found in the configuration"),
    ],
)
def test_images(image, words):
    """Empty, malformed, a macro of an image that is not configured."""
    with pytest.raises(ImageError, match=words):
        template(container_image=image)


@pytest.mark.parametrize(
    ("amounts", "words"),
    [
        ({"mem": "1GB"}, "got '1GB'. Did you mean '1G' or '1Gi'?"),
        ({"cpu": "abc"}, "got 'abc'. Write a number with one of the suffixes"),
        ({"cpu": -1}, "cpu=-1 is negative"),
        ({"cpu": float("nan")}, "nan is not a quantity: give a finite number"),
        ({"gpu": "0.5"}, "gpu must be a whole number, got: '0.5'"),
        ({"memory": "1Gi"}, "keyword argument 'memory'. Did you mean 'mem'?"),
        ({"cpus": 1}, "keyword argument 'cpus'. Did you mean 'cpu'? It takes cpu, mem"),
    ],
)
def test_resources(amounts, words):
    """Amounts that Kubernetes refuses, and names of amounts that are none."""
    with pytest.raises(ResourcesError) as caught:
        kit.Resources(**amounts)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"": "x"}, "name '' is not one"),
        ({"A=B": "x"}, "name 'A=B' is not one: use letters, digits and underscores"),
        ({1: "x"}, "name 1 is not one"),
        ({"A": 1}, "Environment variable A must be text, got 1 of type int. Write '1'"),
        ({"A": "x\0"}, "A has a NUL character in its value"),
        ("A=1", "environment must map names to texts, got 'A=1'"),
    ],
)
def test_environments(environment, words):
    """Names that are none, and values that are no text."""
    with pytest.raises(DefinitionError, match=words):
        make(environment=environment)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Group is a required parameter"),
        ({"group": 5}, "A secret's group must be text, got 5"),
        ({"group": "g", "key": "k\0"}, "A secret's key has a NUL character"),
        ({"group": "g", "kee": "k"}, "argument 'kee'. Did you mean 'key'?"),
        ({"group": "g", "env_var": "low"}, "low. Use upper-case letters"),
        ({"group": "g", "mount_requirement": "env"}, "one of Secret.MountType.ANY"),
    ],
)
def test_secrets(facts, words):
    """What no secret manager could find, or no container could hold."""
    with pytest.raises(SecretError) as caught:
        kit.Secret(**facts)
    assert words in str(caught.value)


@pytest.mark.parametrize("requests", [5, "group", b"group", kit.Secret("g", "k")])
def test_secret_requests_that_are_no_list(requests):
    """One secret, a text or a number is no list of secrets."""
    with pytest.raises(SecretError, match=r"secret_requests must be a list"):
        make(secret_requests=requests)


def nested(depth):
    """Nest dictionaries."""
    made: dict[str, Any] = {}
    for _ in range(depth):
        made = {"x": made}
    return made


def shared(depth):
    """Nest lists that hold the same list twice: no loop, yet 2**depth paths."""
    made: list[Any] = []
    for _ in range(depth):
        made = [made, made]
    return {"x": made}


LOOP: dict[str, Any] = {}
LOOP["again"] = LOOP


@pytest.mark.parametrize(
    ("custom", "words"),
    [
        ({"a": [1, {"b": object()}]}, r"not JSON serializable(.|\n)*custom\.a\[1\]\.b"),
        ({"a": {"b": b"x"}}, r"base64 for instance(.|\n)*custom\.a\.b"),
        ({"a": {1, 2}}, r"write sorted\(\.\.\.\)(.|\n)*custom\.a"),
        ({"a": dt.datetime.now(dt.timezone.utc)}, r"isoformat\(\)"),
        ({"a": "\ud800"}, "half of a surrogate pair"),
        ({"a": 10**400}, "larger than any double"),
        ([1], "get_custom must return a dictionary, not list"),
        (LOOP, r"Circular reference(.|\n)*custom\.again"),
        (nested(2000), "Nested too deep"),
        (shared(60), "Nested too deep"),
    ],
)
@pytest.mark.timeout(20)
def test_custom(custom, words):
    """The path to the value that JSON does not have, or that cannot be read again."""
    with pytest.raises(CustomError, match=words):
        template(task_config=custom)


@pytest.mark.parametrize(
    ("custom", "words"),
    [
        ({"a": [float("nan")]}, r"custom\.a\[0\]: nan cannot be loaded"),
        ({"a": {"b": 2**53 + 1}}, r"custom\.a\.b: 9007199254740993 arrives as 9007"),
    ],
)
def test_custom_numbers(custom, words):
    """NaN and integers beyond 2**53 are written, with a warning that says where."""
    with pytest.warns(CustomWarning, match=words):
        template(task_config=custom)


@pytest.mark.parametrize(
    "python_type", [object, threading.Lock, set[int], complex, "int", 5, Executor]
)
def test_unsupported_types(python_type):
    """The error names the input and a way out, and says that nothing is pickled."""
    with pytest.raises(UnsupportedTypeError, match=r"does not pickle") as caught:
        make(interface=kit.Interface({"v": python_type}))
    assert str(caught.value).endswith("at inputs.v")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"inputs": {"a b": int}}, "valid Python identifier: 'a b'"),
        ({"outputs": {"class": int}}, "cannot be a keyword: 'class'"),
        ({"inputs": [("a", int)]}, "inputs must map names to types, .* got \\[\\("),
        ({"outputs": "a"}, "outputs must map names to types, .* got 'a'"),
        ({"input": {}}, "argument 'input'. Did you mean 'inputs'"),
    ],
)
def test_interfaces(arguments, words):
    """Names that Python does not have, and what is no mapping."""
    with pytest.raises(InterfaceError, match=words):
        kit.Interface(**arguments)


@pytest.mark.parametrize("name", ["self", "tt"])
def test_inputs_with_the_name_of_a_parameter(name):
    """The executor could not be given them."""
    words = f"Input '{name}' cannot be passed to Executor.*Rename the input"
    with pytest.raises(InterfaceError, match=words):
        make(interface=kit.Interface({name: int}))


def test_inputs_with_names_of_kits_own_parameters():
    """Whatever the executor has no parameter for can be an input."""
    names = {"ctx": int, "args": int, "kwargs": int, "task": int}
    assert make(interface=kit.Interface(names))(**dict.fromkeys(names, 1)) is None


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ({"iterface": 1}, "'iterface'. Did you mean 'interface'?"),
        ({"executor": 1}, "'executor'. Did you mean 'executor_type'?"),
        ({"retries": 3}, "It goes into metadata=kit.TaskMetadata"),
        ({"custum": {}}, "Did you mean 'custom'?"),
        ({"task_resolver": "x"}, "task_resolver must be a resolver, .* got 'x' of"),
        ({"runtime": "kitt"}, "Unknown runtime 'kitt'.* Did you mean 'kit'?"),
        ({"metadata": {}}, "metadata must be of type TaskMetadata, got {}"),
        ({"requests": {"cpu": 1}}, "requests must be kit.Resources"),
    ],
)
def test_arguments(argument, words):
    """Unknown ones with the nearest name, and known ones of another type."""
    with pytest.raises(DefinitionError, match=words):
        make(**argument)


def test_metadata():
    """An unknown keyword is refused with the nearest one."""
    with pytest.raises(MetadataError, match=r"'retry'. Did you mean 'retries'\?"):
        kit.TaskMetadata(retry=3)


class NoMethod(kit.ShimTaskExecutor):
    """Overrides nothing."""


class NoFunction(kit.ShimTaskExecutor):
    """Has something else in its place."""

    execute_from_model = 5


class NeedsArguments(Executor):
    """Cannot be made without arguments."""

    def __init__(self, path):
        """Take a path."""


@pytest.mark.parametrize(
    ("executor", "words"),
    [
        (Executor(), "must be a class, got .* Pass the class itself"),
        ("module.Executor", "must be a class, got 'module.Executor'"),
        (None, "must be a class, got None"),
        (int, "Executor int has no execute_from_model"),
        (NoMethod, "NoMethod has no execute_from_model.* add one"),
        (NoFunction, "NoFunction has no execute_from_model.* add one"),
        (NeedsArguments, "NeedsArguments cannot be made without arguments"),
    ],
)
def test_executors(executor, words):
    """What is no executor, or cannot be made in a container."""
    with pytest.raises(ExecutorError, match=words):
        make(executor_type=executor)


def test_executors_that_cannot_be_imported():
    """A class that needs the function around it is refused with the template."""
    connection = object()

    class Local(Executor):
        """Lives in a function."""

        held = connection

    with pytest.raises(KitError, match=r"lives inside a function.* Move the class"):
        template(executor_type=Local)


def test_a_secret_without_a_key_is_told_when_shown(capsys):
    """It may be right on some secret managers; on Kubernetes none would be mounted."""
    from kit.display.console import print_summary
    from kit.display.of_template import summarize_task

    task = make(secret_requests=[kit.Secret("db")])
    print_summary(summarize_task(task, kit.SerializationSettings()), details=True)
    shown = " ".join(capsys.readouterr().out.split())
    assert "none: Kubernetes mounts no secret" in shown
