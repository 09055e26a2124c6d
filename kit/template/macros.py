"""The engine's renderer of container args: ``{{.input}}``, ``{{.inputs.name}}``, ….

A port of what Flyte's backend does to a container's command and args before it starts
the pod, so that a preview shows and a runner uses the very words the cluster would.
Source: ``flyteplugins/go/tasks/pluginmachinery/core/template/template.go``, the same
file in every release from 1.14.1 to 1.16.8.

Three of its habits surprise, and are kept:

* an unknown macro is left as it is, but an unknown *input* is an error, and in a task
  without inputs it is left as it is, too;
* the macros are substituted one after the other, so a macro inside a path is rendered
  by the later ones; the value of an input is never rendered again;
* paths are used as templates of Go's ``regexp``: ``$name``, ``${name}`` and ``$$`` in
  them are expanded.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from flyteidl.core import literals_pb2

from kit.errors import KitError, MacroError
from kit.template.literal_text import literal_text

if TYPE_CHECKING:
    ReadInputs = Callable[[], literals_pb2.LiteralMap | None]

__all__ = ["MacroError", "RenderContext", "Span", "macro_spans", "render_args"]


@dataclass(frozen=True, kw_only=True)
class RenderContext:
    """What the macros stand for, in one execution of one task.

    Attributes:
        input: Where the inputs are: ``<data folder>/inputs.pb``.
        input_prefix: The folder of ``input``.
        output_prefix: The folder for ``outputs.pb`` and ``error.pb``.
        raw_output_data_prefix: The folder for files and tables that outputs refer to.
        prev_checkpoint_prefix: The last attempt's checkpoints; empty in the first one.
        checkpoint_output_prefix: Where this attempt may write checkpoints.
        generated_name: Name of the pod, from which the unique key per retry is made.
        namespace: Kubernetes namespace of the execution.
        task_template_path: Where the task's template is; or a function that stores it
            and says where, called only if some arg asks for it.
    """

    input: str = ""
    input_prefix: str = ""
    output_prefix: str = ""
    raw_output_data_prefix: str = ""
    prev_checkpoint_prefix: str = ""
    checkpoint_output_prefix: str = ""
    generated_name: str = ""
    namespace: str = ""
    task_template_path: str | Callable[[], str] = ""

    @property
    def per_retry_unique_key(self) -> str:
        """The generated name as an identifier.

        >>> RenderContext(generated_name="3f-n0-1").per_retry_unique_key
        'af_n0_1'
        """
        key = re.sub(r"^[^a-zA-Z_]+", "a", self.generated_name)
        return re.sub(r"[^a-zA-Z0-9_]+", "_", key)


@dataclass(frozen=True)
class Span:
    """A piece of an arg: plain text, or a macro by its canonical name.

    Attributes:
        text: The piece as it is written.
        macro: ``None`` for plain text, else ``input``, ``outputPrefix``, … or
            ``inputs.<name>``.
    """

    text: str
    macro: str | None = None


_SPACE = r"[\t\n\f\r ]"  # RE2's \s: without \v and without Unicode's spaces
_FOLDS = {"k": "kK\u212a", "s": "sS\u017f"}  # what RE2's (?i) folds beyond ASCII


def _macro_pattern(name: str, end: str = rf"{_SPACE}*}}}}") -> re.Pattern[str]:
    """Compile the engine's pattern of a macro, or of its part before ``end``."""
    folded = (f"[{_FOLDS.get(c, c + c.upper())}]" for c in name.lower())
    return re.compile(rf"{{{{{_SPACE}*[.$]{''.join(folded)}{end}")


def _previous_checkpoint(context: RenderContext) -> str:
    return context.prev_checkpoint_prefix or '""'


def _task_template_path(context: RenderContext) -> str:
    path = context.task_template_path
    if not callable(path):
        return path
    try:
        return path()
    except (KitError, OSError) as error:
        raise MacroError(str(error)) from error


# In the engine's order, which decides what a macro inside a path becomes.
_PATHS: tuple[tuple[str, Callable[[RenderContext], str]], ...] = (
    ("input", lambda context: context.input),
    ("outputPrefix", lambda context: context.output_prefix),
    ("inputPrefix", lambda context: context.input_prefix),
    ("rawOutputDataPrefix", lambda context: context.raw_output_data_prefix),
    ("prevCheckpointPrefix", _previous_checkpoint),
    ("checkpointOutputPrefix", lambda context: context.checkpoint_output_prefix),
    ("perRetryUniqueKey", lambda context: context.per_retry_unique_key),
    ("taskTemplatePath", _task_template_path),
    ("namespace", lambda context: context.namespace),
)
_PATTERNS = {name: _macro_pattern(name) for name, _ in _PATHS}
_INPUT_START = _macro_pattern("inputs", r"\.")
_INPUT_NAME = re.compile(rf"([^}}\t\n\f\r ]+){_SPACE}*")


def render_args(
    args: Sequence[str],
    context: RenderContext,
    inputs: literals_pb2.LiteralMap | ReadInputs | None,
) -> list[str]:
    """Render a container's args as the engine does.

    Args:
        args: The args or the command of the template's container.
        context: The paths and names of this execution.
        inputs: The inputs; or a function that reads them, called once if there is any
            arg at all; ``None`` and an empty map leave ``{{.inputs.x}}`` as it is.

    Raises:
        MacroError: In the engine's own words: an input that is asked for is missing or
            has a type that cannot be written into an arg, or inputs or template
            cannot be read or stored.

    Example:
        >>> context = RenderContext(input="s3://b/inputs.pb", output_prefix="s3://b/0")
        >>> render_args(["--in={{.input}}", "{{ $OutputPrefix }}"], context, None)
        ['--in=s3://b/inputs.pb', 's3://b/0']
    """
    rendered: list[str] = []
    for arg in args:
        text = _render_paths(arg, context)
        if callable(inputs):
            inputs = _read(inputs)
        rendered.append(text if inputs is None else _render_inputs(text, inputs))
    return rendered


def macro_spans(arg: str) -> list[Span]:
    """Split an unrendered arg into plain text and the macros the engine will see.

    >>> macro_spans("--in={{.input}}")
    [Span(text='--in=', macro=None), Span(text='{{.input}}', macro='input')]
    """
    paths = ((n, match) for n, p in _PATTERNS.items() for match in p.finditer(arg))
    found = [(*match.span(), name) for name, match in paths]
    found += [(start, end, f"inputs.{name}") for start, end, name in _input_macros(arg)]
    spans: list[Span] = []
    end = 0
    for start, after, name in sorted(found):
        if start > end:
            spans.append(Span(arg[end:start]))
        spans.append(Span(arg[start:after], name))
        end = after
    if end < len(arg):
        spans.append(Span(arg[end:]))
    return spans


def _read(read: ReadInputs) -> literals_pb2.LiteralMap | None:
    try:
        return read()
    except (KitError, OSError) as error:
        raise MacroError(f"unable to read inputs: {error}") from error


def _render_paths(text: str, context: RenderContext) -> str:
    for name, value in _PATHS:
        pattern = _PATTERNS[name]
        if pattern.search(text):
            text = pattern.sub(_expansion(value(context)), text)
    return text


def _expansion(template: str) -> Callable[[re.Match[str]], str]:
    return lambda match: _expand(template, match[0])


def _expand(template: str, match: str) -> str:
    """Expand ``$`` as Go's ``Regexp.ReplaceAllString`` does for a match without groups.

    ``$$`` is a dollar and ``$0`` the match; every other name is a group that does not
    exist, hence empty; a dollar that no name follows stays.
    """
    text, dollar, rest = template.partition("$")
    while dollar:
        if rest.startswith("$"):
            text, rest = text + "$", rest[1:]
        else:
            name, rest = _group_name(rest)
            text += {None: "$", "0": match}.get(name, "")
        before, dollar, rest = rest.partition("$")
        text += before
    return text


def _group_name(text: str) -> tuple[str | None, str]:
    """Take ``name`` or ``{name}`` off the front; the name is None if there is none."""
    braced = text.startswith("{")
    start = end = int(braced)
    while end < len(text) and _is_name_character(text[end]):
        end += 1
    if start == end or (braced and not text.startswith("}", end)):
        return None, text
    return text[start:end], text[end + braced :]


def _is_name_character(character: str) -> bool:
    category = unicodedata.category(character)
    return category.startswith("L") or category == "Nd" or character == "_"


def _render_inputs(text: str, inputs: literals_pb2.LiteralMap) -> str:
    if not inputs.literals:
        return text
    problems: list[str] = []
    rendered, last = "", 0
    for start, end, name in _input_macros(text):
        rendered += text[last:start]
        last = end
        try:
            rendered += _input_text(name, inputs)
        except MacroError as error:
            problems.append(f"input template [{text[start:end]}]: {error}")
    if problems:
        lines = (f"{index}: {line}\r\n" for index, line in enumerate(problems))
        raise MacroError("".join(lines))
    return rendered + text[last:]


def _input_macros(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and name of each ``{{.inputs.name}}``, the leftmost first.

    What the engine's one pattern finds, in time that grows with the text: a name that
    is not closed is not read again from each start inside it.
    """
    position = 0
    while (begun := _INPUT_START.search(text, position)) is not None:
        name = _INPUT_NAME.match(text, begun.end())
        if name is None:
            position = begun.end()
        elif text.startswith("}}", name.end()):
            position = name.end() + 2
            yield begun.start(), position, name[1]
        else:
            position = max(begun.end(), name.end(1) - 2)  # which may be braces


def _input_text(name: str, inputs: literals_pb2.LiteralMap) -> str:
    if name not in inputs.literals:
        raise MacroError(f"requested input is not found [{name}]")
    try:
        return literal_text(inputs.literals[name])
    except MacroError as error:
        msg = f"failed to bind a value to inputName [{name}]: {error}"
        raise MacroError(msg) from error
