"""What is shown of outputs where there is no kernel."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import os
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from kit.display.console import plain_text as console_text
from kit.display.html import fragment
from kit.display.outputs import output_items
from kit.display.outputs.files import content_of, file_text
from kit.display.summary import (
    Code,
    Facts,
    Frames,
    Picture,
    Section,
    Summary,
    Table,
    Tree,
)
from kit.types import FlyteDirectory, FlyteFile

PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)


class Colour(enum.Enum):
    """A choice."""

    RED = "red"


@dataclasses.dataclass
class Nest:
    """Something with parts."""

    eggs: list[int]
    near: dict[str, str]


class Images(HTMLParser):
    """Collects what elements of HTML are images, with their media type."""

    def of(self, html: str) -> list[str]:
        """Return the media types of a page's images."""
        self.found: list[str] = []
        self.feed(html)
        return self.found

    def handle_starttag(self, tag, attrs):
        """Note an image."""
        if tag == "img":
            self.found.append(
                dict(attrs)["src"].partition(";")[0].removeprefix("data:")
            )


def fact(value) -> str:
    """Return the line that tells of a value."""
    (only,) = output_items({"x": value})
    assert isinstance(only, Facts)
    return only.rows[0].value


def below(value):
    """Return what is shown below the lines."""
    return [item for item in output_items({"x": value}) if not isinstance(item, Facts)]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (2.5, "2.5"),
        (True, "True"),
        (None, "None"),
        ("short", "'short'"),
        (Colour.RED, "Colour.RED = 'red'"),
        (dt.date(2026, 1, 2), "2026-01-02"),
        (dt.timedelta(days=1, seconds=1), "1 day, 0:00:01"),
        (
            dt.datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=dt.timezone.utc),
            "2026-01-02 03:04:05.000006 UTC",
        ),
        (
            dt.datetime(2026, 1, 2, tzinfo=dt.timezone(dt.timedelta(hours=-3), "BRT")),
            "2026-01-02 00:00:00 -03:00 BRT",
        ),
        (b"\x00\xff", "2 bytes: 00 ff"),
        (list(range(3)), "[0, 1, 2]"),
        (Nest([1], {}), "Nest(eggs=[1], near={})"),
        ({"a": 1}, "{'a': 1}"),
    ],
)
def test_a_plain_value_is_a_line(value, text):
    """As a reader wants it: times with their zone, choices by name."""
    assert fact(value) == text


def test_a_long_list_tells_how_long_it_is():
    """Its first values are enough."""
    assert fact(list(range(100_000))).endswith("19, ...] (100,000 values)")


def test_values_with_parts_are_trees():
    """Within bounds, which the caption tells."""
    (tree,) = below(Nest(list(range(30)), {"oak": "high"}))
    assert tree == Tree({"eggs": list(range(30)), "near": {"oak": "high"}}, "x")
    (cut,) = below({"rows": [{"n": [n]} for n in range(5_000)]})
    assert cut.caption == "x: a part of it"
    assert "more are not shown" in str(cut.value)


def test_a_value_that_holds_itself_ends():
    """And so does one that is nested without end."""
    endless: dict = {"name": "x" * 100}
    endless["self"] = endless
    (tree,) = below(endless)
    assert tree.caption == "x: a part of it"


def test_long_texts_are_cut_with_their_size():
    """By characters and by lines; short ones of several lines are whole."""
    (code,) = below("ab\n" * 3)
    assert code == Code("ab\nab\nab", "text", "x: 3 lines, 9 characters")
    (code,) = below("y" * 1_000_000)
    assert code.caption == "x: 1,000,000 characters, the first 4,096 characters shown"
    (code,) = below("line\n" * 1_000)
    assert code.caption == "x: 1,000 lines, 5,000 characters, the first 40 lines shown"


def test_tables_are_cut_and_say_so():
    """Rows as well as columns."""
    (table,) = below([{"n": n} for n in range(1000)])
    assert len(table.rows) == 20
    assert table.caption == "x: 1,000 rows, the first 20 rows of them"
    (wide,) = below([{f"c{n}": n for n in range(30)}])
    assert len(wide.columns) == 12
    assert wide.caption == "x: 1 row of 30 columns, the first 12 columns of them"


@pytest.mark.parametrize(
    ("name", "data", "media", "kind"),
    [
        ("a.csv", b"x,y\n1,2\n", "text/csv", Table),
        ("a.tsv", b"x\ty\n1\t2\n", "text/tab-separated-values", Table),
        ("a.json", b'{"a": [1]}', "application/json", Tree),
        ("a.json", b"{broken", "application/json", Code),
        ("a.md", b"# Title\n", "text/markdown", Frames),
        ("a.html", b"<script>1</script>", "text/html", Frames),
        ("a.txt", b"hello\n", "text/plain", Code),
        ("a.py", b"print(1)\n", "text/x-python", Code),
        ("a.png", PNG, "image/png", Picture),
        ("a.png", b"no picture", "text/plain", Code),
        ("a.svg", b"<svg></svg>", "image/svg+xml", Picture),
        ("a.html", b"<svg></svg>", "text/html", Frames),
        ("a.bin", b"\x00\x01\x02", "application/octet-stream", Code),
        ("a.csv", b"a\xff\xfe\x00", "application/octet-stream", Code),
        ("a", "é".encode(), "text/plain", Code),
    ],
)
def test_a_file_is_shown_by_what_is_in_it(tmp_path, name, data, media, kind):
    """The first bytes count for more than the name."""
    (tmp_path / name).write_bytes(data)
    file = FlyteFile(str(tmp_path / name))
    assert file_text(file) == f"{name}, under 1 kB, {media}"
    (item,) = below(file)
    assert isinstance(item, kind)


def test_a_format_tells_what_a_file_without_an_end_is(tmp_path):
    """As tasks write them, whose raw outputs have names of their own."""
    (tmp_path / "5f0c").write_bytes(b"x,y\n1,2\n")
    (item,) = below(FlyteFile["csv"](str(tmp_path / "5f0c")))
    assert item == Table(("x", "y"), (("1", "2"),), "x: 1 row")


def test_arrays_in_files_are_tables_and_never_pickles(tmp_path):
    """An array of objects is told as a file."""
    np.save(tmp_path / "a.npy", np.arange(4).reshape(2, 2))
    (table,) = below(FlyteFile(str(tmp_path / "a.npy")))
    assert table.rows == (("0", "0", "1"), ("1", "2", "3"))
    np.save(tmp_path / "b.npy", np.array([{}], dtype=object), allow_pickle=True)
    assert below(FlyteFile(str(tmp_path / "b.npy"))) == []


def test_parquet_files_are_tables(tmp_path):
    """Whatever they are called."""
    pd.DataFrame({"n": [1, 2]}).to_parquet(tmp_path / "x")
    (table,) = below(FlyteFile(str(tmp_path / "x")))
    assert table.caption == "x: 2 rows"


def test_what_cannot_be_read_is_a_line(tmp_path):
    """Pipes, devices, what is gone, and what is in another store."""
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path / "gone"):
        assert fact(FlyteFile(str(path))) == f"{path.name}, which cannot be read here"
    assert fact(FlyteFile("s3://b/k.csv")) == "s3://b/k.csv, not downloaded"
    assert fact(FlyteDirectory("s3://b/k")) == "s3://b/k, not downloaded"
    assert fact(FlyteDirectory(str(tmp_path / "gone"))) == "a folder that is not there"


def test_a_file_that_became_a_pipe_does_not_block(tmp_path):
    """Between being found and being read."""
    path = tmp_path / "a.txt"
    path.write_text("hello")
    content = content_of(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(OSError, match="seek"):
        content.read(0, 10)


def test_large_files_are_not_embedded(tmp_path):
    """Their size is told; a page is not made heavy by them."""
    (tmp_path / "a.png").write_bytes(PNG + bytes(2_000_000))
    assert below(FlyteFile(str(tmp_path / "a.png"))) == []
    assert fact(FlyteFile(str(tmp_path / "a.png"))) == "a.png, 2.0 MB, image/png"
    (tmp_path / "a.log").write_bytes(b"line\n" * 1_000_000)
    (code,) = below(FlyteFile(str(tmp_path / "a.log")))
    assert code.caption == "x: 5.0 MB, the first 40 lines shown"


def test_a_folder_is_a_tree_whose_links_lead_nowhere(tmp_path):
    """What is linked is not part of the output."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "a.txt").write_text("hello")
    (tmp_path / "link").symlink_to("/etc/passwd")
    (tmp_path / "up").symlink_to(tmp_path)
    (tree,) = below(FlyteDirectory(str(tmp_path)))
    told = "a link, which is not followed"
    assert tree.value == {"link": told, "sub/": {"a.txt": 5}, "up": told}
    assert tree.caption == "x: 1 file, under 1 kB; sizes in bytes"


def test_a_folder_of_many_files_is_cut(tmp_path):
    """And says how many more there are."""
    for number in range(600):
        (tmp_path / f"{number:03}").touch()
    (tree,) = below(FlyteDirectory(str(tmp_path)))
    assert tree.value["…"] == "100 more are not shown"
    assert tree.caption.startswith("x: more than 500 files")


def test_text_and_html_tell_the_same_of_outputs(tmp_path):
    """Of every kind; nothing that a file holds becomes markup of the page."""
    evil = "<img src=x onerror=alert(1)>"
    for name in ("a.csv", "a.txt", "a.json", "a.html", "a.md"):
        (tmp_path / name).write_text(f'["{evil}"]' if name == "a.json" else evil)
    (tmp_path / "a.png").write_bytes(PNG)
    files = {f"f{n}": FlyteFile(str(p)) for n, p in enumerate(tmp_path.iterdir())}
    values = {"text": evil * 10, "rows": [{evil: evil}], "tree": {evil: [evil] * 9}}
    items = output_items({**values, **files, "folder": FlyteDirectory(str(tmp_path))})
    summary = Summary("run", "t", (Section("Outputs", items),))
    html = fragment(summary)
    assert Images().of(html) == ["image/png"]
    text = console_text(summary, width=200)
    for word in ("a.csv, under 1 kB, text/csv", "rows: 1 row", "image/png", "folder"):
        assert word in text
        assert word in html
