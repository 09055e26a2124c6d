from __future__ import annotations

import time

from diff_apply import apply
from diff_messages import messages, real_templates
from flyteidl.core import tasks_pb2, types_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.difference.edits import Edit, compare_messages

BOUNDED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def edits(old, new) -> list[Edit]:
    """Return the edits between two messages."""
    return list(compare_messages(old, new))


def written(message) -> bytes:
    """Return a message's bytes, the same for equal messages."""
    return message.SerializeToString(deterministic=True)


@given(messages(tasks_pb2.TaskTemplate))
@BOUNDED
def test_a_message_does_not_differ_from_itself(template):
    """Nor from a copy."""
    copy = type(template).FromString(template.SerializeToString())
    assert edits(template, copy) == []


@given(messages(tasks_pb2.TaskTemplate), messages(tasks_pb2.TaskTemplate))
@BOUNDED
def test_the_edits_make_the_new_message_of_the_old(old, new):
    """Random templates, with all there is in any of them."""
    assert written(apply(old, edits(old, new))) == written(new)


@given(messages(types_pb2.LiteralType), messages(types_pb2.LiteralType))
@BOUNDED
def test_the_edits_make_the_new_type_of_the_old(old, new):
    """Other messages than templates too."""
    assert written(apply(old, edits(old, new))) == written(new)


@given(st.data())
@BOUNDED
def test_real_templates_become_each_other(data):
    """Pairs of what the real flytekit writes."""
    old, new = (data.draw(st.sampled_from(real_templates())) for _ in range(2))
    assert written(apply(old, edits(old, new))) == written(new)


def template() -> tasks_pb2.TaskTemplate:
    """Make a template with lists of all kinds."""
    made = tasks_pb2.TaskTemplate(type="sql")
    made.container.args.extend(["run", "--a", "1", "--b", "2"])
    for key, value in (("A", "1"), ("B", "2"), ("C", "3")):
        made.container.env.add(key=key, value=value)
    made.container.resources.requests.add(name=1, value="500m")
    made.security_context.secrets.add(group="g", key="k", group_version="2")
    made.custom.update({"rows": [1, {"deep": True}], "text": "a"})
    return made


def changed(change) -> list[Edit]:
    """Return the edits after a change of a template's copy."""
    old, new = template(), template()
    change(new)
    found = edits(old, new)
    assert written(apply(old, found)) == written(new)
    return found


def test_an_inserted_argument_moves_no_other():
    """Arguments are aligned."""
    assert changed(lambda new: new.container.args.insert(1, "--new")) == [
        Edit(("container", "args", 1), "added", None, "--new")
    ]


def test_variables_are_named_and_keep_their_place():
    """One that is added in the middle is one edit, with its position."""

    def insert(new):
        pairs = [(pair.key, pair.value) for pair in new.container.env]
        del new.container.env[:]
        for key, value in [pairs[0], ("N", "x"), *pairs[1:]]:
            new.container.env.add(key=key, value=value)

    (edit,) = changed(insert)
    assert (edit.steps, edit.kind) == (("container", "env", "N"), "added")
    assert (edit.after.value, edit.position) == ("x", 1)


def test_another_order_of_variables_is_one_edit():
    """The bytes differ, and so does the digest."""

    def turn(new):
        pairs = [(pair.key, pair.value) for pair in new.container.env]
        del new.container.env[:]
        for key, value in reversed(pairs):
            new.container.env.add(key=key, value=value)

    assert changed(turn) == [
        Edit(("container", "env"), "reordered", ("A", "B", "C"), ("C", "B", "A"))
    ]


def test_variables_of_the_same_name_are_compared_by_position():
    """The engine takes the last of them; no name stands for both."""

    def double(new):
        new.container.env.add(key="A", value="4")

    (edit,) = changed(double)
    assert edit.steps == ("container", "env", 3)


def test_resources_and_secrets_are_named():
    """By the resource, and by group, version and key."""

    def change(new):
        new.container.resources.requests[0].value = "1"
        new.security_context.secrets[0].env_var = "K"

    assert changed(change) == [
        Edit(
            ("container", "resources", "requests", "CPU", "value"),
            "changed",
            "500m",
            "1",
        ),
        Edit(("security_context", "secrets", "g@2/k", "env_var"), "added", None, "K"),
    ]


def test_custom_is_compared_as_json():
    """By path; numbers, booleans and absence are told apart."""

    def change(new):
        new.custom["rows"][1]["deep"] = 1
        new.custom["text"] = None
        new.custom["more"] = {"a": [1]}

    assert changed(change) == [
        Edit(("custom", "more"), "added", None, {"a": [1.0]}),
        Edit(("custom", "rows", 1, "deep"), "changed", True, 1.0),
        Edit(("custom", "text"), "changed", "a", None),
    ]


def test_containers_of_a_pod_are_named():
    """As Kubernetes names them, and their variables."""
    old, new = tasks_pb2.TaskTemplate(), tasks_pb2.TaskTemplate()
    variable = {"name": "MODE", "value": "slow"}
    main = {"name": "main", "env": [variable]}
    old.k8s_pod.pod_spec.update({"containers": [main]})
    variable["value"] = "fast"
    new.k8s_pod.pod_spec.update({"containers": [{"name": "side"}, main]})
    added, altered = edits(old, new)
    place = ("k8s_pod", "pod_spec", "containers")
    assert (added.steps, added.position) == ((*place, "side"), 0)
    assert altered.steps == (*place, "main", "env", "MODE", "value")


def test_a_struct_that_json_has_no_form_for_differs_as_a_whole():
    """A value of no kind is not null."""

    def change(new):
        new.custom.fields["text"].Clear()

    old = template()
    old.custom["text"] = None
    new = template()
    change(new)
    (edit,) = edits(old, new)
    assert edit.steps == ("custom",)


def test_unknown_fields_are_compared_as_raw_tags():
    """A field of a later flyteidl: varint, bytes, and a group."""
    old = template()
    raw = b"\xb8\x3e\x07" + b"\xc2\x3e\x02hi" + b"\xcb\x3e\x08\x01\xcc\x3e"
    new = tasks_pb2.TaskTemplate.FromString(old.SerializeToString() + raw)
    assert edits(old, new) == [
        Edit(("field 999",), "added", None, ((0, 7),)),
        Edit(("field 1000",), "added", None, ((2, b"hi"),)),
        Edit(("field 1001",), "added", None, ((3, ((1, 0, 1),)),)),
    ]
    other = tasks_pb2.TaskTemplate.FromString(old.SerializeToString() + b"\xb8\x3e\x08")
    (edit,) = edits(tasks_pb2.TaskTemplate.FromString(new.SerializeToString()), other)[
        :1
    ]
    assert (edit.before, edit.after) == (((0, 7),), ((0, 8),))


def test_unknown_enum_numbers_are_kept():
    """They have no name to show."""

    def change(new):
        new.container.architecture = 77

    (edit,) = changed(change)
    assert (edit.before, edit.after) == ("UNKNOWN", 77)


def test_types_of_another_kind_are_one_edit():
    """Their parts have nothing to do with each other."""
    old = types_pb2.LiteralType(simple=types_pb2.INTEGER)
    new = types_pb2.LiteralType(collection_type=old)
    assert edits(old, new) == [Edit((), "changed", old, new)]


def test_types_of_one_kind_are_looked_into():
    """A dataset's column, a file's format."""
    old = types_pb2.LiteralType(blob=types_pb2.BlobType(format="csv"))
    new = types_pb2.LiteralType(blob=types_pb2.BlobType(format="parquet"))
    assert edits(old, new) == [Edit(("blob", "format"), "changed", "csv", "parquet")]


def test_thousands_of_arguments_are_compared_quickly():
    """Aligning takes the product of both lengths, so that long lists are not."""
    old, new = tasks_pb2.TaskTemplate(), tasks_pb2.TaskTemplate()
    old.container.args.extend(str(n % 7) for n in range(5_000))
    new.container.args.extend(str(n % 5) for n in range(5_000))
    started = time.monotonic()
    found = edits(old, new)
    assert time.monotonic() - started < 2
    assert written(apply(old, found)) == written(new)
