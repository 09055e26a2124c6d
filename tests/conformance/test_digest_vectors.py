"""kit computes the digest that the real backend computes."""

from __future__ import annotations

import base64
import importlib

import pytest
from google.protobuf import descriptor_pool, json_format, message_factory

from conformance.vectors import vectors
from kit.forecast.registration import message_digest, template_digest

for _module in ("compiler_pb2", "literals_pb2"):
    importlib.import_module(f"flyteidl.core.{_module}")
DIGESTS = {entry["name"]: entry for entry in vectors("hash_vectors.json")}


def message_of(entry):
    """Read the message of a vector, in either form."""
    found = descriptor_pool.Default().FindMessageTypeByName(entry["message"])
    message = message_factory.GetMessageClass(found)()
    if "proto_b64" in entry:
        message.ParseFromString(base64.b64decode(entry["proto_b64"]))
        return message
    return json_format.Parse(entry["jsonpb"], message)


@pytest.mark.parametrize("name", DIGESTS)
def test_digests_are_those_of_the_backend(name):
    """The very bytes that flyteadmin compares at registration."""
    entry = DIGESTS[name]
    assert message_digest(message_of(entry)).hex() == entry["pbhash_hex"]


def test_the_digest_of_a_template_is_that_of_the_compiled_task():
    """Flyteadmin wraps the template before it hashes it."""
    entry = DIGESTS["flytekit customized container task"]
    template = message_of(entry).template
    assert template_digest(template).hex() == entry["pbhash_hex"]
