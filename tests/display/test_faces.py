"""Text and HTML tell the same facts."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import pytest
from display_tasks import SETTINGS, full_task, plain_task
from flyteidl.core.literals_pb2 import LiteralMap
from flyteidl.core.tasks_pb2 import TaskTemplate

import kit
from kit.display.console import plain_text
from kit.display.html import fragment
from kit.display.notebook import summarize
from kit.display.of_template import summarize_task
from kit.display.summary import (
    Code,
    Facts,
    Finding,
    Frames,
    Gauges,
    Section,
    Summary,
    Table,
    Tree,
)
from kit.escape import visible
from kit.runners import (
    Failure,
    Log,
    LogLine,
    Outcome,
    Phase,
    RunRequest,
)
from kit.running.run import Run, Runs
from kit.shim.context import Deck
from kit.shim.deck_file import Decks


class BrokenTask(kit.PythonCustomizedContainerTask):
    """A task whose custom cannot be made."""

    def get_custom(self, settings):
        """Raise."""
        raise KeyError("missing <key>")


def failed_run() -> Outcome:
    """Make a run that has everything a run can have."""
    log = Log(max_lines=30)
    log.append(LogLine("stderr", "a <b>line</b>"))
    return Outcome(
        task="t",
        runner="subprocess",
        phase=Phase.FAILED,
        outputs={"n": 3, "rows": [{"a": 1, "b": "x"}]},
        error=Failure("ValueError", "bad <i>", "USER", traceback="Traceback: …"),
        exit_status=1,
        logs=log,
    )


def listed_runs() -> Runs:
    """Make the list of a session with one run."""
    request = RunRequest(template=TaskTemplate().SerializeToString())
    run = Run.ended(request, failed_run())
    run.number = 7
    return Runs([run])


def literals() -> LiteralMap:
    """Make literals of several kinds."""
    made = LiteralMap()
    made.literals["n"].scalar.primitive.integer = 3
    made.literals["list"].collection.literals.add().scalar.primitive.boolean = True
    made.literals["none"].scalar.none_type.SetInParent()
    return made


def decks() -> Decks:
    """Make decks, one of them too large to be shown."""
    pages = ("<p>a</p>", "x" * 9_000_000)
    made = (Deck(f"<{page[:2]}", page, auto_add_to_deck=False) for page in pages)
    return Decks(made, title="my.task")


THINGS = {
    "task": lambda: summarize_task(full_task(), SETTINGS),
    "inline": lambda: summarize(plain_task(ship="inline")),
    "broken": lambda: summarize(full_task(BrokenTask)),
    "template": lambda: summarize(TaskTemplate(type="t")),
    "view": lambda: summarize(full_task().task_template),
    "spec": lambda: summarize(kit.task_spec(full_task(), SETTINGS)),
    "interface": lambda: summarize(full_task().python_interface),
    "typed interface": lambda: summarize(full_task().interface),
    "run": lambda: summarize(failed_run()),
    "runs": lambda: summarize(listed_runs()),
    "literals": lambda: summarize(literals()),
    "literal": lambda: summarize(literals().literals["n"]),
    "decks": lambda: summarize(decks()),
    "report": lambda: summarize(kit.check(full_task())),
    "diff": lambda: summarize(kit.diff(full_task(), against=plain_task(ship="inline"))),
    "message": lambda: summarize(full_task().interface.inputs.variables["limit"]),
}


def facts_of(summary: Summary) -> list[str]:
    """Return every text that a summary has, as a reader should find it."""
    texts = [summary.kind, summary.title, summary.status]
    texts += [badge.text for badge in summary.badges]
    for section in summary.sections:
        if section.items:
            texts += [section.title, *_texts_of(section)]
    return [text for text in texts if text]


def _texts_of(section: Section) -> list[str]:
    texts: list[str] = []
    for item in section.items:
        if isinstance(item, Facts):
            texts += [part for fact in item.rows for part in (fact.name, fact.value)]
        elif isinstance(item, Table):
            texts += [item.caption, *item.columns]
            texts += [cell for row in item.rows for cell in row]
        elif isinstance(item, Code):
            texts += [item.caption, *item.text.splitlines()]
        elif isinstance(item, Gauges):
            texts += [p for g in item.rows for p in (g.name, g.text, g.note)]
        elif isinstance(item, Frames):
            texts += [p for f in item.rows for p in (f.name, f.size_text, f.note)]
        elif isinstance(item, Finding):
            parts = (item.severity, item.rule, item.path, item.message, item.advice)
            texts += [*parts, item.words]
        else:
            texts += _leaves_of(item.value)
    return texts


def _leaves_of(value: object) -> list[str]:
    if isinstance(value, dict):
        nested = (_leaves_of(inner) for inner in value.values())
        return [*map(str, value), *(text for texts in nested for text in texts)]
    if isinstance(value, list):
        return [text for inner in value for text in _leaves_of(inner)]
    if isinstance(value, str):
        return value.splitlines()
    return [{None: "null", True: "true", False: "false"}.get(value, repr(value))]


class _Text(HTMLParser):
    """Collects what stands between the tags."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def squeezed(text: str) -> str:
    """Leave spaces out: a terminal folds lines, and HTML has its own."""
    return re.sub(r"\s", "", text)


def html_words(summary: Summary) -> str:
    """Return what a reader of the HTML sees, also where it is folded."""
    parser = _Text()
    parser.feed(fragment(summary))
    return squeezed("".join(parser.text))


def console_words(summary: Summary) -> str:
    """Return what a reader of a very wide terminal sees, details and all."""
    return squeezed(plain_text(summary, width=20_000, details=True))


@pytest.mark.parametrize("name", THINGS)
def test_both_faces_tell_every_fact(name):
    """Each text of the summary is in the HTML, and in the text."""
    summary = THINGS[name]()
    texts = facts_of(summary)
    assert len(texts) > 5
    in_html, in_text = html_words(summary), console_words(summary)
    escaped = in_text.replace('\\"', '"').replace("\\n", "")
    for text in texts:
        wanted = squeezed(visible(text))
        assert wanted in in_html, text
        assert wanted in escaped or wanted in in_text, text


@pytest.mark.parametrize("name", THINGS)
def test_faces_are_the_same_each_time(name):
    """No times, no ids, no order of chance."""
    assert fragment(THINGS[name]()) == fragment(THINGS[name]())
    assert plain_text(THINGS[name]()) == plain_text(THINGS[name]())
    assert ' id="' not in fragment(THINGS[name]())


@pytest.mark.parametrize("name", THINGS)
def test_text_fits_a_terminal_of_80_columns(name):
    """Whatever is shown, and has no colour."""
    text = plain_text(THINGS[name](), details=True)
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text


@pytest.mark.parametrize("name", THINGS)
def test_sources_are_on_hover(name):
    """Where a value comes from is the title of its row."""
    summary = THINGS[name]()
    drawn = html.unescape(fragment(summary))
    for section in summary.sections:
        for item in section.items:
            if isinstance(item, Facts):
                sources = [fact.source for fact in item.rows]
            elif isinstance(item, Tree):
                sources = [item.source]
            else:
                sources = list(item.sources) if isinstance(item, Table) else []
            assert all(
                f'title="from {source}"' in drawn for source in sources if source
            )


def test_the_text_names_what_it_leaves_out():
    """Sections for a closer look are named at the end."""
    text = plain_text(THINGS["task"]())
    assert "Not shown: " in text
    assert "Message, field by field" in " ".join(text.split())
    assert "comes from" not in text
    assert "comes from" in plain_text(THINGS["task"](), details=True)
