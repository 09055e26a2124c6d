"""The command: as it is in the template, and as the engine renders it."""

from __future__ import annotations

from collections.abc import Iterator

from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import (
    TaskTemplate,
)

from kit.display.sections.subject import Subject, failure_items
from kit.display.summary import (
    Code,
    Fact,
    Facts,
    Item,
    Section,
    Table,
)
from kit.display.text import command_text
from kit.errors import MacroError
from kit.forecast.sample import sample_inputs
from kit.template.macros import RenderContext, render_args

_LOADER_NAMES = ("template", "executor")


def command(subject: Subject) -> Section:
    """Write the command and its args, with the engine's macros in them."""
    return Section(
        "Command", (*failure_items(subject, "container"), *_command_code(subject))
    )


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
        tuple(zip(words, _rendered_words(words, subject), strict=True)),
        "each word, for a first attempt in a sample execution",
        ("macros", "code"),
    )
    return Section("As the engine renders it", (table,), detail=True)


def _command_code(subject: Subject) -> Iterator[Item]:
    words = _words(subject)
    if words:
        yield Code(command_text(words), "shell")


def _words(subject: Subject) -> list[str]:
    container = subject.template.container
    return [*container.command, *container.args]


def _rendered_words(words: list[str], subject: Subject) -> list[str]:
    context = sample_context(subject.template)
    inputs = sample_inputs(subject.template, subject.defaults)
    try:
        return render_args(words, context, inputs)
    except MacroError:
        return [_rendered_word(word, context, inputs) for word in words]


def _rendered_word(word: str, context: RenderContext, inputs: LiteralMap) -> str:
    try:
        return render_args([word], context, inputs)[0]
    except MacroError as error:
        return f"the engine refuses it: {error}"


_BUCKET = "s3://my-s3-bucket"
_EXECUTION = "f2f0b1c3d4"
_POD = f"{_EXECUTION}-n0-0"


def sample_context(template: TaskTemplate) -> RenderContext:
    """Return what the macros stand for in a first attempt."""
    project = template.id.project or "flytesnacks"
    domain = template.id.domain or "development"
    base = f"{_BUCKET}/metadata/propeller/{project}-{domain}-{_EXECUTION}"
    data = f"{base}/n0/data"
    raw = f"{_BUCKET}/data/7x/{_POD}"
    return RenderContext(
        input=f"{data}/inputs.pb",
        input_prefix=data,
        output_prefix=f"{data}/0",
        raw_output_data_prefix=raw,
        checkpoint_output_prefix=f"{raw}/_flytecheckpoints",
        generated_name=_POD,
        namespace=f"{project}-{domain}",
        task_template_path=f"{data}/task.pb",
    )
