from __future__ import annotations

import pytest

from kit.escape import one_line, shorten, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("Adélie 企鵝 🐧", "Adélie 企鵝 🐧"),
        ("tab\tand\nline", "tab\tand\nline"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x9b31m", "\\x9b31m"),
        ("over\rwritten", "over\\rwritten"),
        ("back\x08space", "back\\x08space"),
        ("nul\0", "nul\\x00"),
        ("evil\u202etxt.exe", "evil\\u202etxt.exe"),
        ("isolate\u2066", "isolate\\u2066"),
        ("line\u2028separator", "line\\u2028separator"),
        ("lone\ud800", "lone\\ud800"),
        ("non\xa0breaking", "non\xa0breaking"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
        ("", ""),
    ],
)
def test_what_a_terminal_would_obey_is_spelled_out(text, shown):
    """Controls, direction overrides and lone surrogates are seen, the rest stays."""
    assert visible(text) == shown


def test_one_line_has_no_line_ends():
    """A name with line ends cannot draw lines of its own."""
    assert one_line("a\nb\tc\x1b") == "a\\nb\\tc\\x1b"


def test_long_text_is_cut_and_says_so():
    """What was cut off is counted."""
    text = shorten("x" * 5000, 40)
    assert len(text) == 40
    assert text.endswith("… (5,000 characters)")
    assert shorten("short", 40) == "short"
