"""The items of a summary as rich draws them, one function for each kind."""

from __future__ import annotations

import json
import re
from typing import Any

from rich.console import Group, RenderableType
from rich.syntax import Syntax
from rich.text import Text

from kit.display.console_grid import Grid, Lines
from kit.display.escape import LONGEST_CODE, bounded, label, shorten, visible
from kit.display.summary import (
    Code,
    Facts,
    Finding,
    Frames,
    Gauge,
    Gauges,
    Item,
    Picture,
    Style,
    Table,
    Tree,
)
from kit.template.macros import macro_spans

__all__ = ["item_text"]

_SEVERITY_STYLES = {"error": "bold red", "warning": "bold yellow", "note": "bold blue"}
_CELL_STYLES: dict[Style, str] = {"text": "", "code": "", "macros": "", "dim": "dim"}
_MACRO_STYLE = "bold magenta"
_LEXERS = {"shell": "bash", "pbtxt": "yaml"}
_LONG = 4_096  # characters from which on code is not highlighted, which is slow
_MOST_LINES = 400
_LONGEST_LINE = 20_000  # characters; a text in a tree has fewer, a key may have more
_METER = 20  # columns
_FULL = 0.5  # the share of a limit from which on it is drawn as a warning
_KEY = re.compile(r'^ *("(?:[^"\\]|\\.)*")(?=: )', re.MULTILINE)


def item_text(item: Item) -> RenderableType:
    """Return what rich prints for an item."""
    return _DRAWN[type(item)](item)  # type: ignore[no-any-return]


def _facts(facts: Facts) -> RenderableType:
    rows = [(label(fact.name), _text(fact.value)) for fact in facts.rows]
    return Grid(rows, styles=("dim",))


def _table(table: Table) -> RenderableType:
    styles = [table.style(index) for index in range(len(table.columns))]
    rows = [
        [
            _macros(bounded(cell)) if style == "macros" else _text(cell)
            for cell, style in zip(row, styles, strict=True)
        ]
        for row in table.rows
    ]
    head = [label(column) for column in table.columns]
    drawn = [_CELL_STYLES[style] for style in styles]
    return _captioned(table.caption, Grid(rows, head=head, styles=drawn, gap=3))


def _code(code: Code) -> RenderableType:
    return _captioned(code.caption, _lines(code))


def _lines(code: Code) -> RenderableType:
    text = _cut(visible(shorten(code.text, LONGEST_CODE)))
    if code.language == "shell" and "{{" in text:
        return _macros(text)
    if code.language == "text" or len(text) > _LONG:
        return Lines(text)
    lexer = _LEXERS.get(code.language, code.language)
    drawn = Syntax(text, lexer, theme="ansi_dark").highlight(text)
    drawn.rstrip()
    drawn.no_wrap, drawn.overflow = False, "fold"
    return drawn


def _tree(tree: Tree) -> RenderableType:
    text = json.dumps(tree.value, indent=2, ensure_ascii=False)
    lines = (shorten(line, _LONGEST_LINE) for line in text.split("\n"))
    text = _cut(visible("\n".join(lines)))
    if len(text) > _LONG:
        return _captioned(tree.caption, Lines(text))
    drawn = Text(text, overflow="fold")
    drawn.highlight_regex(_KEY, "blue")
    return _captioned(tree.caption, drawn)


def _cut(text: str) -> str:
    """Keep as many lines as someone may scroll through."""
    lines = text.split("\n")
    rest = len(lines) - _MOST_LINES
    if rest > 0:
        lines[_MOST_LINES:] = [f"… {rest:,} more lines"]
    return "\n".join(lines)


def _text(text: str) -> str:
    return visible(bounded(text))


def _finding(finding: Finding) -> RenderableType:
    style = _SEVERITY_STYLES[finding.severity]
    text = Text(f"{finding.severity}: ", style=style, overflow="fold")
    where = " ".join(filter(None, (finding.rule, finding.path)))
    if where:
        text.append(f"{label(where)}: ", style="not bold default")
    text.append(_text(finding.message), style="not bold default")
    if finding.advice:
        text.append(f"\n{_text(finding.advice)}", style="dim")
    if finding.words:
        text.append(f"\n“{_text(finding.words)}”", style="dim italic")
    return text


def _gauges(gauges: Gauges) -> RenderableType:
    rows = []
    for gauge in gauges.rows:
        told = Text(gauge.text).append(f"  {_text(gauge.note)}", style="dim")
        rows.append((label(gauge.name), _meter(gauge), told))
    return Grid(rows, styles=("dim",))


def _frames(frames: Frames) -> RenderableType:
    rows = [
        (label(frame.name), frame.size_text, _text(frame.note)) for frame in frames.rows
    ]
    return Grid(rows, styles=("", "dim", "dim"))


def _picture(picture: Picture) -> RenderableType:
    """Name an image, which a terminal cannot draw."""
    drawn = f"({picture.media_type}, not drawn here)"
    return _captioned(picture.caption, Text(drawn, style="dim"))


def _meter(gauge: Gauge) -> Text:
    share = min(gauge.value / gauge.limit, 1)
    filled = round(share * _METER)
    style = "bold red" if share >= _FULL else "green"
    return Text("█" * filled, style=style).append(
        "░" * (_METER - filled), style="dim not bold"
    )


def _captioned(caption: str, drawn: RenderableType) -> RenderableType:
    return Group(Text(label(caption), style="dim"), drawn) if caption else drawn


def _macros(text: str) -> Text:
    drawn = Text(overflow="fold")
    for span in macro_spans(text):
        drawn.append(visible(span.text), style=_MACRO_STYLE if span.macro else "")
    return drawn


_DRAWN: dict[type[Any], Any] = {
    Facts: _facts,
    Table: _table,
    Code: _code,
    Tree: _tree,
    Finding: _finding,
    Gauges: _gauges,
    Frames: _frames,
    Picture: _picture,
}
