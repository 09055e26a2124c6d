"""Pages made of what they describe: tutorials, public names, rules, differences.

A Sphinx extension.  What it writes is not kept in the repository.
"""

from __future__ import annotations

import inspect
import re
import shutil
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import kit
from kit.checks.rules import rules
from kit.forecast.platform import Platform

HERE = Path(__file__).parent
ROOT = HERE.parent
MADE = HERE / "_made"

GROUPS = {
    "Define": ("decorator", "task", "definition", "template", "targets", "resolver"),
    "Look, check and compare": (
        "display",
        "checks",
        "difference",
        "widgets",
        "forecast",
        "readiness",
        "evidence",
    ),
    "Run": ("runners", "running", "shim"),
    "Ship": ("proof", "exporters", "images", "source"),
    "Flyte": ("flyte", "remote", "pods"),
    "Types": ("types",),
    "Errors": ("errors",),
}
"""The headings of the reference, and what of the package stands below each."""
OTHERS = "Other names"


def heading_of(module: str) -> str:
    """Return the heading of the reference below which a module's names stand."""
    part = module.split(".")[1]
    return next((name for name, parts in GROUPS.items() if part in parts), OTHERS)


def public_names() -> dict[str, list[str]]:
    """Return the public names by their heading."""
    names: dict[str, list[str]] = {name: [] for name in (*GROUPS, OTHERS)}
    for name in kit.__all__:
        names[heading_of(kit._homes[name])].append(name)  # noqa: SLF001 - its own list
    return {heading: found for heading, found in names.items() if found}


def api_page() -> str:
    """Return the page that lists every public name."""
    parts = [
        "# Python",
        "",
        "Every public name of `kit`, each with a page of its own.",
        "",
    ]
    for heading, names in public_names().items():
        parts += [f"## {heading}", "", "```{eval-rst}"]
        parts += [
            ".. currentmodule:: kit",
            "",
            ".. autosummary::",
            "   :toctree: api",
            "",
        ]
        parts += [f"   {name}" for name in names]
        parts += ["```", ""]
    return "\n".join(parts)


def rules_page() -> str:
    """Return the page of check's rules."""
    head = """\
# Check rules

`kit.check` and `kit check` hold a task to these rules. The id stands in every
finding. *Stage* is what happens to a task that breaks the rule: Flyte refuses its
`registration` or its `launch`, its `run` fails, or (`silent`) nothing fails and
something is not as written.
"""
    rows = [
        (
            f"`{rule.name}`",
            rule.severity.value,
            rule.stage or "-",
            _first_line(rule.look),
        )
        for rule in sorted(rules(), key=lambda rule: rule.name)
    ]
    return head + "\n" + table(("id", "severity", "stage", "rule"), rows)


def platform_page() -> str:
    """Return the page of the keys of a platform's YAML."""
    return f"# Platform\n\n{_attributes(Platform)}"


def differences_page() -> str:
    """Return the page of the differences from flytekit, as its tests hold them."""
    listed = import_module("conformance.differs").DIFFERS
    head = """\
# Differences from flytekit

For the same definition, kit writes the messages that flytekit 1.16 writes, byte for
byte, when a task is set to the flytekit runtime. Where flytekit is wrong, kit does
something else. This is the list that the tests hold kit to.
"""
    parts = [head]
    for entry in listed:
        parts += [f"- **flytekit** {entry.what}.", f"  **kit** {entry.instead}."]
        parts += [f"  *Why*: {entry.why}."]
    return "\n".join(parts)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table in Markdown."""
    names = list(head)
    lines = ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]
    for row in rows:
        cells = [cell.replace("|", "\\|").replace("\n", " ") for cell in row]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _first_line(function: Any) -> str:
    return (inspect.getdoc(function) or "").split("\n\n")[0].replace("``", "`")


def _attributes(kind: type) -> str:
    text = inspect.getdoc(kind) or ""
    intro, _, rest = text.partition("Attributes:\n")
    body = rest.partition("\n\n")[0]
    entries = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", body, re.MULTILINE)
    rows = [
        (f"`{name}`", " ".join(what.split()).replace("``", "`"))
        for name, what in entries
    ]
    return f"{intro.strip()}\n\n{table(('key', 'meaning'), rows)}"


def write_pages(*_: Any) -> None:
    """Write all of them, and copy the tutorials."""
    MADE.mkdir(exist_ok=True)
    pages = {
        "python.md": api_page(),
        "rules.md": rules_page(),
        "platform.md": platform_page(),
        "differences.md": differences_page(),
    }
    for name, text in pages.items():
        path = MADE / name
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
    for source in sorted((ROOT / "notebooks").glob("*.ipynb")):
        shutil.copyfile(source, MADE / source.name)


def setup(app: Any) -> dict[str, bool]:
    """Connect to Sphinx."""
    app.connect("config-inited", write_pages)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
