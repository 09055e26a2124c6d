"""The client passes the conversations that were recorded from a live Flyte."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest
from conformance.vectors import HERE, folder, message
from flyte_double import Answer, FlyteDouble

import kit
from kit.errors import CallError, RemoteError


def _recorded() -> dict[str, Any]:
    path = folder() / "conversations.json"
    if path.is_file():
        return json.loads(path.read_text(encoding="utf-8"))
    return json.loads(
        gzip.decompress((HERE / "data/conversations.json.gz").read_bytes())
    )


RECORDED = _recorded()
TYPES = RECORDED["header"]["types"]
ALL_SERVICES = (
    *("AdminService", "DataProxyService", "AuthMetadataService", "IdentityService"),
)


@pytest.mark.parametrize("name", RECORDED["conversations"])
def test_a_recorded_conversation_is_led_again(name, tmp_path):
    """Each request goes out as it was, and each answer comes back: message or words.

    Only requests whose identifiers have empty fields are refused before they are sent.
    """
    calls = [
        c for c in RECORDED["conversations"][name]["calls"] if c.get("rpc") in TYPES
    ]
    assert calls
    with FlyteDouble(tmp_path, services=ALL_SERVICES) as double:
        for call in calls:
            double.play(call["rpc"], base64.b64decode(call["request"]), answer_of(call))
        with kit.Remote(double.address, insecure=True) as remote:
            refused = [call for call in calls if not passes(remote, call)]
    assert [call["rpc"] for call in refused] == REFUSED.get(name, [])


REFUSED = {
    "what_is_registered": ["GetTask", "GetTask", "ListTasks", "ListTasks"],
    "executions": [
        "ListExecutions",
        "GetExecution",
        "GetExecution",
        "TerminateExecution",
    ],
    "data_proxy_and_auth": ["CreateDownloadLink"],
}
"""The requests of each conversation that have an empty identifier."""


def answer_of(call: dict[str, Any]) -> Answer:
    """Return a recorded answer."""
    return Answer(
        base64.b64decode(call.get("response", "")),
        call["code"],
        call.get("message", ""),
    )


def passes(remote: kit.Remote, call: dict[str, Any]) -> bool:
    """Return whether a call was sent; what came is compared."""
    sent, received = TYPES[call["rpc"]]
    request = message(sent, call["request"])
    try:
        answer = remote.call(call["rpc"], request)
    except CallError:
        return False
    except RemoteError as error:
        told: Any = (error.code, error.words)
    else:
        told = ("OK", answer)
    expected: Any = call.get("message", "")
    if call["code"] == "OK":
        expected = message(received, call.get("response", ""))
    assert told == (call["code"], expected)
    return True
