"""Names of tasks and environment variables."""

from __future__ import annotations

import pytest

from kit.definition.settings import check_environment, check_task_name
from kit.errors import DefinitionError


@pytest.mark.parametrize("name", ["etl.load", "módulo.任务", "a b/c", "x" * 2600, None])
def test_names_that_flyte_takes(name):
    """Flyte has no pattern for names."""
    check_task_name(name)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "A task needs a name"),
        (7, "A task's name must be text, got 7 of type int"),
        ("a\0b", "has a NUL character"),
        ("x" * 2601, "has 2601 bytes"),
        ("ü" * 1301, "has 2602 bytes"),
    ],
)
def test_names_that_flyte_refuses(name, message):
    """The error says what is wrong with the name."""
    with pytest.raises(DefinitionError) as error:
        check_task_name(name)

    assert message in str(error.value)


def test_an_environment_is_copied():
    """Texts, empty texts and None pass, and the answer is a dict of its own."""
    environment = {"A": "1", "EMPTY": "", "UNSET": None, "lower.case-too": "ü"}

    checked = check_environment(environment)

    assert checked == environment
    assert checked is not environment
    assert check_environment(None) == {}


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (["A=1"], "environment must map names to texts, got ['A=1']"),
        ({"": "x"}, "Environment variable name '' is not one"),
        ({"A=B": "x"}, "Environment variable name 'A=B' is not one"),
        ({"A\0": "x"}, "Environment variable name 'A\\x00' is not one"),
        ({"Ä": "x"}, "Environment variable name 'Ä' is not one"),
        ({1: "x"}, "Environment variable name 1 is not one"),
        ({"A": 1}, "Environment variable A must be text, got 1 of type int. Write '1'"),
        ({"A": "x\udc80"}, "A is 'x\\udc80', which has a surrogate"),
        ({"A": "x\0"}, "Environment variable A has a NUL character in its value"),
    ],
)
def test_environments_that_no_container_has(environment, message):
    """The error names the variable and what to write."""
    with pytest.raises(DefinitionError) as error:
        check_environment(environment)

    assert message in str(error.value)
    assert isinstance(error.value, TypeError)
