"""What is shown of an export."""

from __future__ import annotations

from kit.authoring.export.result import Export
from kit.display.summary import Fact, Facts, Finding, Section, Summary, Table

__all__ = ["summarize_export"]


def summarize_export(export: Export) -> Summary:
    """Summarize what an export wrote."""
    files = Table(("file",), tuple((name,) for name in export.files))
    tasks = Facts(tuple(Fact("task", place) for place in export.tasks))
    executors = Facts(tuple(Fact("executor", place) for place in export.executors))
    needs = Facts(tuple(Fact("needs", name) for name in export.requirements))
    sections = (
        Section("Tasks", (tasks, executors)),
        Section("Files", (files,)),
        Section("Requirements", (needs,) if needs.rows else ()),
        Section("Notes", tuple(Finding("note", note) for note in export.notes)),
        Section("Next", _next(export)),
    )
    return Summary(export.kind, str(export.path), sections)


def _next(export: Export) -> tuple[Facts, ...]:
    """Say what one does with it."""
    path = str(export.path)
    lines = {
        "package": (
            ("install", f"pip install '{path}[test]'"),
            ("test", f"pytest {path}"),
            *(("run", f"kit run {place} --help") for place in export.tasks),
        ),
        "module": tuple(
            ("run", f"kit run {path}:{place.partition(':')[2]} --help")
            for place in export.tasks
        ),
        "archive": (("register", f"flytectl register files --archive {path}"),),
    }
    facts = tuple(Fact(name, line) for name, line in lines[export.kind])
    return (Facts(facts),)
