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

import math
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from flyteidl.core import literals_pb2
from flyteidl.core.identifier_pb2 import Identifier, ResourceType
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import KitError, MacroError

_FIRST_SECOND = -62135596800  # 0001-01-01T00:00:00Z
_FIRST_SECOND_AFTER = 253402300800  # 10000-01-01T00:00:00Z
_NANOS = 1_000_000_000
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def format_float(value: float) -> str:
    """Format like ``%v`` of a float64: the shortest digits that read back the same.

    The form ``d.ddde±XX`` is taken when the decimal exponent is below -4 or at least 6.

    >>> [format_float(value) for value in (1.0, 999999.0, 1e6, 1e-5, float("inf"))]
    ['1', '999999', '1e+06', '1e-05', '+Inf']
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == 0:
        return "-0" if math.copysign(1, value) < 0 else "0"
    sign, digits, exponent = _shortest(value)
    if exponent < -4 or exponent >= 6:  # noqa: PLR2004 - strconv's limits for %g
        fraction = f".{digits[1:]}" if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{fraction}e{exponent:+03d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    whole, fraction = digits[: exponent + 1], digits[exponent + 1 :]
    whole = whole.ljust(exponent + 1, "0")
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _shortest(value: float) -> tuple[str, str, int]:
    """Split a number into sign, significant digits and the exponent of the first."""
    mantissa, _, exponent = f"{value!r}".lower().partition("e")
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    first = len(whole) - 1 - leading + int(exponent or 0)
    return sign, digits.rstrip("0"), first


def format_duration(duration: Duration) -> str:
    """Format as protobuf's text: ``seconds:1  nanos:500000000``; empty for zero.

    Two fields are separated by one or two spaces, fixed per build of the engine; the
    two spaces of the observed build are written here.
    """
    return _fields(duration.seconds, duration.nanos)


def format_timestamp(timestamp: Timestamp) -> str:
    """Format as RFC 3339 in UTC, without trailing zeros in the fraction.

    A time that Go refuses is written as its complaint, in parentheses.
    """
    seconds, nanos = timestamp.seconds, timestamp.nanos
    shown = _fields(seconds, nanos)
    if seconds < _FIRST_SECOND:
        return f"(timestamp: {shown} before 0001-01-01)"
    if seconds >= _FIRST_SECOND_AFTER:
        return f"(timestamp: {shown} after 10000-01-01)"
    if not 0 <= nanos < _NANOS:
        return f"(timestamp: {shown}: nanos not in range [0, 1e9))"
    moment = _EPOCH + timedelta(seconds=seconds)
    fraction = f".{nanos:09d}".rstrip("0") if nanos else ""
    return f"{moment:%Y}".zfill(4) + f"{moment:-%m-%dT%H:%M:%S}{fraction}Z"


def format_identifier(identifier: Identifier) -> str:
    """Format as protobuf's text: ``resource_type:TASK  project:"lab"  name:"load"``."""
    parts = []
    if identifier.resource_type:
        parts.append(f"resource_type:{_kind(identifier.resource_type)}")
    for name in ("project", "domain", "name", "version", "org"):
        text = getattr(identifier, name)
        if text:
            parts.append(f"{name}:{quoted_text(text)}")
    return "  ".join(parts)


def _kind(number: int) -> str:
    known = ResourceType.DESCRIPTOR.values_by_number.get(number)
    return str(known.name if known else number)


def quoted_text(text: str) -> str:
    """Quote as protobuf-go's text format, which escapes control characters only."""
    return '"' + "".join(map(_escaped, text)) + '"'


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def _escaped(character: str) -> str:
    number = ord(character)
    if character in _ESCAPES:
        return _ESCAPES[character]
    if 0x80 <= number <= 0x9F:  # noqa: PLR2004 - the second block of controls
        return f"\\u{number:04x}"
    is_control = number < 0x20 or number == 0x7F  # noqa: PLR2004
    return f"\\x{number:02x}" if is_control else character


def _fields(seconds: int, nanos: int) -> str:
    parts = [("seconds", seconds), ("nanos", nanos)]
    return "  ".join(f"{name}:{number}" for name, number in parts if number)


def format_value(value: Any) -> str:
    """Format a value read from MessagePack as Go prints it: ``map[a:1 b:[x <nil>]]``.

    >>> format_value({"b": [None, True], "a": 2.5})
    'map[a:2.5 b:[<nil> true]]'
    """
    if value is None:
        return "<nil>"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, Mapping):
        pairs = sorted(value.items(), key=_key_order)
        inside = " ".join(f"{format_value(k)}:{format_value(v)}" for k, v in pairs)
        return f"map[{inside}]"
    if isinstance(value, (list, tuple, bytes)):
        return "[" + " ".join(format_value(element) for element in value) + "]"
    return str(value)


def _key_order(pair: tuple[Any, Any]) -> tuple[int, Any]:
    """Order keys as Go does: nil first, then kind by kind, by value within a kind."""
    key = pair[0]
    if key is None:
        return (0, 0)
    if isinstance(key, (bool, int, float)):
        return (1, key)
    if isinstance(key, str):
        return (2, key.encode())
    return (3, format_value(key))


def literal_text(literal: literals_pb2.Literal) -> str:
    """Write a literal as text: primitives, uris, lists of these, and MessagePack.

    Nothing is quoted or escaped, as in the engine.

    Raises:
        MacroError: The literal is a map, an optional, a table or another kind that the
            engine has no text for.
    """
    kind = literal.WhichOneof("value")
    if kind == "collection":
        elements = map(literal_text, literal.collection.literals)
        return f"[{','.join(elements)}]"
    if kind == "scalar":
        return _scalar_text(literal.scalar)
    raise MacroError(f"received an unexpected primitive type [{_go_type(literal)}]")


def _scalar_text(scalar: literals_pb2.Scalar) -> str:
    kind = scalar.WhichOneof("value")
    if kind == "primitive":
        return _primitive_text(scalar.primitive)
    if kind == "blob":
        return scalar.blob.uri
    if kind == "schema":
        return scalar.schema.uri
    if kind == "binary":
        return _binary_text(scalar)
    raise MacroError(f"received an unexpected scalar type [{_go_type(scalar)}]")


def _primitive_text(primitive: literals_pb2.Primitive) -> str:
    kind = primitive.WhichOneof("value")
    if kind == "datetime":
        return format_timestamp(primitive.datetime)
    if kind == "duration":
        return format_duration(primitive.duration)
    if kind == "float_value":
        return format_float(primitive.float_value)
    if kind is None:
        raise MacroError("received an unexpected primitive type [<nil>]")
    return format_value(getattr(primitive, kind))


def _binary_text(scalar: literals_pb2.Scalar) -> str:
    import msgpack

    if scalar.binary.tag != "msgpack":
        raise MacroError(f"unsupported binary tag [{scalar.binary.tag}]")
    try:
        value = msgpack.unpackb(scalar.binary.value, strict_map_key=False)
    except (ValueError, msgpack.exceptions.UnpackException) as error:
        shown = str(scalar).strip().replace("\n", " ")
        msg = f"failed to unmarshal messagepack bytes with literal:[{shown}]"
        raise MacroError(f"{msg}, err:[{error}]") from error
    return format_value(value)


def _go_type(message: Message) -> str:
    """Name the Go type of what a message's ``value`` oneof holds, as ``%v`` does."""
    kind = message.WhichOneof("value")
    if kind is None:
        return "<nil>"
    camel = "".join(part.capitalize() for part in kind.split("_"))
    return f"*core.{message.DESCRIPTOR.name}_{camel}"


if TYPE_CHECKING:
    ReadInputs = Callable[[], literals_pb2.LiteralMap | None]


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
