from __future__ import annotations

import base64
import datetime as dt
import re
import subprocess
import sys
from html.parser import HTMLParser

import pytest

from kit.errors import DeckError, MissingPackageError, StorageError
from kit.renderers import (
    ArrowRenderer,
    GanttChartRenderer,
    ImageRenderer,
    MarkdownRenderer,
    PythonDependencyRenderer,
    SourceCodeRenderer,
    Span,
    TopFrameRenderer,
)

HOSTILE = (
    "</td></pre></code><script>a()</script><img src=x onerror=a()><svg onload=a()>"
)
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


class Tags(HTMLParser):
    """Collects tags and handlers."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.handlers += [name for name, _ in attrs if name.startswith("on")]


def frames():
    """Make a DataFrame and an Arrow table of hostile cells and names."""
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    frame = pandas.DataFrame({HOSTILE: [HOSTILE, "b"]}, index=[HOSTILE, "i"])
    return frame, pyarrow.table({HOSTILE: [HOSTILE, "b"]})


def test_nothing_of_a_value_acts():
    """Text, source, cells, column names and steps add no tag of their own."""
    frame, arrow = frames()
    drawn = [
        MarkdownRenderer().to_html(HOSTILE),
        SourceCodeRenderer(HOSTILE).to_html(HOSTILE),
        TopFrameRenderer().to_html(frame),
        ArrowRenderer().to_html(arrow),
        GanttChartRenderer().to_html([Span(HOSTILE, 0, 1)]),
        PythonDependencyRenderer(HOSTILE).to_html(),
    ]
    for text in drawn:
        tags = Tags(text)
        assert not tags.tags & {"script", "img"}
        assert tags.handlers == []
        assert "script" in text or "Distribution" in text


def test_markdown():
    """Headings, lists, tables and links; a link to a script stays text."""
    text = MarkdownRenderer().to_html(
        "# A\n\n|x|y|\n|-|-|\n|1|2|\n\n[b](javascript:a())"
    )
    assert {"h1", "table", "td"} <= Tags(text).tags
    assert "a" not in Tags(text).tags


@pytest.mark.flytekit
def test_markdown_is_flytekits_for_what_has_no_html():
    """The same text gives the same HTML."""
    renderer = pytest.importorskip("flytekit.deck.renderer")
    text = "# A *b*\n\n1. c `d`\n\n> e [f](https://example.org)"
    assert MarkdownRenderer().to_html(text) == renderer.MarkdownRenderer().to_html(text)


def test_without_the_extra(monkeypatch):
    """Markdown says what to install, source is shown without colours."""
    for name in ("markdown_it", "pygments"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingPackageError, match=r"flyte-task-kit\[deck\]"):
        MarkdownRenderer().to_html("a")
    assert SourceCodeRenderer().to_html("1 < 2") == '<pre class="kit">1 &lt; 2</pre>'


def test_source_code_is_whole():
    """Blank lines and indents stay, and the style reaches nothing else."""
    source = "\n\ndef a():\n    return '<b>'\n"
    drawn = SourceCodeRenderer().to_html(source)
    style, _, code = drawn.partition("</style>")
    text = re.sub(r"<[^>]+>", "", code).replace("&#39;", "'")
    assert text.replace("&lt;", "<").replace("&gt;", ">") == source
    rules = style.removeprefix("<style>").split("}")[:-1]
    assert all(".kit-code" in rule for rule in rules)


def test_source_code_has_colours_for_light_and_dark_pages():
    """Of what stands in it, and of nothing else."""
    style, _, code = SourceCodeRenderer().to_html("def a(): ...").partition("</style>")
    names = set(re.findall(r'class="(\w+)"', code))
    assert names == set(re.findall(r"\.kit-code \.(\w+) ", style)) >= {"k", "nf"}
    assert style.count("light-dark(") == len(names)


def test_frames_are_cut():
    """Rows and columns are bounded, and the whole size is told."""
    pandas = pytest.importorskip("pandas")
    pyarrow = pytest.importorskip("pyarrow")
    wide = {f"c{number}": range(1000) for number in range(50)}
    shown = TopFrameRenderer(max_rows=4, max_cols=6).to_html(pandas.DataFrame(wide))
    assert re.search("1000 rows . 50 columns", shown)
    assert shown.count("<tr") < 10
    shown = ArrowRenderer(max_rows=4, max_cols=6).to_html(pyarrow.table(wide))
    assert "1,000 rows, 50 columns" in shown
    assert shown.count("<tr>") == 1 + 1 + 4
    assert "c5" in shown
    assert "c6" not in shown
    assert "int64" in shown


def test_an_arrow_table_without_columns():
    """It is drawn, too."""
    pyarrow = pytest.importorskip("pyarrow")
    assert "0 rows, 0 columns" in ArrowRenderer().to_html(pyarrow.table({}))


@pytest.mark.parametrize("form", ["bytes", "path", "text", "file input"])
def test_images(tmp_path, form):
    """A path, bytes and a file input give the image itself."""
    from kit.types.files import FlyteFile

    path = tmp_path / "a.bin"
    path.write_bytes(PNG)
    source = {
        "bytes": PNG,
        "path": path,
        "text": str(path),
        "file input": FlyteFile(str(path)),
    }[form]
    drawn = ImageRenderer().to_html(source)
    assert drawn.startswith('<img alt="" src="data:image/png;base64,')
    assert base64.b64decode(drawn.split(",")[1].split('"')[0]) == PNG


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF1234WEBPVP8 ", "image/webp"),
        (b'<?xml version="1.0"?><svg onload="a()"/>', "image/svg+xml"),
    ],
)
def test_kinds_of_images(data, kind):
    """The kind is told by the first bytes."""
    assert f"data:{kind};base64," in ImageRenderer().to_html(data)


def test_objects_that_save_images():
    """What PIL and matplotlib give is saved as PNG."""

    class Figure:
        def savefig(self, file, *, format):  # noqa: A002 - matplotlib's name
            assert format == "png"
            file.write(PNG)

    class Image(Figure):
        mode = "RGB"
        save = Figure.savefig

    assert ImageRenderer().to_html(Figure()) == ImageRenderer().to_html(PNG)
    assert ImageRenderer().to_html(Image()) == ImageRenderer().to_html(PNG)


@pytest.mark.parametrize(
    ("renderer", "value", "message"),
    [
        (MarkdownRenderer(), 3, "MarkdownRenderer cannot draw a int. Give it text"),
        (SourceCodeRenderer(), b"", "cannot draw a bytes. Give it source code"),
        (TopFrameRenderer(), [1], "cannot draw a list. Give it a pandas.DataFrame"),
        (ArrowRenderer(), [1], "cannot draw a list. Give it a pyarrow.Table"),
        (ImageRenderer(), 3, "cannot draw a int. Give it the path or the bytes"),
        (ImageRenderer(), b"plain", "The 5 bytes given to ImageRenderer are no image"),
        (GanttChartRenderer(), 3, "cannot draw a int. Give it kit.renderers.Span"),
        (GanttChartRenderer(), [1], "cannot draw a int. Give it kit.renderers.Span"),
        (GanttChartRenderer(), [Span("a", 0, float("nan"))], "that are known"),
    ],
)
def test_what_cannot_be_drawn(renderer, value, message):
    """The error names the renderer, the value's type, and what it takes."""
    with pytest.raises(DeckError, match=re.escape(message)):
        renderer.to_html(value)


def test_an_image_that_is_not_there(tmp_path):
    """The error is storage's."""
    with pytest.raises(StorageError, match="missing"):
        ImageRenderer().to_html(tmp_path / "missing.png")


def test_a_gantt_chart():
    """Bars lie where their times are, in a table with the seconds."""
    spans = [Span("load", 10.0, 11.0, 0.5), Span("fit", 11.0, 14.0)]
    drawn = GanttChartRenderer().to_html(spans)
    assert re.findall(r'x="([\d.]+)" width="([\d.]+)"', drawn) == [
        ("0.0", "60.0"),
        ("60.0", "180.0"),
    ]
    assert "3.000000" in drawn
    assert "0.500000" in drawn
    assert "<th>Step</th>" in GanttChartRenderer().to_html([])


def test_a_gantt_chart_of_a_frame():
    """The columns that the field's renderer takes: Name, Start, Finish."""
    pandas = pytest.importorskip("pandas")
    start = dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)
    rows = {"Name": ["a"], "Start": [start], "Finish": [start + dt.timedelta(hours=1)]}
    assert "3600.000000" in GanttChartRenderer().to_html(pandas.DataFrame(rows))
    with pytest.raises(DeckError, match="columns Name, Start and Finish"):
        GanttChartRenderer().to_html(pandas.DataFrame({"Name": ["a"]}))


def test_renderers_are_light():
    """Importing them loads nothing that they draw with."""
    check = (
        "import sys, kit.renderers; "
        "print({'pandas', 'pyarrow', 'markdown_it', 'pygments', 'numpy'}"
        " & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
