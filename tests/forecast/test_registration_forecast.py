"""The digest of a template, and the room that its name takes in the database."""

from __future__ import annotations

import math
from base64 import b64encode
from random import Random

import pytest
from flyteidl.core.identifier_pb2 import Identifier
from flyteidl.core.tasks_pb2 import TaskTemplate
from forecast.literals import template

from kit.errors import TemplateError
from kit.forecast.registration import digest_refusal, index_row_bytes, template_digest


def with_custom(**custom: object) -> TaskTemplate:
    """Return a template with some custom."""
    made = template()
    made.custom.update(custom)
    return made


def test_numbers_that_json_lacks_are_texts_in_the_digest():
    """Anywhere in custom; -0.0 is 0, and 1.0 is 1."""
    nan = template_digest(with_custom(a=[{"n": math.nan}]))
    assert nan == template_digest(with_custom(a=[{"n": "NaN"}]))
    assert nan != template_digest(with_custom(a=[{"n": math.inf}]))
    assert template_digest(with_custom(a=-0.0)) == template_digest(with_custom(a=0))


def test_what_go_cannot_write_has_no_digest():
    """A Value without a kind, a duration out of range; flyteadmin says INTERNAL."""
    empty, long = template(), template()
    empty.custom.fields["k"].SetInParent()
    long.metadata.timeout.seconds = 10**15
    for each, told in ((empty, "nil Value"), (long, "out of range 1000000000000000")):
        assert digest_refusal(each).startswith(
            "failed to hash task [resource_type:TASK"
        )
        assert digest_refusal(each).endswith(told)
        with pytest.raises(TemplateError, match="has no digest"):
            template_digest(each)
    assert digest_refusal(template()) == ""


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("a" * 8_000, 144),
        (b64encode(Random(0).randbytes(5_997)).decode(), 8_040),  # noqa: S311 - does not compress
        ("short", 48),
    ],
)
def test_a_row_of_the_index_is_compressed(name, size):
    """Equal letters take little room, random ones all of it."""
    task = Identifier(project="flytesnacks", domain="development", version="v1")
    task.name = name
    assert index_row_bytes(task) == size
