from __future__ import annotations

from diff_apply import apply
from diff_messages import messages, real_templates
from flyteidl.core import tasks_pb2, types_pb2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kit.difference.edit import Edit
from kit.difference.fields import compare_messages

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
