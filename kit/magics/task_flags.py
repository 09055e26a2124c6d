"""The flags of ``%%container_task``, named after the keywords that they stand for."""

from __future__ import annotations

import argparse
import functools
from typing import Any, get_args

from kit.definition.deck_fields import DeckField
from kit.definition.settings import RUNTIMES
from kit.definition.shipment import Ship
from kit.magics.flag_parser import FlagParser
from kit.magics.python_words import (
    Entries,
    Source,
    accelerator,
    entry,
    json_or_text,
    seconds,
    secret,
    source_of,
    text,
    whole_number,
)

__all__ = ["keywords_of", "task_flags"]

_RESOURCES = {
    "cpu": "cores, as 2 or 500m",
    "mem": "memory, as 512Mi",
    "gpu": "devices",
    "ephemeral-storage": "scratch space, as 10Gi",
}


@functools.cache
def task_flags() -> FlagParser:
    """Return the parser of the flags: it reads them as Python source."""
    parser = FlagParser(
        "%%container_task NAME(input: type, ...) -> output --image IMAGE [flags]"
    )
    _add_template(parser)
    _add_resources(parser)
    _add_policy(parser)
    _add_body(parser)
    return parser


def _add_template(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    image = "where the body runs; '' for the settings' default"
    add("--image", type=text, metavar="IMAGE", help=image)
    custom = "an entry of tt.custom: JSON, or else text"
    _add_entries(parser, "--custom", "custom", entry(json_or_text), custom)
    env = "an environment variable"
    _add_entries(parser, "--env", "environment", entry(text), env)
    add(
        "--secret",
        action="append",
        dest="secret_requests",
        type=secret,
        metavar="GROUP/KEY",
        help="a secret to mount",
    )
    add("--name", type=text, metavar="NAME", help="the task's name")
    add("--task-type", type=text, metavar="TYPE", help="its type on the wire")


def _add_entries(
    parser: argparse.ArgumentParser, flag: str, dest: str, read: Any, meaning: str
) -> None:
    parser.add_argument(
        flag, action=Entries, dest=dest, type=read, metavar="KEY=VALUE", help=meaning
    )


def _add_resources(parser: argparse.ArgumentParser) -> None:
    add = functools.partial(parser.add_argument, type=text, metavar="AMOUNT")
    for name, unit in _RESOURCES.items():
        key = name.replace("-", "_")
        add(f"--{name}", dest=f"requests.{key}", help=f"asks for {unit}")
        add(f"--{name}-limit", dest=f"limits.{key}", help="takes at most")
    add("--accelerator", type=accelerator, metavar="DEVICE", help="a GPU by its name")
    add("--shared-memory", help="size of /dev/shm")


def _add_policy(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    cache = "take outputs of an earlier run of this version"
    add("--cache-version", type=text, metavar="VERSION", help=cache)
    wait = "let equal runs wait for each other"
    add("--cache-serialize", action="store_true", default=None, help=wait)
    add(
        "--cache-ignore",
        action="append",
        dest="cache_ignore_input_vars",
        type=text,
        metavar="INPUT",
        help="an input that the cache does not look at",
    )
    add("--retries", type=whole_number, metavar="NUMBER", help="of further attempts")
    attempt = "of one attempt, as 90 (seconds) or 1h30m"
    add("--timeout", type=seconds, metavar="TIME", help=attempt)
    either = argparse.BooleanOptionalAction
    add("--interruptible", action=either, help="whether its node may vanish")


def _add_body(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    either = argparse.BooleanOptionalAction
    add("--enable-deck", action=either, help="whether it writes deck.html")
    add(
        "--deck-field",
        action="append",
        dest="deck_fields",
        choices=[field.value for field in DeckField],
        help="a deck to write",
    )
    add("--runtime", choices=RUNTIMES, help="what runs the body in the image")
    add("--ship", choices=get_args(Ship), help="how the body gets there")
    limit = "of source that the template may hold"
    add("--inline-limit", type=whole_number, metavar="BYTES", help=limit)
    add("--show", action="store_true", help="print this cell as plain Python, too")


def keywords_of(flags: argparse.Namespace) -> dict[str, Source]:
    """Return the keywords of ``kit.container_task``, with the source of their values.

    >>> flags = task_flags().parse_text("--cpu 1 --mem 1Gi --retries 2")
    >>> keywords_of(flags)
    {'requests': "kit.Resources(cpu='1', mem='1Gi')", 'retries': '2'}
    """
    found: dict[str, Source] = {}
    amounts: dict[str, list[str]] = {}
    for dest, value in vars(flags).items():
        whole, _, part = dest.partition(".")
        if value is None or dest == "show":
            continue
        if part:
            amounts.setdefault(whole, []).append(f"{part}={value}")
            found[whole] = Source(f"kit.Resources({', '.join(amounts[whole])})")
        else:
            found[whole] = source_of(value)
    if "cache_version" in found:
        found["cache"] = Source("True")
    return found
