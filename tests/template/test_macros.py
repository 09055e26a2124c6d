"""The renderer of container args gives what the engine gives."""

from __future__ import annotations

import time

import pytest
from flyteidl.core import identifier_pb2, literals_pb2
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from kit.errors import KitError, MacroError, StorageError
from kit.template.macros import (
    RenderContext,
    Span,
    format_duration,
    format_float,
    format_identifier,
    format_timestamp,
    format_value,
    macro_spans,
    render_args,
)

CONTEXT = RenderContext(
    input="s3://b/data/inputs.pb",
    input_prefix="s3://b/data",
    output_prefix="s3://b/data/0",
    raw_output_data_prefix="s3://raw/ab/f3-n0-0",
    generated_name="f3-n0-0",
    namespace="lab-development",
    task_template_path="s3://b/data/task.pb",
)


def literal_map(**values: object) -> literals_pb2.LiteralMap:
    """Make the literals of a few primitives."""
    fields = {int: "integer", str: "string_value", bool: "boolean"}
    literals = {
        name: literals_pb2.Literal(
            scalar=literals_pb2.Scalar(
                primitive=literals_pb2.Primitive(**{fields[type(value)]: value})
            )
        )
        for name, value in values.items()
    }
    return literals_pb2.LiteralMap(literals=literals)


def test_paths_are_substituted_whatever_the_case_and_the_spaces():
    """Names fold their case and the braces may have spaces inside."""
    args = ["{{.INPUT}}", "{{ $outputprefix }}", "a{{.namespace\t}}b", "{{.input"]
    assert render_args(args, CONTEXT, None) == [
        "s3://b/data/inputs.pb",
        "s3://b/data/0",
        "alab-developmentb",
        "{{.input",
    ]


def test_inputs_are_written_as_text():
    """The value of an input replaces its macro, as often as it occurs."""
    inputs = literal_map(n=7, s="two words", yes=True)
    args = ["--n={{.inputs.n}}/{{.Inputs.n}}", "{{.inputs.s}}", "{{.inputs.yes}}"]
    assert render_args(args, CONTEXT, inputs) == ["--n=7/7", "two words", "true"]


def test_every_missing_input_of_an_arg_is_named():
    """All problems of the first bad arg are told, numbered as the engine does."""
    with pytest.raises(MacroError) as caught:
        render_args(["{{.inputs.a}}{{.inputs.b}}"], CONTEXT, literal_map(n=1))
    assert str(caught.value) == (
        "0: input template [{{.inputs.a}}]: requested input is not found [a]\r\n"
        "1: input template [{{.inputs.b}}]: requested input is not found [b]\r\n"
    )


@pytest.mark.parametrize(
    ("literal", "go_type"),
    [
        (literals_pb2.Literal(map=literals_pb2.LiteralMap()), "*core.Literal_Map"),
        (literals_pb2.Literal(), "<nil>"),
        (
            literals_pb2.Literal(
                scalar=literals_pb2.Scalar(union=literals_pb2.Union())
            ),
            "*core.Scalar_Union",
        ),
        (
            literals_pb2.Literal(
                scalar=literals_pb2.Scalar(primitive=literals_pb2.Primitive())
            ),
            "<nil>",
        ),
    ],
)
def test_values_that_cannot_be_text_are_refused(literal, go_type):
    """A map, an optional and an empty value have no text; the error names the type."""
    inputs = literals_pb2.LiteralMap(literals={"x": literal})
    with pytest.raises(MacroError, match=r"inputName \[x\]") as caught:
        render_args(["{{.inputs.x}}"], CONTEXT, inputs)
    assert f"type [{go_type}]" in str(caught.value)


def test_msgpack_that_cannot_be_read_is_refused():
    """Bytes that are no MessagePack give the engine's error, not a Python one."""
    binary = literals_pb2.Binary(value=b"\xc1", tag="msgpack")
    literal = literals_pb2.Literal(scalar=literals_pb2.Scalar(binary=binary))
    inputs = literals_pb2.LiteralMap(literals={"x": literal})
    with pytest.raises(MacroError, match="failed to unmarshal messagepack bytes"):
        render_args(["{{.inputs.x}}"], CONTEXT, inputs)


def test_the_template_is_stored_only_when_an_arg_asks_for_it():
    """A function for the path is called on a match, and then for each such arg."""
    stored = []

    def store() -> str:
        stored.append(1)
        return "s3://b/task.pb"

    context = RenderContext(task_template_path=store)
    assert render_args(["a", "{{.input}}"], context, None) == ["a", ""]
    assert not stored
    assert render_args(["{{.taskTemplatePath}}"], context, None) == ["s3://b/task.pb"]
    assert len(stored) == 1


def test_a_template_that_cannot_be_stored_is_a_macro_error():
    """The failure to store keeps its words and its cause."""

    def store() -> str:
        raise StorageError("failed to store task template to remote path [s3://x]")

    with pytest.raises(MacroError, match=r"^failed to store") as caught:
        render_args(
            ["{{.taskTemplatePath}}"], RenderContext(task_template_path=store), None
        )
    assert isinstance(caught.value.__cause__, StorageError)


def test_inputs_are_read_once_and_only_if_there_is_an_arg():
    """The inputs are read even when no arg uses them, as the engine does."""
    reads = []

    def read() -> literals_pb2.LiteralMap:
        reads.append(1)
        return literal_map(n=1)

    assert render_args([], CONTEXT, read) == []
    assert not reads
    assert render_args(["a", "{{.inputs.n}}"], CONTEXT, read) == ["a", "1"]
    assert len(reads) == 1


def test_inputs_that_cannot_be_read_are_a_macro_error():
    """The failure to read says so before its own words."""

    def read() -> literals_pb2.LiteralMap:
        raise OSError("boom")

    with pytest.raises(KitError, match=r"^unable to read inputs: boom$"):
        render_args(["x"], CONTEXT, read)


@pytest.mark.parametrize(
    ("path", "rendered"),
    [
        ("a$$b", "a$b"),
        ("a$0b", "a"),
        ("[$0]", "[{{.input}}]"),
        ("${0}", "{{.input}}"),
        ("$00", ""),
        ("$\N{SUPERSCRIPT TWO}", "$\N{SUPERSCRIPT TWO}"),
        ("${x", "${x"),
        ("${}", "${}"),
        ("${x}y", "y"),
        ("$", "$"),
    ],
)
def test_dollars_in_paths_are_expanded(path, rendered):
    """A path is a template of Go's regexp package."""
    assert render_args(["{{.input}}"], RenderContext(input=path), None) == [rendered]


def test_spans_tell_macros_from_text():
    """The spans of an arg are its whole text, and name the macros the engine sees."""
    arg = "a{{ $INPUT }}b{{.inputs.X}}{{.unknown}}"
    spans = macro_spans(arg)
    assert "".join(span.text for span in spans) == arg
    assert spans == [
        Span("a"),
        Span("{{ $INPUT }}", "input"),
        Span("b"),
        Span("{{.inputs.X}}", "inputs.X"),
        Span("{{.unknown}}"),
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (123.456, "123.456"),
        (100000.0, "100000"),
        (-1e-7, "-1e-07"),
        (1e100, "1e+100"),
        (0.00012345, "0.00012345"),
        (2.5e-310, "2.5e-310"),
    ],
)
def test_floats_are_written_as_go_writes_them(value, text):
    """The shortest digits, with an exponent from a million on."""
    assert format_float(value) == text


@pytest.mark.parametrize(
    ("seconds", "nanos", "text"),
    [
        (0, 0, "1970-01-01T00:00:00Z"),
        (1, 120_000_000, "1970-01-01T00:00:01.12Z"),
        (-62135596800, 0, "0001-01-01T00:00:00Z"),
        (
            -62135596801,
            0,
            "(timestamp: seconds:-62135596801 before 0001-01-01)",
        ),
        (253402300800, 0, "(timestamp: seconds:253402300800 after 10000-01-01)"),
        (0, -1, "(timestamp: nanos:-1: nanos not in range [0, 1e9))"),
    ],
)
def test_timestamps_are_rfc_3339_or_a_complaint(seconds, nanos, text):
    """What Go cannot show as a time it shows as its complaint."""
    assert format_timestamp(Timestamp(seconds=seconds, nanos=nanos)) == text


def test_durations_are_protobuf_text():
    """A duration shows the fields that are not zero."""
    assert format_duration(Duration(seconds=3600)) == "seconds:3600"
    assert format_duration(Duration(seconds=-1, nanos=-5)) == "seconds:-1  nanos:-5"
    assert format_duration(Duration()) == ""


def test_maps_are_sorted_by_kind_and_value_of_their_keys():
    """Nil comes first, then numbers, then strings; bytes are lists of numbers."""
    value = {"b": b"\x01\x02", "a": 1, 10: {}, 2: [], None: "x"}
    assert format_value(value) == "map[<nil>:x 2:[] 10:map[] a:1 b:[1 2]]"


def test_names_that_never_end_are_read_in_a_moment():
    """Time grows with the text, not with its square."""
    text = "{{.inputs." * 100_000
    start = time.perf_counter()
    assert macro_spans(text) == [Span(text)]
    assert time.perf_counter() - start < 10


def test_braces_at_the_end_of_a_name_begin_the_next_macro():
    """A name that is not closed may end in the braces of one that is."""
    spans = macro_spans("{{.inputs.a{{ .inputs.b }}")
    assert spans == [Span("{{.inputs.a"), Span("{{ .inputs.b }}", "inputs.b")]


def test_identifiers_are_written_as_text():
    """As Go prints a message: what is set, with quotes and control characters told."""
    made = identifier_pb2.Identifier(resource_type=1, project='p"', name="a\n\x01é")
    text = format_identifier(made)
    assert text == 'resource_type:TASK  project:"p\\""  name:"a\\n\\x01é"'
    assert format_identifier(identifier_pb2.Identifier()) == ""
