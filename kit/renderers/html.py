"""The renderers, and the HTML that they are made of.

Each has ``to_html(value)``; all that a value holds is escaped.  What a renderer draws
with is loaded when it draws.
"""

from __future__ import annotations

import base64
import io
import math
import os
import re
import reprlib
from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice
from typing import Any, NamedTuple

from kit.errors import DeckError, MissingPackageError
from kit.storage import current_storage


def wrong_value(renderer: object, value: Any, expected: str) -> DeckError:
    """Return the error for a value of another kind than the renderer's.

    Args:
        renderer: Who cannot draw it.
        value: What was given.
        expected: What can be drawn, and where to get it.
    """
    msg = (
        f"{type(renderer).__name__} cannot draw a {type(value).__name__}. "
        f"Give it {expected}."
    )
    return DeckError(msg)


class _Shortener(reprlib.Repr):
    """Shortens what is Python's own; reprlib would take other classes by their name."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 1000
        self.maxlist = self.maxdict = self.maxtuple = 50

    def repr1(self, x: Any, level: int) -> str:
        if type(x).__module__ == "builtins":
            return super().repr1(x, level)
        return self.repr_instance(x, level)


def short_html(value: Any) -> str:
    """Draw any value, however large it is."""
    return f"<code>{escape(_Shortener().repr(value))}</code>"


def table(heads: Iterable[str], rows: Iterable[str], *, caption: str = "") -> str:
    """Draw rows that are HTML already under column titles, which are escaped here."""
    head = "".join(f"<th>{escape(name)}</th>" for name in heads)
    above = f"<caption>{escape(caption)}</caption>" if caption else ""
    return f'<table class="kit">{above}<tr>{head}</tr>{"".join(rows)}</table>'


class ArrowRenderer:
    """Draws the first rows of a ``pyarrow.Table`` under its columns and their types.

    Args:
        max_rows: How many rows at most.
        max_cols: How many columns at most.
    """

    def __init__(self, max_rows: int = 10, max_cols: int = 100) -> None:
        self._max_rows = max_rows
        self._max_cols = max_cols

    def to_html(self, df: Any) -> str:
        """Return the table as HTML.

        Raises:
            DeckError: It is no Arrow table.
        """
        if not is_arrow_table(df):
            raise wrong_value(self, df, "a pyarrow.Table")
        columns = list(islice(df.schema, self._max_cols))
        top = df.slice(0, self._max_rows)
        cells = [top.column(index).to_pylist() for index in range(len(columns))]
        rows = [
            f"<tr>{''.join(map(_cell, row))}</tr>" for row in zip(*cells, strict=True)
        ]
        types = "".join(
            f"<td><i>{escape(str(column.type))}</i></td>" for column in columns
        )
        return table(
            [column.name for column in columns],
            [f"<tr>{types}</tr>", *rows],
            caption=f"{df.num_rows:,} rows, {df.num_columns:,} columns",
        )


def is_arrow_table(value: Any) -> bool:
    """Tell a ``pyarrow.Table``, without loading pyarrow for anything else."""
    kind = type(value)
    return kind.__name__ == "Table" and kind.__module__ == "pyarrow.lib"


def _cell(value: Any) -> str:
    return f"<td>{short_html(value)}</td>"


class PythonDependencyRenderer:
    """Draws the distributions that this process can import, by name.

    Args:
        title: A heading above them; none if it is empty.
    """

    def __init__(self, title: str = "") -> None:
        self._title = title

    def to_html(self) -> str:
        """Return a table of names and versions."""
        from importlib.metadata import distributions

        found = {dist.metadata["Name"] or "?": dist.version for dist in distributions()}
        rows = (
            f"<tr><td>{escape(name)}</td><td>{escape(found[name])}</td></tr>"
            for name in sorted(found, key=str.casefold)
        )
        heading = f"<h3>{escape(self._title)}</h3>" if self._title else ""
        return heading + table(("Distribution", "Version"), rows)


class TopFrameRenderer:
    """Draws the first and last rows and columns of a pandas DataFrame.

    Args:
        max_rows: How many rows at most.
        max_cols: How many columns at most.
    """

    def __init__(self, max_rows: int = 10, max_cols: int = 100) -> None:
        self._max_rows = max_rows
        self._max_cols = max_cols

    def to_html(self, df: Any) -> str:
        """Return the frame as a table of HTML.

        Raises:
            DeckError: It is no DataFrame.
        """
        if not is_frame(df):
            raise wrong_value(self, df, "a pandas.DataFrame")
        drawn = df.to_html(
            max_rows=self._max_rows,
            max_cols=self._max_cols,
            escape=True,
            border=0,
            classes="kit",
            show_dimensions=True,
        )
        return str(drawn)


def is_frame(value: Any) -> bool:
    """Tell a pandas DataFrame, without loading pandas for anything else."""
    return any(
        kind.__name__ == "DataFrame" and kind.__module__.partition(".")[0] == "pandas"
        for kind in type(value).__mro__
    )


_WIDTH = 240  # pixels of the whole time
_COLUMNS = {"Name", "Start", "Finish"}


class Span(NamedTuple):
    """A step of something.

    Attributes:
        name: What was done.
        start: When it began, in seconds after any one moment.
        finish: When it ended, in seconds after the same moment.
        process: The seconds of them that this process was computing, if known.
    """

    name: str
    start: float
    finish: float
    process: float | None = None


class GanttChartRenderer:
    """Draws steps as bars along their time, each with its seconds.

    Example:
        >>> html = GanttChartRenderer().to_html([Span("load", 0.0, 1.5)])
        >>> "load" in html, "1.500000" in html
        (True, True)
    """

    def to_html(self, steps: Any) -> str:
        """Return a table with a bar in each row.

        Args:
            steps: :class:`Span` objects, or a DataFrame with the columns ``Name``,
                ``Start`` and ``Finish``, which hold numbers of seconds or times.

        Raises:
            DeckError: It is neither, or a step has no finite start and finish.
        """
        spans = self._spans(steps)
        begin = min((span.start for span in spans), default=0.0)
        end = max((span.finish for span in spans), default=0.0)
        scale = _WIDTH / (end - begin) if end > begin else 0.0
        rows = (
            f"<tr><th>{escape(span.name)}</th>"
            f"{_seconds(span.finish - span.start)}{_seconds(span.process)}"
            f"<td>{_bar((span.start - begin) * scale, _length(span) * scale)}</td></tr>"
            for span in spans
        )
        return table(("Step", "Wall time (s)", "Process time (s)", "When"), rows)

    def _spans(self, steps: Any) -> list[Span]:
        if is_frame(steps):
            spans = self._of_frame(steps)
        elif isinstance(steps, Iterable):
            spans = list(steps)
        else:
            raise wrong_value(self, steps, "kit.renderers.Span objects or a DataFrame")
        for span in spans:
            if not isinstance(span, Span):
                raise wrong_value(self, span, "kit.renderers.Span objects")
            if not math.isfinite(span.start) or not math.isfinite(span.finish):
                raise wrong_value(self, span, "a start and a finish that are known")
        return spans

    def _of_frame(self, frame: Any) -> list[Span]:
        if not set(frame.columns) >= _COLUMNS:
            columns = "a DataFrame with the columns Name, Start and Finish"
            raise wrong_value(self, frame, columns)
        values = (frame[name].tolist() for name in ("Name", "Start", "Finish"))
        return [
            Span(str(name), _moment(start), _moment(finish))
            for name, start, finish in zip(*values, strict=True)
        ]


def _moment(value: Any) -> float:
    """Return a number as it is, and a time as seconds."""
    return float(value.timestamp() if hasattr(value, "timestamp") else value)


def _length(span: Span) -> float:
    return max(span.finish - span.start, 0.0)


def _seconds(value: float | None) -> str:
    text = "" if value is None else f"{value:.6f}"
    return f'<td class="number">{text}</td>'


def _bar(offset: float, length: float) -> str:
    """Draw a bar without script: at least one pixel, so that each step is seen."""
    return (
        f'<svg width="{_WIDTH + 1}" height="12" role="presentation">'
        f'<rect x="{offset:.1f}" width="{max(length, 1):.1f}" height="12" '
        'fill="#5b5bd6"/></svg>'
    )


_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"BM", "image/bmp"),
)
_EXPECTED = (
    "the path or the bytes of a PNG, JPEG, GIF, WebP, BMP or SVG image, a FlyteFile, "
    "a PIL image or a matplotlib figure"
)


class ImageRenderer:
    r"""Draws an image, which travels inside the deck.

    Example:
        >>> ImageRenderer().to_html(b"GIF89a")
        '<img alt="" src="data:image/gif;base64,R0lGODlh">'
    """

    def to_html(self, image_src: Any) -> str:
        """Return the image as an element of HTML.

        Args:
            image_src: A path or URL, bytes, a file input, a PIL image or a matplotlib
                figure.

        Raises:
            DeckError: It is none of these, or a kind of image browsers don't show.
            StorageError: It cannot be read.
        """
        data = self._data(image_src)
        kind = image_type(data)
        if kind is None:
            msg = (
                f"The {len(data):,} bytes given to ImageRenderer are no image that "
                f"browsers show. Give it {_EXPECTED}."
            )
            raise DeckError(msg)
        encoded = base64.b64encode(data).decode("ascii")
        return f'<img alt="" src="data:{kind};base64,{encoded}">'

    def _data(self, source: Any) -> bytes:
        if isinstance(source, (bytes, bytearray, memoryview)):
            return bytes(source)
        if isinstance(source, (str, os.PathLike)):
            return current_storage().read_bytes(os.fspath(source))
        if hasattr(source, "savefig"):
            return _saved(source.savefig)
        if hasattr(source, "save") and hasattr(source, "mode"):
            return _saved(source.save)
        raise wrong_value(self, source, _EXPECTED)


def _saved(save: Any) -> bytes:
    buffer = io.BytesIO()
    save(buffer, format="png")
    return buffer.getvalue()


def image_type(data: bytes) -> str | None:
    """Tell what an image is by its first bytes, as browsers do."""
    for start, kind in _KINDS:
        if data.startswith(start):
            return kind
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return "image/svg+xml" if b"<svg" in data[:1000] else None


class MarkdownRenderer:
    r"""Draws Markdown with tables; HTML in it is shown, not obeyed.

    Links to scripts are left as text.

    Example:
        >>> MarkdownRenderer().to_html("# Penguins <b>")
        '<h1>Penguins &lt;b&gt;</h1>\n'
    """

    def to_html(self, text: str) -> str:
        """Return the text as HTML.

        Raises:
            DeckError: It is no text.
            MissingPackageError: markdown-it-py is not installed.
        """
        if not isinstance(text, str):
            raise wrong_value(self, text, "text in Markdown")
        try:
            from markdown_it import MarkdownIt
        except ImportError as error:
            raise MissingPackageError("markdown-it-py", extra="deck") from error
        return str(MarkdownIt("js-default", {"html": False}).render(text))


_CLASS = "kit-code"
_STYLES = ("default", "github-dark")  # on a light page, and on a dark one


class SourceCodeRenderer:
    """Draws Python source: coloured where Pygments is installed, else as it is.

    Args:
        title: A heading above the source; none if it is empty.

    Example:
        >>> "&lt;" in SourceCodeRenderer().to_html("1 < 2")
        True
    """

    def __init__(self, title: str = "") -> None:
        self._title = title

    def to_html(self, source_code: str) -> str:
        """Return the source as HTML.

        Raises:
            DeckError: It is no text.
        """
        if not isinstance(source_code, str):
            raise wrong_value(self, source_code, "source code as text")
        heading = f"<h3>{escape(self._title)}</h3>" if self._title else ""
        return heading + _coloured(source_code)


def _coloured(source: str) -> str:
    try:
        from pygments import highlight
        from pygments.formatters.html import HtmlFormatter
        from pygments.lexers.python import PythonLexer
    except ImportError:
        return f'<pre class="kit">{escape(source)}</pre>'
    code = highlight(source, PythonLexer(stripnl=False), HtmlFormatter(nowrap=True))
    rules = "".join(_rules(set(re.findall(r'<span class="(\w+)">', code))))
    return f'<style>{rules}</style><pre class="kit {_CLASS}">{code}</pre>'


def _rules(used: set[str]) -> Iterator[str]:
    """Write the colours of the kinds of words that are used, for either scheme."""
    from pygments.styles import get_style_by_name
    from pygments.token import STANDARD_TYPES

    styles = tuple(map(get_style_by_name, _STYLES))
    for token, name in STANDARD_TYPES.items():
        if name not in used:
            continue
        light, dark = (style.style_for_token(token) for style in styles)
        colours = ", ".join(
            f"#{look['color']}" if look["color"] else "currentcolor"
            for look in (light, dark)
        )
        weight = " font-weight: bold;" if light["bold"] else ""
        slant = " font-style: italic;" if light["italic"] else ""
        yield f".{_CLASS} .{name} {{ color: light-dark({colours});{weight}{slant} }}\n"


_KITS_OWN = re.compile(
    rf"<style>(?:\.{_CLASS} \.\w+ {{[^{{}}<]*}}\n)*</style>"
    r'|<svg width="\d+" height="12" role="presentation"><rect [^<>]*/></svg>'
)
_COLOURED = re.compile(
    r"<[^<>]*\s(?:style|color|bgcolor|background|fill)\s*="
    r"|<\s*(?:style|script|link|font|svg|canvas|img|picture|video|iframe|object|embed)\b",
    re.IGNORECASE,
)


def has_colours(html: str) -> bool:
    """Return whether HTML has colours or pictures, which are made for a light sheet.

    What kit's renderers draw has none, but for those that suit either scheme; images
    do, whose transparent parts are made to be seen on white.

    >>> has_colours("<p>plain</p>"), has_colours("<p style='color: #333'>dark</p>")
    (False, True)
    """
    return _COLOURED.search(_KITS_OWN.sub("", html)) is not None
