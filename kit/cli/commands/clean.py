"""``kit clean``: show and remove what kit left on this disk."""

from __future__ import annotations

import datetime as dt
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kit.cli.app import EPILOG, ExitStatus
from kit.cli.output import form_of, output_flags, write_result

if TYPE_CHECKING:
    from kit.display.summary import Summary

_RANDOM = "[a-z0-9_]{8}"  # as tempfile makes them
TEMPORARY = {
    "runs": re.compile(f"kit-run-{_RANDOM}"),
    "proofs": re.compile(f"kit-proof-{_RANDOM}"),
    "demos": re.compile(f"kit-demo-{_RANDOM}"),
    "uploads": re.compile(f"kit-upload-{_RANDOM}"),
    "loaded": re.compile(f"kit-saved-{_RANDOM}"),
    "work": re.compile(f"kit-(tmp|save|export|image|revision|deck)-{_RANDOM}"),
    "outputs": re.compile(f"kit-{_RANDOM}"),
}
"""The kinds of folders in the temporary directory, and their names."""

KINDS = (*TEMPORARY, "cache")

_HELP = """Show what kit left on this disk; with --remove, remove it.

KIND is one or more of: runs, proofs, demos, uploads, loaded (saved runs), work,
outputs, cache (default: all). Listed is what you own and what nothing has written to
for a day (--older-than), so that a run in progress stays as it is.

\b
  kit clean
  kit clean --remove
  kit clean cache --older-than 0s --remove
"""


@dataclass(frozen=True)
class Leftover:
    """A folder of the temporary directory, or an entry of the local cache.

    Attributes:
        kind: One of :data:`KINDS`.
        path: Where it is.
        size: Its bytes, with all that is in it.
        written: The last time that something in it was written, in seconds.
    """

    kind: str
    path: Path
    size: int
    written: float


class _Duration(click.ParamType):  # type: ignore[type-arg]  # not generic before 8.4
    name = "duration"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> dt.timedelta:
        from kit.definition.times import parse_timedelta

        if isinstance(value, dt.timedelta):
            return value
        try:
            return parse_timedelta(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@click.command("clean", help=_HELP, epilog=EPILOG, params=[*output_flags()])
@click.argument("kinds", metavar="[KIND]...", nargs=-1, type=click.Choice(KINDS))
@click.option("--remove", is_flag=True, help="Remove what is listed.")
@click.option(
    "--older-than",
    type=_Duration(),
    default="1d",
    show_default=True,
    metavar="DURATION",
    help="Leave what was written to more recently, such as 90s, 1h30m or 7d.",
)
def command(
    kinds: Sequence[str],
    form: str | None,
    output: Path | None,
    older_than: dt.timedelta,
    *,
    remove: bool,
) -> ExitStatus:
    """Show and remove what kit left on this disk."""
    form = form_of(form, output, message="A list of leftovers")
    latest = time.time() - older_than.total_seconds()
    found = [
        one
        for one in leftovers()
        if one.kind in (kinds or KINDS) and one.written <= latest
    ]
    stayed = _remove(found) if remove else []
    removed = [one for one in found if one not in stayed] if remove else []
    write_result(
        form,
        output,
        summary=lambda: _summary(found, removed=removed, asked=remove),
        document=lambda: {
            "found": [_entry(one) for one in found],
            "removed": [str(one.path) for one in removed],
        },
    )
    return ExitStatus.FAILED if stayed else ExitStatus.OK


def leftovers() -> Iterator[Leftover]:
    """Yield what kit left in the temporary directory and in the local cache."""
    from kit.shim.cache import SUFFIX, LocalCache

    for path in sorted(Path(tempfile.gettempdir()).glob("kit-*")):
        kind = _kind_of(path)
        if kind:
            yield _measured(kind, path)
    for path in sorted(LocalCache().folder.glob(f"*{SUFFIX}")):
        yield _measured("cache", path)


def _kind_of(path: Path) -> str:
    """Return the kind of a folder that is kit's and the user's own; else nothing."""
    if path.is_symlink() or not path.is_dir() or path.stat().st_uid != os.getuid():
        return ""
    kinds = (k for k, pattern in TEMPORARY.items() if pattern.fullmatch(path.name))
    return next(kinds, "")


def _measured(kind: str, path: Path) -> Leftover:
    size, written = 0, 0.0
    for one in (path, *path.rglob("*")):
        try:
            status = one.lstat()
        except OSError:  # gone meanwhile
            continue
        size += 0 if one.is_dir() else status.st_size
        written = max(written, status.st_mtime)
    return Leftover(kind, path, size, written)


def _remove(found: Sequence[Leftover]) -> list[Leftover]:
    """Remove leftovers; return those that could not be removed."""
    for one in found:
        if one.path.is_dir():
            shutil.rmtree(one.path, ignore_errors=True)
        else:
            one.path.unlink(missing_ok=True)
    return [one for one in found if one.path.exists()]


def _summary(
    found: Sequence[Leftover], *, removed: Sequence[Leftover], asked: bool
) -> Summary:
    from kit.display.summary import Fact, Facts, Finding, Section, Summary, Table

    rows = tuple(
        (one.kind, str(one.path), _size(one.size), _age(one.written)) for one in found
    )
    table = Table(("kind", "path", "size", "last written"), rows)
    total = _size(sum(one.size for one in (removed if asked else found)))
    done = removed if asked else found
    status = f"{len(done)} {'removed' if asked else 'found'}, {total}"
    stayed = [one for one in found if asked and one not in removed]
    errors = tuple(Finding("error", f"{one.path} cannot be removed.") for one in stayed)
    steps = (Facts((Fact("remove", "kit clean --remove"),)),)
    sections = (
        Section("Leftovers", (table,) if rows else ()),
        Section("Errors", errors),
        Section("Next", steps if rows and not asked else ()),
    )
    return Summary("clean", tempfile.gettempdir(), sections, status=status)


def _size(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"


def _age(written: float) -> str:
    hours = (time.time() - written) / 3600
    return f"{hours / 24:,.0f} days ago" if hours >= 48 else f"{hours:,.1f} hours ago"  # noqa: PLR2004 - two days


def _entry(one: Leftover) -> dict[str, object]:
    written = dt.datetime.fromtimestamp(one.written, dt.timezone.utc)
    return {
        "kind": one.kind,
        "path": str(one.path),
        "bytes": one.size,
        "written": written.isoformat(timespec="seconds"),
    }
