"""Inputs whose values stand in the command line: what the engine writes for them."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from kit.checks.rule import Problem, error, warning
from kit.checks.subject import Subject, Word
from kit.errors import MacroError
from kit.template.literal_text import literal_text

__all__ = [
    "durations_are_text",
    "floats_are_go",
    "lists_are_unquoted",
    "structs_are_go",
    "texts_are_unquoted",
    "types_can_be_rendered",
]

_SHELL = re.compile(r"(?:.*/)?(?:ba|da|z|k|a)?sh|(?:.*/)?(?:python[0-9.]*|perl|ruby)")
_SCRIPT_FLAG = re.compile(r"-[a-z]*[ce]")


def _used(subject: Subject) -> Iterator[tuple[Word, str, LiteralType]]:
    """Yield the words that ask for an input, with its name and type."""
    for word in subject.words:
        for name in word.input_names:
            if name in subject.inputs:
                yield word, name, subject.inputs[name].type


@error("AR003", "run")
def types_can_be_rendered(subject: Subject) -> Iterator[Problem]:
    """The engine has a text for the inputs that the args ask for."""
    for word, name, declared in _used(subject):
        refused = _refusal(declared)
        if refused:
            message = (
                f"The task fails before it starts: {name!r:.80} is of a type that the "
                "engine has no text for."
            )
            words = (
                f"input template [{{{{.inputs.{name}}}}}]: failed to bind a value to "
                f"inputName [{name}]: {refused}"
            )
            yield Problem(word.path, message, "Read it from {{.input}}.", words)


def _refusal(declared: LiteralType) -> str:
    try:
        literal_text(_stand_in(declared))
    except MacroError as error:
        return str(error)
    return ""


def _stand_in(declared: LiteralType) -> Literal:
    """Make a literal of the kind that values of a type are sent as."""
    literal = Literal()
    kind = declared.WhichOneof("type")
    if kind == "collection_type":
        inner = _stand_in(declared.collection_type)
        literal.collection.literals.append(inner)
    elif kind == "map_value_type":
        literal.map.SetInParent()
    elif kind == "union_type":
        literal.scalar.union.SetInParent()
    elif kind == "structured_dataset_type":
        literal.scalar.structured_dataset.SetInParent()
    elif declared.simple == SimpleType.NONE and kind == "simple":
        literal.scalar.none_type.SetInParent()
    elif declared.simple == SimpleType.ERROR:
        literal.scalar.error.SetInParent()
    else:
        literal.scalar.primitive.string_value = ""
    return literal


def _of_simple(subject: Subject, simple: int) -> Iterator[tuple[Word, str]]:
    for word, name, declared in _used(subject):
        if declared.WhichOneof("type") == "simple" and declared.simple == simple:
            yield word, name


@warning("AR004", "silent")
def durations_are_text(subject: Subject) -> Iterator[Problem]:
    """Durations are written as protobuf's text."""
    for word, name in _of_simple(subject, SimpleType.DURATION):
        message = f"An hour in {name!r:.80} is written 'seconds:3600', and zero as ''."
        yield Problem(word.path, message, "Pass seconds, or read it from {{.input}}.")


@warning("AR005", "silent")
def floats_are_go(subject: Subject) -> Iterator[Problem]:
    """Floats are written as Go prints them."""
    for word, name in _of_simple(subject, SimpleType.FLOAT):
        message = (
            f"{name!r:.80} is written as Go prints it: 1.0 as '1', 1e6 as '1e+06'."
        )
        yield Problem(word.path, message, "Make sure that the program reads that.")


@warning("AR006", "silent")
def lists_are_unquoted(subject: Subject) -> Iterator[Problem]:
    """Lists are written without quotes."""
    for word, name, declared in _used(subject):
        if declared.WhichOneof("type") == "collection_type":
            message = (
                f"{name!r:.80} is written '[a,b]': commas in texts are not escaped."
            )
            yield Problem(word.path, message, "Read it from {{.input}}.")


@warning("AR007", "silent")
def structs_are_go(subject: Subject) -> Iterator[Problem]:
    """Dataclasses and dictionaries are written as Go prints maps."""
    for word, name in _of_simple(subject, SimpleType.STRUCT):
        message = f"{name!r:.80} is written as Go prints a map: 'map[a:1 b:true]'."
        yield Problem(word.path, message, "Read it from {{.input}}.")


@warning("AR008", "silent")
def texts_are_unquoted(subject: Subject) -> Iterator[Problem]:
    """No text of the caller's becomes part of a program."""
    texts = [word.text for word in subject.words]
    for index, (word, flag) in enumerate(itertools.pairwise(texts)):
        if _SHELL.fullmatch(word) and _SCRIPT_FLAG.fullmatch(flag):
            yield from _injected(subject, index + 2, word)
            return


def _injected(subject: Subject, index: int, program: str) -> Iterator[Problem]:
    for word in subject.words[index : index + 1]:
        for name in word.input_names:
            declared = subject.inputs.get(name)
            if declared is not None and declared.type.simple == SimpleType.STRING:
                message = (
                    f"{name!r:.80} becomes part of what {program} runs, as it is: a "
                    "caller's quotes and semicolons, too."
                )
                fix = 'Pass it as an arg of its own, and read that: "$0", sys.argv, ….'
                yield Problem(word.path, message, fix)
