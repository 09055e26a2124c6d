"""The command line and the macros in it that the engine renders."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from flyteidl.core.literals_pb2 import Literal
from flyteidl.core.types_pb2 import LiteralType, SimpleType

from kit.checks.report import Severity
from kit.checks.rule import RESOLVERS, Problem, Subject, Word, error, note, warning
from kit.errors import MacroError
from kit.template.macros import Span, literal_text

_REGISTRATION = re.compile(r"\{\{ ?\.(?:remote_package_path|dest_dir) ?\}\}")
_WHOLE = ("{{ .remote_package_path }}", "{{ .dest_dir }}")
_NAMES = (
    *("input", "inputPrefix", "outputPrefix", "rawOutputDataPrefix", "inputs"),
    *("prevCheckpointPrefix", "checkpointOutputPrefix", "perRetryUniqueKey"),
    *("taskTemplatePath", "namespace"),
)
_MISSPELT = re.compile(rf"(?i)\W*({'|'.join(_NAMES)})\b")
_LONGEST_MACRO = 200  # characters


def _asked(subject: Subject) -> Iterator[tuple[Word, Span, str]]:
    """Yield the words that ask for the value of an input."""
    for word in subject.words:
        for span in word.spans:
            if (span.macro or "").startswith("inputs."):
                yield word, span, str(span.macro).partition(".")[2]


@error("AR001", "run")
def inputs_exist(subject: Subject) -> Iterator[Problem]:
    """The args ask for inputs that there are."""
    for word, span, name in _asked(subject):
        if not subject.inputs or name in subject.inputs or name[-1:].isspace():
            continue
        words = (
            f"could not build resource for task: 0: input template [{span.text}]: "
            f"requested input is not found [{name}]\r\n"
        )
        message = f"The task fails before it starts: there is no input {name!r:.80}."
        fix = f"The inputs, in letters as written: {', '.join(subject.inputs)}."
        yield Problem(word.path, message, fix, words)


@error("AR002", "silent")
def task_without_inputs_asks_none(subject: Subject) -> Iterator[Problem]:
    """A task without inputs asks for none."""
    for word, span, _ in _asked(subject):
        if not subject.inputs:
            message = f"The task has no inputs, so {span.text!r:.80} stays as it is."
            yield Problem(word.path, message, "Declare the input, or take it out.")


@warning("AR009", "silent")
def macros_are_known(subject: Subject) -> Iterator[Problem]:
    """What looks like a macro of the engine's is one."""
    for word in subject.words:
        for span in word.spans:
            for text in _braced(span.text if span.macro is None else ""):
                if not _REGISTRATION.search(text):
                    yield _unknown(word, text)


def _braced(text: str) -> Iterator[str]:
    """Yield what is in double braces."""
    end = 0
    while (start := text.find("{{", end)) >= 0:
        close = text.find("}}", start)
        if close < 0:
            return
        end = close + 2
        yield text[start:end]


def _unknown(word: Word, text: str) -> Problem:
    meant = _MISSPELT.match(text[:_LONGEST_MACRO])
    name = next((n for n in _NAMES if meant and n.lower() == meant[1].lower()), "")
    form = f"{{{{.{name}}}}}" if name != "inputs" else "{{.inputs.NAME}}"
    fix = f"Did you mean {form}?" if name else f"The macros: {', '.join(_NAMES)}."
    message = f"{text!r:.80} is no macro of the engine's, and stays as it is."
    return Problem(word.path, message, fix)


@error("AR010", "run")
def names_end_before_spaces(subject: Subject) -> Iterator[Problem]:
    """No space that the engine does not know for one ends an input's name."""
    for word, span, name in _asked(subject):
        if name[-1:].isspace():
            words = f"requested input is not found [{name}]"
            message = (
                f"The task fails before it starts: in {span.text!r:.80} a space that "
                "the engine takes for a letter ends the name."
            )
            yield Problem(word.path, message, "Write a plain space, or none.", words)


@error("AR011", "run")
def template_is_uploaded(subject: Subject) -> Iterator[Problem]:
    """The resolver of templates is told where the template is."""
    resolver = next((w for w in subject.words if w.text in RESOLVERS), None)
    macros = (span.macro for word in subject.words for span in word.spans)
    if resolver is not None and "taskTemplatePath" not in macros:
        message = (
            "The task fails when it starts: no arg has {{.taskTemplatePath}}, so the "
            "engine uploads no template for the resolver to load."
        )
        fix = "Return '{{.taskTemplatePath}}' first from the resolver's loader_args."
        yield Problem(resolver.path, message, fix)


@note("AR012", "silent")
def checkpoint_is_empty_at_first(subject: Subject) -> Iterator[Problem]:
    """The first attempt has no earlier checkpoint."""
    for word in subject.words:
        if any(span.macro == "prevCheckpointPrefix" for span in word.spans):
            message = 'In the first attempt it is rendered as two characters, "".'
            yield Problem(word.path, message, "Take that for no checkpoint.")


@error("AR013", "run")
def registration_macros_are_whole(subject: Subject) -> Iterator[Problem]:
    """What registering tools fill in is an arg by itself."""
    for word in subject.words:
        found = _REGISTRATION.search(word.text)
        if found is None:
            continue
        is_whole = word.text in _WHOLE
        if is_whole:
            message = f"flytectl fills {found[0]} in; other tools leave it as it is."
        else:
            message = f"{found[0]} is filled in only where it is the whole arg."
        severity = Severity.WARNING if is_whole else None
        fix = "Register with flytectl and a fast-registered package, or take it out."
        yield Problem(word.path, message, fix, severity=severity)


@error("PY001", "run")
def executor_is_importable(subject: Subject) -> Iterator[Problem]:
    """The executor's dotted name is one that a container can import."""
    texts = [word.text for word in subject.words]
    resolver = next((i for i, text in enumerate(texts) if text in RESOLVERS), None)
    if resolver is None:
        return
    for word in subject.words[resolver + 1 :]:
        if word.text.startswith("__main__.") or "<locals>" in word.text:
            module = word.text.rpartition(".")[0]
            words = f"ModuleNotFoundError: No module named {module!r}"
            if word.text.startswith("__main__."):
                name = word.text.rpartition(".")[2]
                words = f"AttributeError: module '__main__' has no attribute {name!r}"
            message = f"The container cannot import {word.text!r:.80}."
            fix = "Use ship='inline', export it, or move it into a module of the image."
            yield Problem(word.path, message, fix, words)


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
