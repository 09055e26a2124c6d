from __future__ import annotations

import re
from html import unescape

import pytest
from xss import PAYLOADS

from kit.display.console import plain_text
from kit.display.html import fragment, frame_element, page
from kit.display.notebook import mimebundle, summarize
from kit.display.summary import Frame
from kit.renderers import SourceCodeRenderer
from kit.shim.context import Deck
from kit.shim.deck_file import Decks

CSP = '<meta http-equiv="Content-Security-Policy" content="'


def made(*pairs: tuple[str, str], **options: str) -> Decks:
    """Make decks."""
    decks = (Deck(name, html, auto_add_to_deck=False) for name, html in pairs)
    return Decks(decks, **options)


def documents(element: str) -> tuple[str, str]:
    """Return kit's document in the frame, and the deck's document in that."""
    outer = unescape(re.search(r'srcdoc="([^"]*)"', element)[1])
    inner = unescape(re.search(r"srcdoc='([^']*)'></iframe><nav>", outer)[1])
    return outer, inner


def test_both_faces_tell_names_and_sizes():
    """Text has a line for each deck, HTML a tab."""
    summary = summarize(made(("plot", "x"), ("table", "y" * 23_456), title="my.task"))
    assert plain_text(summary).splitlines() == [
        "decks my.task",
        "",
        "Decks",
        "  plot   under 1 kB",
        "  table  23 kB",
    ]
    drawn = fragment(summary)
    assert drawn.count("<label") == drawn.count('<iframe loading="lazy"') == 2
    assert "<b>plot</b> <small>under 1 kB</small>" in drawn
    assert fragment(summary) == drawn
    assert ' id="' not in drawn


def test_one_deck_and_none():
    """A deck shows itself; no decks say how to get some."""
    one = mimebundle(Deck("plot", "x", auto_add_to_deck=False))
    assert one["text/plain"].startswith("decks plot")
    assert "<iframe" in one["text/html"]
    none = mimebundle(Decks(title="my.task"))
    assert "enable_deck=True" in none["text/plain"]
    assert "enable_deck=True" in none["text/html"]


def test_policy_and_sandbox_come_before_anything_of_the_deck():
    """Both documents start with the policy, and the deck has scripts only."""
    outer, inner = documents(frame_element(Frame("a", "<p>html</p>", 11)))
    for document in (outer, inner):
        assert document.startswith(f"<!doctype html><html><head>{CSP}default-src ")
    assert '<iframe sandbox="allow-scripts" ' in outer
    assert "same-origin" not in outer
    assert inner.endswith("</head><body><p>html</p></body></html>")


@pytest.mark.parametrize(
    "payload", [*PAYLOADS, "'\"&amp;&quot;&#39;\n\t\x00'", "\u202e"]
)
def test_a_deck_arrives_as_it_was_written(payload):
    """And adds nothing to the page around it."""
    element = frame_element(Frame(payload, payload, 1))
    assert documents(element)[1].endswith(f"<body>{payload}</body></html>")
    plain = frame_element(Frame("a", "b", 1))
    assert element.count("<") >= plain.count("<")
    assert re.sub(r'="[^"]*"', "", element) == re.sub(r'="[^"]*"', "", plain)


def test_a_name_cannot_act():
    """It is escaped in both documents and in the tab."""
    name = '"><script>a()</script>'
    drawn = fragment(summarize(made((name, "x"))))
    outer, _ = documents(drawn)
    assert "<script>a()" not in drawn + outer
    assert 'download="-script-a-script-.html"' in outer


def test_origins_are_let_in_where_asked_for():
    """For scripts, styles and fonts, in both documents."""
    decks = made(("a", "b")).allowing("https://cdn.plot.ly")
    for document in documents(fragment(summarize(decks))):
        policy = unescape(document.partition(CSP)[2].partition('"')[0])
        allowed = [rule for rule in policy.split("; ") if "cdn.plot.ly" in rule]
        assert [rule.split()[0] for rule in allowed] == [
            "script-src",
            "style-src",
            "font-src",
        ]


def test_large_decks_are_told_and_not_shown():
    """Together they stay below the bound, and the file is named."""
    decks = made(("a", "x" * 7_000_000), ("b", "y" * 2_000_000), ("c", "z"), path="/d")
    summary = summarize(decks)
    frames = summary.sections[0].items[0].rows
    assert [frame.html is None for frame in frames] == [False, True, False]
    assert "Open the file in a browser: /d" in frames[1].note
    assert "2.0 MB" in plain_text(summary)
    assert "Too large to be shown here." in fragment(summary)


def test_many_decks_are_counted():
    """Fifty are shown."""
    summary = summarize(made(*((str(n), "x") for n in range(60))))
    assert fragment(summary).count("<label") == 50
    assert "10 more decks are not shown." in plain_text(summary)


def test_halves_of_surrogate_pairs():
    """They are spelled out, as nothing can encode them."""
    drawn = page(summarize(made(("a", "\ud800"))))
    assert "\\ud800" in drawn
    assert drawn.encode()


def test_only_a_page_with_frames_has_a_script():
    """The one that gives them their height."""
    assert page(summarize(made(("a", "b")))).count("<script>addEventListener") == 0
    assert (
        page(summarize(made(("a", "b")))).rpartition("</main>")[2].count("<script") == 1
    )
    assert "<script" not in fragment(summarize(made()))
    assert "<script" not in page(summarize(made()))


@pytest.mark.parametrize(
    ("html", "is_sheet"),
    [
        ("<p>plain</p>", False),
        ("<table class='kit'><tr><td>1</td></tr></table>", False),
        (SourceCodeRenderer("t").to_html("x = 1  # color=red"), False),
        ("<p style='color: #333'>dark</p>", True),
        ("<STYLE>p { color: #333 }</STYLE><p>dark</p>", True),
        ("<script>draw()</script>", True),
        ("<td bgcolor=red>1</td>", True),
        ("<img src='data:image/png;base64,'>", True),
        ("<svg><rect fill='red'/></svg>", True),
    ],
)
def test_a_deck_with_colours_of_its_own_has_a_light_sheet(html, is_sheet):
    """It was made for white; what has none follows the theme, as kit's renderers do."""
    _, inner = documents(frame_element(Frame("d", html, len(html))))
    assert ("<html data-kit-sheet>" in inner) is is_sheet
    assert ('content="light dark"' in inner) is not is_sheet
