"""The interface: what callers pass and get, and what the executor meets of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from flyteidl.core.interface_pb2 import Variable, VariableMap
from flyteidl.core.literals_pb2 import Literal, LiteralMap
from flyteidl.core.security_pb2 import Secret
from flyteidl.core.tasks_pb2 import (
    Container,
    DataLoadingConfig,
    Resources,
    Sql,
    TaskTemplate,
)
from flyteidl.core.tasks_pb2 import TaskMetadata as Message
from flyteidl.core.types_pb2 import LiteralType

from kit.checks.rules.custom import custom_findings
from kit.definition.metadata import TaskMetadata
from kit.definition.resources import Quantity, parse_quantity
from kit.definition.settings import SerializationSettings
from kit.definition.shipment import DEFAULT_INLINE_LIMIT, INLINE_KEY
from kit.display.of_reports import finding_items
from kit.display.summary import (
    Badge,
    Code,
    Fact,
    Facts,
    Finding,
    Gauge,
    Gauges,
    Item,
    Language,
    Section,
    Style,
    Summary,
    Table,
    Tree,
)
from kit.display.text import command_text, value_text
from kit.display.types import (
    Bounded,
    arrival_of,
    leaves,
    python_type_name,
    read_struct,
    type_name,
    wire_type_name,
)
from kit.errors import (
    ConversionError,
    GuessError,
    KitError,
    MacroError,
    ResourcesError,
    UnsupportedTypeError,
)
from kit.messages import enum_name
from kit.runners.environment import engine_variables
from kit.shim import executable as boundary
from kit.task.partial_template import partial_template
from kit.task.task import PythonCustomizedContainerTask
from kit.template.custom import doubtful_numbers
from kit.template.files import encode_template
from kit.template.macros import RenderContext, macro_spans, render_args
from kit.template.serialize import LOCAL_SETTINGS
from kit.template.view import TaskTemplateView
from kit.types import default_engine

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


def sample_inputs(template: TaskTemplate, defaults: Mapping[str, Any]) -> LiteralMap:
    """Return a literal for each input: its default, or its name in angle quotes."""
    literals = LiteralMap()
    for name, variable in template.interface.inputs.variables.items():
        literals.literals[name].CopyFrom(_literal(name, variable.type, defaults))
    return literals


def _literal(
    name: str, literal_type: LiteralType, defaults: Mapping[str, Any]
) -> Literal:
    if name in defaults:
        try:
            python_type = default_engine.guess_type(literal_type)
            return default_engine.to_literal(defaults[name], python_type)
        except (ConversionError, GuessError, UnsupportedTypeError):
            return _stand_in(name, literal_type)
    return _stand_in(name, literal_type)


def _stand_in(name: str, literal_type: LiteralType) -> Literal:
    """Make a literal of the type's kind, so that the engine refuses what it would."""
    literal = Literal()
    kind = literal_type.WhichOneof("type")
    if kind == "collection_type":
        inner = _stand_in(name, literal_type.collection_type)
        literal.collection.literals.append(inner)
    elif kind == "map_value_type":
        literal.map.SetInParent()
    elif kind == "union_type":
        literal.scalar.union.SetInParent()
    elif kind == "structured_dataset_type":
        literal.scalar.structured_dataset.SetInParent()
    else:
        literal.scalar.primitive.string_value = f"«{name}»"
    return literal


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A template, and what is known of its making.

    Attributes:
        template: The message.
        task: The task it was made of; None if it came from elsewhere.
        settings: What it was made with, if there is a task.
        defaults: Default values of inputs, which templates do not carry.
        order: The order of the variables, which they do not carry either.
        failures: What could not be made of the task, by its part of the template.
    """

    template: TaskTemplate
    task: Any = None
    settings: SerializationSettings | None = None
    defaults: Mapping[str, Any] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    failures: Mapping[str, BaseException] = field(default_factory=dict)

    @cached_property
    def size(self) -> int:
        """The bytes of the message, which are counted through all of it."""
        return self.template.ByteSize()

    @cached_property
    def custom_size(self) -> int:
        """The bytes of ``custom`` among them."""
        return self.template.custom.ByteSize()

    @cached_property
    def custom(self) -> Bounded:
        """What ``custom`` holds, as far as it is shown."""
        return read_struct(self.template.custom)

    @cached_property
    def shipment(self) -> Any:
        """How the executor reaches its container; None where that is not known."""
        if self.task is None or "container" in self.failures:
            return None
        try:
            return self.task.shipment(self.settings)
        except (KitError, AttributeError):  # a template of another kind needs none
            return None

    def source(self, path: str) -> str:
        """Tell where the value at a path of the message comes from, if known."""
        if self.task is None or self.settings is None:
            return ""
        from kit.display.provenance import source_of

        return source_of(path, self.task, self.settings, self.template)


_OWN = str(Path(__file__).parents[1])  # the folder of kit


def failure_items(subject: Subject, part: str) -> Iterator[Item]:
    """Yield the error of a part and the frames of its author; nothing if it went well.

    Args:
        subject: What is shown.
        part: The part, as in ``custom`` or ``container``.
    """
    error = subject.failures.get(part)
    if error is None:
        return
    yield Finding("error", error_text(error), path=part)
    frames = _frames(error)
    if frames is not None:
        yield Code(_traceback(error, frames), "text", "traceback")


def error_text(error: BaseException) -> str:
    """Return the sentence of an error; its class comes first if it is not kit's."""
    return str(error) if isinstance(error, KitError) else boundary.error_text(error)


def _frames(error: BaseException) -> TracebackType | None:
    """Return the author's frames; of kit's own there is nothing to learn."""
    frames = error.__traceback__
    if boundary.is_authors(error):
        frames = boundary.author_traceback(error)
    while frames is not None and _is_own(frames):
        frames = frames.tb_next
    return frames


def _is_own(frames: TracebackType) -> bool:
    return frames.tb_frame.f_code.co_filename.startswith(_OWN)


def _traceback(error: BaseException, frames: TracebackType) -> str:
    import traceback

    listed = "".join(traceback.format_tb(frames))
    return f"Traceback (most recent call last):\n{listed}{boundary.error_text(error)}"


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


_TOLD = {"custom.fails", "custom.unknown"}  # above, and of use in a report only


def custom(subject: Subject) -> Section:
    """Show the dictionary the executor gets, or why there is none."""
    return Section(
        "Custom",
        (
            *failure_items(subject, "custom"),
            *_tree(subject),
            *_doubts(subject),
            *_contract(subject),
        ),
    )


def _tree(subject: Subject) -> Iterator[Item]:
    value = {k: v for k, v in subject.custom.value.items() if k != INLINE_KEY}
    if value:
        yield Tree(value, source=subject.source("custom"))


def _doubts(subject: Subject) -> Iterator[Item]:
    for path, why in doubtful_numbers(subject.custom.value):
        yield Finding("warning", why, path=path)


def _contract(subject: Subject) -> Iterator[Item]:
    """Tell which keys the executor lacks, and which it does not read."""
    task, settings = subject.task, subject.settings
    if not isinstance(task, PythonCustomizedContainerTask) or settings is None:
        return
    if subject.failures:
        return
    found = custom_findings(task, settings)
    yield from finding_items([one for one in found if one.rule not in _TOLD])


def inline_source(subject: Subject) -> Section:
    """Show the source that travels in the template."""
    items = [*failure_items(subject, "source"), *_source(subject)]
    return Section(
        "Inline source", tuple(items), detail="source" not in subject.failures
    )


def _source(subject: Subject) -> Iterator[Item]:
    inline = subject.custom.value.get(INLINE_KEY)
    if not isinstance(inline, Mapping):
        return
    facts = [
        Fact(name, _text(inline[name]), subject.source("custom.kit.inline"))
        for name in ("module", "executor", "sha256")
        if name in inline
    ]
    yield Facts(tuple(facts))
    yield Code(_text(inline.get("source", "")), "python")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)


_OURS = "PYTHONUNBUFFERED"  # kit's runners add it, the engine does not
_OFFLOADING = ("_F_L_MIN_SIZE_MB", "_F_L_MAX_SIZE_MB")
_SAMPLE_EXECUTION = "f2f0b1c3d4"


def environment(subject: Subject) -> Section:
    """List the template's variables, and which of them will not arrive as they are."""
    pairs = subject.template.container.env
    engine = _engine_names(subject.template)
    rows = tuple(
        (pair.key, pair.value, _note(pair.key, pair.value, engine)) for pair in pairs
    )
    if not rows:
        return Section("Environment", ())
    sources = tuple(subject.source(f"container.env[{pair.key}]") for pair in pairs)
    columns: tuple[str, ...] = ("variable", "value", "note")
    if not any(note for _, _, note in rows):
        rows, columns = tuple((key, value) for key, value, _ in rows), columns[:2]  # type: ignore[misc]
    known = sources if any(sources) else ()
    table = Table(columns, rows, styles=("code", "code", "text"), sources=known)
    return Section("Environment", (table,))


def appended(subject: Subject) -> Section:
    """List what the engine appends behind them, where the last of a name wins."""
    template = subject.template
    if not template.HasField("container"):
        return Section("Environment the engine appends", ())
    own = {pair.key for pair in template.container.env} | {_OURS}
    made = engine_variables(template, execution_id=_SAMPLE_EXECUTION)
    made["FLYTE_INTERNAL_EXECUTION_WORKFLOW"] = _workflow(template)
    rows = [
        (name, value or "(empty)", "overrides yours" if name in own else "")
        for name, value in made.items()
        if name not in own or name in _engine_names(template)
    ]
    rows = [row for row in rows if row[0] != _OURS]
    rows += [(name, "(the deployment's)", "") for name in _OFFLOADING]
    if template.config.get("link_type"):
        rows.append(("FLYTE_EXECUTION_URL", "(the console's)", ""))
    table = Table(
        ("variable", "in a sample execution", "note"),
        tuple(rows),
        "then come the execution's variables and the deployment's defaults",
        ("code", "code", "text"),
    )
    return Section("Environment the engine appends", (table,), detail=True)


def _workflow(template: TaskTemplate) -> str:
    """Name the workflow that Flyte makes around a task that is launched by itself."""
    task = template.id
    return f"{task.project}:{task.domain}:.flytegen.{task.name}"


def _engine_names(template: TaskTemplate) -> set[str]:
    bare = TaskTemplate(id=template.id)
    made = engine_variables(bare, execution_id=_SAMPLE_EXECUTION)
    return {*made, *_OFFLOADING, "FLYTE_EXECUTION_URL"} - {_OURS}


def _note(name: str, value: str, engine: set[str]) -> str:
    if name in engine:
        return "the engine's own value wins"
    if any(span.macro for span in macro_spans(value)):
        return "stays as it is: only the command is rendered"
    return ""


def inputs(subject: Subject) -> Section:
    """List the inputs: declared type, default, description."""
    items = [
        *failure_items(subject, "interface"),
        *_variables(subject, "inputs", subject.defaults),
    ]
    return Section("Inputs", tuple(items))


def outputs(subject: Subject) -> Section:
    """List the outputs: declared type, description."""
    return Section("Outputs", tuple(_variables(subject, "outputs", {})))


def arrivals(subject: Subject) -> Section:
    """Tell for every variable its Flyte type and what the executor really meets."""
    rows = []
    for side, arrow in (("inputs", ""), ("outputs", "→\N{NO-BREAK SPACE}")):
        declared = _declared(subject, side)
        for name, variable in _ordered(subject, side).items():
            arrival = arrival_of(variable.type, declared.get(name))
            types = (arrival.here, arrival.on_cluster) if side == "inputs" else ("", "")
            loss = arrival.loss if side == "inputs" else ""
            rows.append((f"{arrow}{name}", wire_type_name(variable.type), *types, loss))
    if not rows:
        return Section("What the executor receives", ())
    columns = ("variable", "Flyte type", "here", "on a cluster", "what is lost")
    styles: tuple[Style, ...] = ("text", "code", "code", "code", "text")
    shown = [index for index in range(len(columns)) if any(row[index] for row in rows)]
    table = Table(
        tuple(columns[index] for index in shown),
        tuple(tuple(row[index] for index in shown) for row in rows),
        styles=tuple(styles[index] for index in shown),
    )
    return Section("What the executor receives", (table,))


def _variables(
    subject: Subject, side: str, defaults: Mapping[str, Any]
) -> Iterator[Item]:
    variables = _ordered(subject, side)
    if not variables:
        return
    declared = _declared(subject, side)
    columns = {
        "name": list(variables),
        "type": [
            _declared_name(declared.get(name), variable)
            for name, variable in variables.items()
        ],
        "default": [
            value_text(defaults[name]) if name in defaults else "" for name in variables
        ],
        "description": [_description(*pair) for pair in variables.items()],
    }
    shown = {
        title: cells
        for title, cells in columns.items()
        if title in ("name", "type") or any(cells)
    }
    sources = tuple(subject.source(f"interface.{side}.{name}") for name in variables)
    known = sources if any(sources) else ()
    styles: dict[str, Style] = {"type": "code", "default": "code"}
    yield Table(
        tuple(shown),
        tuple(zip(*shown.values(), strict=True)),
        styles=tuple(styles.get(title, "text") for title in shown),
        sources=known,
    )


def _declared_name(declared: Any, variable: Variable) -> str:
    if declared is None or variable.type.HasField("blob"):
        return type_name(variable.type)  # it knows the format of a file, too
    return python_type_name(declared)


def _description(name: str, variable: Variable) -> str:
    """Return a description; where none was written, the wire has the name itself."""
    return "" if variable.description == name else variable.description


def _ordered(subject: Subject, side: str) -> dict[str, Variable]:
    """Return the variables in the order of the definition, or else by name."""
    message: VariableMap = getattr(subject.template.interface, side)
    variables = message.variables
    names = dict.fromkeys([*subject.order, *sorted(variables)])
    return {name: variables[name] for name in names if name in variables}


def _declared(subject: Subject, side: str) -> Mapping[str, Any]:
    """Return the Python types of a task; of a template there are none."""
    if subject.task is None:
        return {}
    types: Mapping[str, Any] = getattr(subject.task.python_interface, side)
    return types


FORMS: dict[str, tuple[Language, str]] = {
    "pbtxt": ("pbtxt", "protobuf text"),
    "json": ("json", "JSON"),
    "yaml": ("yaml", "YAML"),
}
_WHOLE = 8 * 1024  # bytes of a message that is written out in every form
_MOST_ROWS = 1_000
_WAY = "The whole message: kit show --format json, or kit.write_template."


def fields(subject: Subject) -> Section:
    """List every set field, with its source where that is known."""
    found = list(leaves(subject.template))
    shown = found[:_MOST_ROWS]
    columns: tuple[str, ...] = ("field", "value", "comes from")
    styles: tuple[Style, ...] = ("code", "text", "dim")
    rows: tuple[tuple[str, ...], ...]
    if subject.task is None:
        rows = tuple((leaf.path, leaf.value) for leaf in shown)
        columns, styles = columns[:2], styles[:2]
    else:
        rows = tuple(
            (leaf.path, leaf.value, subject.source(leaf.path)) for leaf in shown
        )
    rest = len(found) - len(shown)
    caption = f"the first {len(shown):,} of {len(found):,} fields" if rest else ""
    table = Table(columns, rows, caption, styles)
    return Section("Message, field by field", (table,), detail=True)


def forms(subject: Subject) -> Section:
    """Write the message as protobuf text, JSON and YAML, unless that is too long."""
    return Section("Message as text", tuple(_forms(subject)), detail=True)


def _forms(subject: Subject) -> Iterator[Item]:
    template, size = subject.template, subject.size
    is_whole = size <= _WHOLE
    if not is_whole and template.HasField("custom"):
        without = TaskTemplate()
        without.CopyFrom(template)
        without.ClearField("custom")
        size -= subject.custom_size
        yield Finding(
            "note",
            f"custom is left out: its {subject.custom_size:,} bytes are shown above.",
            _WAY,
        )
        template = without
    if size > _WHOLE:
        yield Finding("note", f"{size:,} bytes are too long to read.", _WAY)
        return
    for form in FORMS if is_whole else ("pbtxt", "json"):  # YAML is slow to write
        yield message_code(template, form)


def message_code(template: TaskTemplate, form: str) -> Code | Finding:
    """Write a message in one form; where that has no way to write it, say so."""
    language, title = FORMS[form]
    try:
        text = encode_template(template, form).decode()
    except (KitError, ValueError, OverflowError) as error:
        return Finding("warning", f"It has no {title}: {error}")
    return Code(text, language, title, folded=True)


_PATHS = {
    "cache": "discoverable",
    "cache version": "discovery_version",
    "cache serialized": "cache_serializable",
    "cache ignores": "cache_ignore_input_vars",
    "retries": "retries.retries",
    "timeout": "timeout",
    "interruptible": "interruptible",
    "deck": "generates_deck.value",
    "pod template": "pod_template_name",
    "labels": "metadata.labels",
    "annotations": "metadata.annotations",
    "tags": "tags",
    "eager": "is_eager",
    "deprecated": "deprecated_error_message",
}


def metadata(subject: Subject) -> Section:
    """List every field: first those that are set, then the defaults."""
    message = subject.template.metadata
    if not message.ByteSize():
        return Section("Metadata", ())
    defaults = dict(_values(TaskMetadata().to_message("", "")))
    values = list(_values(message))
    values.sort(key=lambda pair: pair[1] == defaults[pair[0]])
    setter = "set" if subject.task is None else "you"
    rows = tuple(
        (name, value, "default" if value == defaults[name] else setter)
        for name, value in values
    )
    sources = tuple(subject.source(f"metadata.{_PATHS[name]}") for name, _, _ in rows)
    known = sources if any(sources) else ()
    columns = ("field", "value", "set by")
    table = Table(columns, rows, styles=("text", "code", "dim"), sources=known)
    return Section("Metadata", (table,))


def _values(message: Message) -> Iterator[tuple[str, str]]:
    yield "cache", _yes(message.discoverable)
    yield "cache version", message.discovery_version or "none"
    yield "cache serialized", _yes(message.cache_serializable)
    yield "cache ignores", ", ".join(message.cache_ignore_input_vars) or "nothing"
    yield "retries", str(message.retries.retries)
    yield "timeout", _timeout(message)
    known = message.WhichOneof("interruptible_value") is not None
    yield "interruptible", _yes(message.interruptible) if known else "not said"
    yield "deck", _yes(message.generates_deck.value)
    yield "pod template", message.pod_template_name or "none"
    yield "labels", _pairs(message.metadata.labels)
    yield "annotations", _pairs(message.metadata.annotations)
    yield "tags", _pairs(message.tags)
    yield "eager", _yes(message.is_eager)
    yield "deprecated", message.deprecated_error_message or "no"


def _timeout(message: Message) -> str:
    if not message.HasField("timeout"):
        return "none"
    try:
        return str(message.timeout.ToTimedelta())
    except (OverflowError, ValueError):  # longer than Python can count
        return f"{message.timeout.seconds} seconds"


def _pairs(entries: object) -> str:
    pairs: dict[str, str] = dict(entries)  # type: ignore[call-overload]
    return ", ".join(f"{key}={value}" for key, value in sorted(pairs.items())) or "none"


def _yes(value: bool) -> str:  # noqa: FBT001 - a field of the message
    return "yes" if value else "no"


_MIB = 2**20
_GRPC_LIMIT = 4 * _MIB  # flyteadmin/pkg/server/service.go: grpc-go's default
_ETCD_LIMIT = 3 * _MIB // 2  # --max-request-bytes


def overview(subject: Subject) -> Section:
    """Tell identity, image, runtime, way of shipping and sizes."""
    facts = tuple(fact for fact in _facts(subject) if fact.value)
    gauges = Gauges(tuple(_gauges(subject)))
    return Section(
        "Overview", (*failure_items(subject, "template"), Facts(facts), gauges)
    )


def _facts(subject: Subject) -> Iterator[Fact]:
    template = subject.template
    runtime = template.metadata.runtime
    version = template.task_type_version
    kind = f"{template.type} (version {version})" if version else template.type
    yield Fact("type", kind, subject.source("type"))
    for name in ("project", "domain", "version"):
        yield Fact(name, getattr(template.id, name), subject.source(f"id.{name}"))
    yield from _image(subject)
    shown = f"{runtime.flavor} {runtime.version}".strip()
    yield Fact("runtime", shown, subject.source("metadata.runtime.flavor"))
    yield Fact("target", _target(template))
    shipment = subject.shipment
    if shipment is not None:
        yield Fact("executor", shipment.location)
        yield Fact("ships", f"{shipment.way}: {shipment.why}")
    yield Fact("size", f"{subject.size:,} bytes")


def _image(subject: Subject) -> Iterator[Fact]:
    resolved = subject.template.container.image
    written = getattr(subject.task, "container_image", resolved)
    yield Fact("image", resolved, subject.source("container.image"))
    if resolved and written != resolved:
        yield Fact("image as written", written or "(the settings' default)")


def _target(template: TaskTemplate) -> str:
    """Name what is started, unless it is a container as everywhere."""
    target = template.WhichOneof("target")
    return "" if target in (None, "container") else str(target)


def _gauges(subject: Subject) -> Iterator[Gauge]:
    template = subject.template
    yield Gauge("registration (gRPC)", subject.size, _GRPC_LIMIT, "refused beyond")
    yield Gauge(
        "launch (etcd)", _stored(subject), _ETCD_LIMIT, "as JSON; no launch beyond"
    )
    source = template.custom.fields[INLINE_KEY] if _is_inline(template) else None
    if source is not None:
        text = source.struct_value.fields["source"].string_value
        limit = getattr(subject.task, "_inline_limit", DEFAULT_INLINE_LIMIT)
        yield Gauge("inline source", len(text.encode()), limit, "your inline_limit")


def _is_inline(template: TaskTemplate) -> bool:
    return INLINE_KEY in template.custom.fields


def _stored(subject: Subject) -> int:
    """Measure the JSON that Kubernetes stores; of what is too large, its bytes here."""
    if not subject.custom.is_whole:
        return subject.size
    custom = len(json.dumps(subject.custom.value)) if subject.custom.value else 0
    return subject.size - subject.custom_size + custom


def badges(subject: Subject) -> Iterator[Badge]:
    """Yield what stands out: cache, deck, secrets, accelerator, inline source."""
    template = subject.template
    metadata = template.metadata
    if subject.failures:
        yield Badge("incomplete", "bad")
    if metadata.discoverable:
        yield Badge(f"cache {metadata.discovery_version}", "good")
    if metadata.generates_deck.value:
        yield Badge("deck", "good")
    if metadata.retries.retries:
        yield Badge(f"retries {metadata.retries.retries}")
    if _is_inline(template):
        yield Badge("inline source", "notable")
    secrets = len(template.security_context.secrets)
    if secrets:
        yield Badge(f"{secrets} secret{'s' if secrets > 1 else ''}", "notable")
    if template.extended_resources.gpu_accelerator.device:
        yield Badge(template.extended_resources.gpu_accelerator.device)
    if metadata.deprecated_error_message:
        yield Badge("deprecated", "bad")


_PLACED = (Resources.CPU, Resources.GPU, Resources.MEMORY, Resources.EPHEMERAL_STORAGE)


def resources(subject: Subject) -> Section:
    """List requests and limits, and what becomes of them."""
    items = [
        *failure_items(subject, "resources"),
        *_amounts(subject.template.container.resources),
        *_extended(subject),
    ]
    return Section("Resources", tuple(items))


def _amounts(asked: Resources) -> Iterator[Item]:
    requests, limits = _by_name(asked.requests), _by_name(asked.limits)
    rows = tuple(
        _row(name, requests.get(name, ""), limits.get(name, ""))
        for name in sorted({*requests, *limits})
    )
    if rows:
        columns = ("resource", "request", "limit", "Kubernetes reads", "note")
        yield Table(columns, rows, styles=("text", "code", "code", "code", "text"))


def _by_name(entries: Iterable[Resources.ResourceEntry]) -> dict[int, str]:
    return {int(entry.name): entry.value for entry in entries}


def _row(name: int, request: str, limit: str) -> tuple[str, ...]:
    read = " / ".join(_canonical(text) for text in (request, limit) if text)
    title = enum_name(Resources.ResourceName, name).lower()
    return (
        title,
        request,
        limit,
        read,
        _note_of_resources(name, _parsed(request), _parsed(limit)),
    )


def _note_of_resources(
    name: int, request: Quantity | None, limit: Quantity | None
) -> str:
    """Say what the backend does to it, in the words of its rules."""
    if name not in _PLACED:
        return "dropped at launch"
    notes = []
    if request is not None and limit is not None and request.amount > limit.amount:
        notes.append("the request is lowered to the limit")
    if request is None and limit is not None:
        notes.append("no request: clamped to the platform's limit at launch")
    if any(quantity is not None and quantity.is_zero for quantity in (request, limit)):
        notes.append("zero is dropped")
    rounded = [q for q in (request, limit) if q is not None and not q.is_whole_number]
    if rounded:
        whole = " and ".join(f"{quantity.value_ceil}" for quantity in rounded)
        notes.append(f"compared as {whole} at registration")
    return "; ".join(notes)


def _parsed(text: str) -> Quantity | None:
    try:
        return parse_quantity(text) if text else None
    except ResourcesError:
        return None


def _canonical(text: str) -> str:
    quantity = _parsed(text)
    return "nothing: no quantity" if quantity is None else quantity.canonical


def _extended(subject: Subject) -> Iterator[Item]:
    extended = subject.template.extended_resources
    facts = []
    if extended.gpu_accelerator.device:
        source = subject.source("extended_resources.gpu_accelerator.device")
        facts.append(Fact("accelerator", extended.gpu_accelerator.device, source))
    if extended.HasField("shared_memory"):
        size = extended.shared_memory.size_limit or "unlimited"
        source = subject.source("extended_resources.shared_memory.size_limit")
        facts.append(Fact("shared memory", size, source))
    if facts:
        yield Facts(tuple(facts))


_FOLDER = "/etc/flyte/secrets"
_PREFIX = "_FSEC_"


def secrets(subject: Subject) -> Section:
    """List the secrets and where the container finds them."""
    return Section("Secrets", tuple(_items(subject)))


def _items(subject: Subject) -> Iterator[Item]:
    asked = subject.template.security_context.secrets
    if not asked:
        return
    rows = tuple(map(_row_of_secrets, asked))
    sources = tuple(
        subject.source(f"security_context.secrets[{index}]")
        for index in range(len(asked))
    )
    yield Table(
        ("group", "key", "mounted as", "in the container"),
        rows,
        styles=("text", "text", "text", "code"),
        sources=sources if any(sources) else (),
    )
    if not all(secret.group and secret.key for secret in asked):
        yield Finding(
            "warning",
            "A secret without a key or group is none: Kubernetes mounts no secret at "
            "all then, and says nothing.",
            "Give each secret a group and a key.",
        )


def _row_of_secrets(secret: Secret) -> tuple[str, ...]:
    group = secret.group
    if secret.group_version:
        group = f"{group} (version {secret.group_version})"
    kind = enum_name(Secret.MountType, secret.mount_requirement)
    return group, secret.key, kind, _place(secret)


def _place(secret: Secret) -> str:
    if not (secret.group and secret.key):
        return ""
    if secret.mount_requirement == Secret.MountType.ENV_VAR:
        place = f"${_PREFIX}{secret.group.upper()}_{secret.key.upper()}"
        return f"{place}, ${secret.env_var}" if secret.env_var else place
    place = f"{_FOLDER}/{secret.group.lower()}/{secret.key.lower()}"
    return f"{place} (its path: ${secret.env_var})" if secret.env_var else place


def other_targets(subject: Subject) -> tuple[Section, ...]:
    """Show a pod or SQL, and of a container what kit never sets."""
    template = subject.template
    pod = (*failure_items(subject, "k8s_pod"), *_pod(subject))
    sql = (*failure_items(subject, "sql"), *(_sql(template.sql)))
    container = tuple(_container(template.container))
    return (
        Section("Pod", pod),
        Section("SQL", sql),
        Section("Container", container),
    )


def config(subject: Subject) -> Section:
    """List the template's config, its author's and kit's own."""
    facts = tuple(
        Fact(key, value, subject.source(f"config[{key}]"))
        for key, value in sorted(subject.template.config.items())
    )
    items = [*failure_items(subject, "config"), *([Facts(facts)] if facts else [])]
    return Section("Config", tuple(items))


def _pod(subject: Subject) -> Iterator[Item]:
    if not subject.template.HasField("k8s_pod"):
        return
    pod = subject.template.k8s_pod
    facts = [Fact("primary container", pod.primary_container_name)]
    facts += [Fact(f"label {k}", v) for k, v in sorted(pod.metadata.labels.items())]
    annotations = sorted(pod.metadata.annotations.items())
    facts += [Fact(f"annotation {key}", value) for key, value in annotations]
    facts += _data(pod.data_config)
    yield Facts(tuple(fact for fact in facts if fact.value))
    spec = read_struct(pod.pod_spec).value
    if spec:
        yield Tree(spec, "pod spec")


def _sql(sql: Sql) -> Iterator[Item]:
    if sql.ByteSize():
        yield Facts((Fact("dialect", enum_name(Sql.Dialect, sql.dialect)),))
        yield Code(sql.statement, "sql")


def _container(container: Container) -> Iterator[Item]:
    facts = [
        Fact("ports", ", ".join(str(port.container_port) for port in container.ports)),
        *(Fact(f"config {pair.key}", pair.value) for pair in container.config),
        *_data(container.data_config),
    ]
    if container.architecture:
        name = enum_name(Container.Architecture, container.architecture)
        facts.append(Fact("architecture", name))
    shown = tuple(fact for fact in facts if fact.value)
    if shown:
        yield Facts(shown)


def _data(data: DataLoadingConfig) -> Iterator[Fact]:
    """Tell how files are copied in and out, as raw containers have it."""
    if data.ByteSize():
        form = enum_name(DataLoadingConfig.LiteralMapFormat, data.format)
        yield Fact("inputs are copied to", f"{data.input_path} as {form}")
        yield Fact("outputs are copied from", data.output_path)


def summarize_task(
    task: Any, settings: SerializationSettings = LOCAL_SETTINGS
) -> Summary:
    """Summarize a task by the template these settings make of it.

    What cannot be made of a broken task is an error in its place; the rest stands.

    Args:
        task: The task; its interface's types and defaults are shown too.
        settings: Where it will live; by default those of a local call.
    """
    return summarize_subject(task_subject(task, settings))


def task_subject(
    task: Any, settings: SerializationSettings = LOCAL_SETTINGS
) -> Subject:
    """Return what a task's view is made from."""
    template, failures = partial_template(task, settings)
    interface = task.python_interface
    return Subject(
        template=template,
        task=task,
        settings=settings,
        defaults=interface.default_inputs_as_kwargs,
        order=(*interface.inputs, *interface.outputs),
        failures=failures,
    )


def summarize_template(
    template: TaskTemplate,
    *,
    defaults: Mapping[str, Any] | None = None,
    order: Sequence[str] = (),
) -> Summary:
    """Summarize a template of any origin.

    Args:
        template: The message.
        defaults: Default values of inputs, which templates do not carry.
        order: The order of the variables, which they do not carry either.
    """
    return summarize_subject(
        Subject(template=template, defaults=defaults or {}, order=tuple(order))
    )


def summarize_view(view: TaskTemplateView) -> Summary:
    """Summarize the executor's view of a template."""
    return summarize_template(view.to_flyte_idl())


def summarize_subject(subject: Subject) -> Summary:
    """Summarize a template with whatever is known of its making."""
    return Summary(
        kind="task",
        title=subject.template.id.name,
        badges=tuple(badges(subject)),
        sections=(
            overview(subject),
            inputs(subject),
            outputs(subject),
            arrivals(subject),
            command(subject),
            loader_arguments(subject),
            rendered(subject),
            custom(subject),
            inline_source(subject),
            resources(subject),
            environment(subject),
            appended(subject),
            secrets(subject),
            metadata(subject),
            config(subject),
            *other_targets(subject),
            fields(subject),
            forms(subject),
        ),
    )
