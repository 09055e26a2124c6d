"""Inputs as options: each input has a flag, and no input takes one of kit's."""

from __future__ import annotations

import json

import click
import pytest

import kit
from kit.cli.app import app
from kit.cli.inputs import input_flags, own_flags
from kit.definition.interface import Interface

RUN = app.get_command(click.Context(app), "run")
NAMES = sorted(
    flag.removeprefix("--").replace("-", "_")
    for option in RUN._options()
    for flag in (*option.opts, "--help")
    if flag.startswith("--")
)


def options():
    """Return new options of `kit run`."""
    return RUN._options()


@pytest.mark.parametrize("name", sorted(set(NAMES)))
def test_an_option_of_kit_wins(name):
    """The input gets another flag, and its help names the input."""
    (flag,) = input_flags(Interface({name: int}), options())
    assert flag.opts == list(
        dict.fromkeys((f"--input-{name.replace('_', '-')}", f"--input-{name}"))
    )
    assert f"[the input {name}]" in flag.help


def test_a_flag_has_no_short_name_of_kits():
    """`-o` is kit's, and an input `o` is `--o`."""
    assert own_flags("o", ["o"], options()) == ["--o"]


def test_no_two_inputs_have_one_flag():
    """Whatever names there are."""
    names = ["runner", "input_runner", "input_input_runner", "format"]
    flags = [flag for name in names for flag in own_flags(name, names, options())]
    assert len(flags) == len(set(flags))
    assert own_flags("input_runner", names, options())[0] == "--input-runner"


def test_a_boolean_has_both_its_flags_renamed():
    """As `--input-details` and `--no-input-details`."""
    (flag,) = input_flags(Interface({"details": bool}), options())
    assert flag.opts == ["--input-details"]
    assert flag.secondary_opts == ["--no-input-details"]


@kit.container_task(image="a:1", name="cli.clashing")
def clashing(tt, runner: str = "x", timeout: int = 1, trust: bool = True) -> str:
    """Return the inputs."""
    return f"{runner} {timeout} {trust}"


def test_both_are_given(capsys):
    """Kit's runner and the input of that name, before and after the task."""
    words = ["--input-runner", "y", "--no-input-trust", "--input-timeout", "3"]
    target = f"{__file__}:clashing"
    for line in (
        ["run", "--runner", "in-process", target, *words, "--format", "json"],
        ["run", target, *words, "--runner", "in-process", "--format", "json"],
    ):
        assert app.main(line, standalone_mode=False) == 0
        assert json.loads(capsys.readouterr().out)["outputs"] == {"o0": "y 3 False"}
