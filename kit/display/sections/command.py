"""The command: as the template has it, and as the engine will render it."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.literals_pb2 import LiteralMap

from kit.display.command_text import command_text
from kit.display.sample import sample_context, sample_inputs
from kit.display.sections.failure import failure_items
from kit.display.sections.subject import Subject
from kit.display.summary import Code, Fact, Facts, Item, Section, Table
from kit.errors import MacroError
from kit.template.macros import RenderContext, render_args

__all__ = ["command", "loader_arguments", "rendered"]

_LOADER_NAMES = ("template", "executor")


def command(subject: Subject) -> Section:
    """Write the command and its args, with the engine's macros in them."""
    return Section("Command", (*failure_items(subject, "container"), *_code(subject)))


def _code(subject: Subject) -> Iterator[Item]:
    words = _words(subject)
    if words:
        yield Code(command_text(words), "shell")


def loader_arguments(subject: Subject) -> Section:
    """Name what the resolver is given, which is what stands behind the ``--``."""
    words = list(subject.template.container.args)
    if "--" not in words:
        return Section("Loader arguments", ())
    start = words.index("--") + 1
    facts = []
    if "--resolver" in words[: start - 2]:
        index = words.index("--resolver") + 1
        source = subject.source(f"container.args[{index}]")
        facts.append(Fact("resolver", words[index], source))
    for offset, word in enumerate(words[start:]):
        known = offset < len(_LOADER_NAMES)
        name = _LOADER_NAMES[offset] if known else "argument"
        source = subject.source(f"container.args[{start + offset}]")
        facts.append(Fact(name, word, source))
    return Section("Loader arguments", (Facts(tuple(facts)),) if facts else ())


def rendered(subject: Subject) -> Section:
    """Show each word beside what the engine makes of it in a sample execution."""
    words = _words(subject)
    if not words:
        return Section("As the engine renders it", ())
    table = Table(
        ("in the template", "in the container"),
        tuple(zip(words, _rendered(words, subject), strict=True)),
        "each word, for a first attempt in a sample execution",
        ("macros", "code"),
    )
    return Section("As the engine renders it", (table,), detail=True)


def _words(subject: Subject) -> list[str]:
    container = subject.template.container
    return [*container.command, *container.args]


def _rendered(words: list[str], subject: Subject) -> list[str]:
    context = sample_context(subject.template)
    inputs = sample_inputs(subject.template, subject.defaults)
    try:
        return render_args(words, context, inputs)
    except MacroError:
        return [_one_rendered(word, context, inputs) for word in words]


def _one_rendered(word: str, context: RenderContext, inputs: LiteralMap) -> str:
    try:
        return render_args([word], context, inputs)[0]
    except MacroError as error:
        return f"the engine refuses it: {error}"
