"""Lines of a log in a page: colours, overwritten lines, and nothing that acts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from xss import PAYLOADS

from kit.display.log import (
    LogPage,
    Pen,
    line_html,
    log_stylesheet,
    plain,
    spans,
    terminal_text,
)
from kit.runners.log import Lines, Log, LogLine


def page_of(*texts: str, **options) -> str:
    """Return the HTML of a log that was written as these texts."""
    log = Log()
    lines = Lines("stdout", log.append)
    for text in texts:
        lines.feed(text.encode())
    lines.feed(b"", final=True)
    return "".join(drawn(LogPage(log, **options)))


def drawn(page: LogPage) -> tuple[str, ...]:
    """Return the lines of a page, drawn."""
    page.update()
    return page.lines


@pytest.mark.parametrize(
    ("codes", "classes"),
    [
        ("31", "kit-sgr-1"),
        ("1;31", "kit-sgr-bold kit-sgr-1"),
        ("91", "kit-sgr-9"),
        ("44", "kit-sgr-on-4"),
        ("104", "kit-sgr-on-12"),
        ("38;5;9", "kit-sgr-9"),
        ("38;5;196", "kit-sgr-9"),
        ("38;2;250;5;5", "kit-sgr-9"),
        ("38:2:250:5:5", "kit-sgr-9"),
        ("48;5;255", "kit-sgr-on-7"),
        ("3;4", "kit-sgr-italic kit-sgr-under"),
        ("1;22", ""),
        ("31;39", ""),
        ("31;0", ""),
        ("", ""),
        ("38;5", "kit-sgr-0"),
        ("38", ""),
        ("77", ""),
        ("9" * 5_000, ""),
        ("?25", ""),
    ],
)
def test_colours_become_classes(codes, classes):
    """The 16 colours, those nearest to others, weights; what is unknown is dropped."""
    shown = page_of(f"\x1b[{codes}mx")
    start = f'<span class="{classes}">' if classes else ""
    end = "</span>" if classes else ""
    assert shown == f'<span class="kit-out">{start}x{end}</span>'


def test_every_class_has_its_rule():
    """In the stylesheet, on both grounds."""
    known = set(re.findall(r"\.(kit-sgr-[\w-]+)", log_stylesheet()))
    marks = {f"kit-sgr-{mark}" for mark in ("bold", "dim", "italic", "under")}
    assert known == marks | {
        f"kit-sgr-{place}{n}" for place in ("", "on-") for n in range(16)
    }


@pytest.mark.parametrize(
    "sequence",
    [
        *(
            "\x1b[2K",
            "\x1b[1A",
            "\x1b[?25l",
            "\x1b[10;20H",
            "\x1b[>1u",
            "\x1b7",
            "\x1bc",
        ),
        *("\x1b(B", "\x1b]0;a title\x07", "\x1b]8;;http://a\x1b\\", "\x1bPq..\x1b\\"),
        *("\x07", "\x08", "\x00", "\x7f", "\x9b31K", "\x9d0;t\x9c", "\x1b[1 q"),
        *("\x1b_G..\x1b\\", "\x0b", "\x0c"),
    ],
)
def test_other_control_sequences_are_dropped(sequence):
    """Cursor movements, titles, links, bells: a page has nothing to obey them with."""
    assert plain(f"a{sequence}b") == "ab"
    assert [span.text for span in spans(f"a{sequence}b")[0]] == ["ab"]


@pytest.mark.parametrize("end", ["\x1b", "\x1b[", "\x1b[31", "\x1b]0;never ends"])
def test_a_sequence_that_does_not_end_is_dropped(end):
    """With what belongs to it."""
    assert plain(f"a{end}").startswith("a")
    assert "\x1b" not in plain(f"a{end}")


def test_a_colour_lasts_until_it_is_changed():
    """On its own stream, over lines."""
    log = Log()
    log.append(LogLine("stderr", "\x1b[31mTraceback"))
    log.append(LogLine("stdout", "plain"))
    log.append(LogLine("stderr", "  more\x1b[0m end"))
    red = '<span class="kit-sgr-1">'
    assert "".join(drawn(LogPage(log))) == (
        f'<span class="kit-err">{red}Traceback</span></span>'
        '<span class="kit-out">plain</span>'
        f'<span class="kit-err">{red}  more</span> end</span>'
    )


def test_a_progress_bar_stays_one_line():
    """Each update replaces the one before."""
    bar = "".join(f"\r{number:3}%|{'#' * (number // 10):10}|" for number in range(101))
    shown = page_of("begin\n", bar, "\nend\n")
    assert shown.count("kit-out") == 3
    assert "100%|##########|" in shown
    assert " 99%" not in shown


def test_only_what_has_changed_is_drawn_again():
    """New lines, and the last one where it was overwritten."""
    log = Log(max_lines=3)
    page = LogPage(log)
    log.append(LogLine("stdout", "a"))
    log.append(LogLine("stdout", "1%", is_overwritten=True))
    before = drawn(page)
    assert not page.update()
    log.append(LogLine("stdout", "2%"))
    now = drawn(page)
    assert now[0] is before[0]
    assert [re.sub("<.*?>", "", line) for line in now] == ["a", "2%"]
    for text in "bc":
        log.append(LogLine("stdout", text))
    assert drawn(page)[0] is now[1]
    assert page.first == 1
    log.append(LogLine("stdout", "d"))
    assert [re.sub("<.*?>", "", line) for line in drawn(page)] == ["b", "c", "d"]
    assert page.first == 2


def test_it_is_bounded():
    """In lines and in the characters of a line."""
    log = Log()
    for number in range(3_000):
        log.append(LogLine("stdout", f"{number}"))
    log.append(LogLine("stdout", "x" * 60_000))
    shown = "".join(drawn(LogPage(log)))
    assert shown.count("kit-out") == 1_000
    assert "60,000 characters" in shown
    assert len(shown) < 100_000


def test_a_secret_is_masked_whatever_its_colours():
    """Also where a colour begins in the middle of it."""
    shown = page_of(
        "the token is hun\x1b[31mter2\x1b[0m!\n",
        mask=lambda text: text.replace("hunter2", "[secret]"),
    )
    assert shown == '<span class="kit-out">the token is [secret]!</span>'


@pytest.mark.parametrize("payload", PAYLOADS)
def test_nothing_in_a_line_acts(payload):
    """Elements and attributes are those of a harmless line."""
    found: list[tuple[str, tuple[str, ...]]] = []

    class Elements(HTMLParser):
        def handle_starttag(self, tag, attrs):
            found.append((tag, tuple(name for name, _ in attrs)))

    Elements().feed(page_of(f"\x1b[31m{payload}\x1b]0;{payload}\x07\x1b[{payload}m\n"))
    assert set(found) <= {("span", ("class",))}


def test_a_terminal_gets_colours_and_nothing_else():
    """Line by line, each ended by a reset."""
    assert terminal_text("\x1b[2J\x1b[92mok\x1b[0m \x1b]0;t\x07.") == (
        "\x1b[0;92mok\x1b[0m .\x1b[0m"
    )
    assert terminal_text("a\u202eb\x1b[2J") == "a\\u202eb"
    assert line_html("stdout", spans("a", Pen())[0]).endswith("a</span>")
