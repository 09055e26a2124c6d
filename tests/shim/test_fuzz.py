"""Damaged, foreign and hostile bytes: only errors of kit, no hang, bounded memory."""

from __future__ import annotations

import contextlib
import os
import random
import resource
import time

import pytest
from flyteidl.core import literals_pb2, tasks_pb2, types_pb2
from google.protobuf.message import Message
from work import unit

from kit.definition.executor import ShimTaskExecutor
from kit.errors import KitError
from kit.resolver import default_task_template_resolver
from kit.shim.inputs import parse_literal_map

COUNT = int(os.environ.get("KIT_FUZZ", "5000"))
SLOWEST = 400  # units of work for one mutation; all but a few take a tenth of one


class Executor(ShimTaskExecutor):
    def execute_from_model(self, tt, **_kwargs):
        return repr([tt.id.name, tt.type, tt.custom, tt.config, tt.container])


LOCATION = f"{__name__}.Executor"


def simple(kind):
    """Make a simple type."""
    return types_pb2.LiteralType(simple=kind)


def declared_types():
    """Make a literal type of each family."""
    from kit.types import default_engine

    class_like = simple(types_pb2.STRUCT)
    class_like.metadata["title"] = "Point"
    class_like.metadata["type"] = "object"
    properties = class_like.metadata.get_or_create_struct("properties")
    properties.get_or_create_struct("x")["type"] = "integer"
    class_like.structure.dataclass_type["x"].simple = types_pb2.INTEGER
    return {
        "i": simple(types_pb2.INTEGER),
        "s": simple(types_pb2.STRING),
        "d": simple(types_pb2.DATETIME),
        "t": simple(types_pb2.DURATION),
        "n": simple(types_pb2.NONE),
        "list": default_engine.literal_type(list[int]),
        "map": default_engine.literal_type(dict[str, list[float]]),
        "opt": default_engine.literal_type(int | None),
        "dict": default_engine.literal_type(dict),
        "point": class_like,
        "enum": types_pb2.LiteralType(enum_type=types_pb2.EnumType(values=["a", "b"])),
        "blob": types_pb2.LiteralType(blob=types_pb2.BlobType(format="csv")),
    }


def literal_of_each():
    """Make a literal for each declared type."""
    made = literals_pb2.LiteralMap()
    literals = made.literals
    literals["i"].scalar.primitive.integer = 5
    literals["s"].scalar.primitive.string_value = "text"
    literals["d"].scalar.primitive.datetime.seconds = 10**9
    literals["t"].scalar.primitive.duration.seconds = 5
    literals["n"].scalar.none_type.SetInParent()
    inner = literals["list"].collection.literals.add()
    inner.scalar.primitive.integer = 1
    deep = literals["map"].map.literals["k"].collection.literals.add()
    deep.scalar.primitive.float_value = 1.5
    union = literals["opt"].scalar.union
    union.value.scalar.primitive.integer = 3
    union.type.simple = types_pb2.INTEGER
    union.type.structure.tag = "int"
    for name in ("dict", "point"):
        literals[name].scalar.binary.tag = "msgpack"
        literals[name].scalar.binary.value = b"\x81\xa1x\x01"
    literals["enum"].scalar.primitive.string_value = "a"
    literals["blob"].scalar.blob.uri = "s3://bucket/file.csv"
    return made


@pytest.fixture
def seeds(make_template):
    """Whole bytes to damage: a template and the inputs for it."""
    template = make_template(
        inputs=declared_types(),
        outputs={"o": simple(types_pb2.STRING)},
        config={"kit.output_order": "o", "key": "value"},
        deck=True,
    )
    template.custom.update({"table": "penguins", "deep": {"list": [1, None, "x"]}})
    template.container.image = "ghcr.io/acme/sql:1"
    template.container.args.extend(["kit-execute", "--inputs", "{{.input}}"])
    return template.SerializeToString(), literal_of_each().SerializeToString()


def mutated(data, rng):
    """Damage bytes: flip, cut, repeat, insert, swap, or replace by noise."""
    made = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        if not made:
            break
        start = rng.randrange(len(made))
        end = min(len(made), start + rng.choice((1, 2, 8, 64)))
        match rng.randrange(7):
            case 0:
                made[start] ^= 1 << rng.randrange(8)
            case 1:
                made[start] = rng.choice((0, 1, 0x7F, 0x80, 0xFF))
            case 2:
                del made[start:]
            case 3:
                del made[start:end]
            case 4:
                made[start:start] = made[start:end] * rng.choice((1, 2, 50))
            case 5:
                made[start:end] = rng.randbytes(end - start)
            case 6:
                made[start:start] = rng.choice(HOSTILE)
    return bytes(made)


HOSTILE = (
    b"\x0a" * 300,  # messages inside messages
    b"\xff\xff\xff\xff\x0f",  # a length of four gigabytes
    b"\xff" * 10,  # a number that never ends
    b"\xdd\xff\xff\xff\xff",  # msgpack: a list of four billion
    b"\x91" * 500,  # msgpack: lists inside lists
    b"\xed\xa0\x80",  # no UTF-8
    b"../../../etc/passwd\x00",
    b"__class__",
)


def bent(kind, data, rng):
    """Change fields of a message that stays whole: drop, swap, repeat, overdo."""
    message = kind.FromString(data)
    for _ in range(rng.choice((1, 2, 4))):
        bend(message, rng)
    return message.SerializeToString()


def bend(message, rng):
    """Walk down to a field and change it, or drop it on the way."""
    while fields := message.ListFields():
        field, value = rng.choice(fields)
        if rng.random() < 0.05:
            message.ClearField(field.name)
            return
        container = type(value).__name__
        if "Map" in container and not isinstance(value, Message):
            key = rng.choice(sorted(value))
            if isinstance(value[key], str):
                value[key] = rng.choice(TEXTS)
                return
            if rng.random() < 0.1:
                value[rng.choice(TEXTS)].CopyFrom(value[rng.choice(sorted(value))])
                return
            message = value[key]
        elif "Repeated" in container:
            if field.message_type is None:
                value.append(rng.choice(TEXTS))
                return
            if rng.random() < 0.1:
                value.add().CopyFrom(rng.choice(value))
                return
            message = rng.choice(value)
        elif field.message_type is not None:
            message = value
        else:
            overdo(message, field.name, value, rng)
            return


def overdo(message, name, value, rng):
    """Set a scalar to something at the edge of its type."""
    if isinstance(value, str):
        setattr(message, name, rng.choice(TEXTS))
    elif isinstance(value, bytes):
        setattr(message, name, mutated(value, rng))
    else:
        with contextlib.suppress(ValueError):  # out of the range of this field
            setattr(message, name, rng.choice(NUMBERS))


TEXTS = (
    *("", "a", "x" * 1000, "\0", "é", "__init__", "class", "../..", "None", "title"),
    *("msgpack", "integer", "array", "object", "#/definitions/Point", "$ref", "mro"),
    *("file:///etc/passwd", "s3://", "://", "kit.deck_fields", "kit.output_order"),
)
NUMBERS = (0, 1, -1, 5, 8, 9, 10, 99, 2**31 - 1, -(2**31), 2**63 - 1, -(2**63))


def damaged(template, inputs, number, rng):
    """Damage the template or the inputs, their bytes or their fields."""
    match number % 4:
        case 0:
            return mutated(template, rng), inputs
        case 1:
            return template, mutated(inputs, rng)
        case 2:
            return bent(tasks_pb2.TaskTemplate, template, rng), inputs
        case _:
            return template, bent(literals_pb2.LiteralMap, inputs, rng)


def run(template, inputs):
    """Do what a container does with its files."""
    task = default_task_template_resolver.load_from_bytes(template, LOCATION)
    return task.dispatch_execute(None, parse_literal_map(inputs, "inputs.pb"))


@pytest.mark.usefixtures("storage")
def test_the_seeds_are_whole(seeds):
    """Undamaged bytes run."""
    outputs = run(*seeds)
    assert "penguins" in outputs.literals["o"].scalar.primitive.string_value


@pytest.mark.usefixtures("storage")
def test_damaged_files(seeds):
    """Damaged templates and inputs end in an error of kit, or run."""
    rng = random.Random(2024)  # noqa: S311 - the same damages every time
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    refused = 0
    for number in range(COUNT):
        template, inputs = damaged(*seeds, number, rng)
        started = time.process_time()
        try:
            run(template, inputs)
        except KitError:
            refused += 1
        except Exception as error:
            message = f"mutation {number}: {template!r} {inputs!r}"
            raise AssertionError(message) from error
        assert time.process_time() - started < SLOWEST * unit(), number
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown < 300 * 1024  # KiB
    assert COUNT * 0.2 < refused < COUNT


@pytest.mark.usefixtures("storage")
def test_foreign_files(seeds):
    """Every prefix of a template, and each file in the place of the other."""
    template, inputs = seeds
    for foreign in (inputs, b"", b"{}", b"\x00" * 1000, *map(bytes, ([9], [255] * 99))):
        with pytest.raises(KitError):
            run(foreign, inputs)
    for end in range(0, len(template), 7):
        with contextlib.suppress(KitError):
            run(template[:end], inputs)
