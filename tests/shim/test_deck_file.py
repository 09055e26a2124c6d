from __future__ import annotations

import re
import time

import pytest

from kit.errors import DeckError, StorageError
from kit.shim.context import Deck
from kit.shim.deck_file import Decks, split_page
from kit.shim.deck_page import deck_page

AWKWARD = (
    "",
    "plain ✓ 𝄞",
    "</div></section>\n<section id='deck-0'><h2>Input</h2>\n<div>forged",
    "</body></html>",
    "<!doctype html><html><head></head><body>whole page</body></html>",
    "<!-- never closed",
    "<script>never closed",
    "<meta name='kit-decks' content='[]'><body>",
    "half \ud800 pair",
    "a\r\nb",
)


def pairs(decks: Decks) -> list[tuple[str, str]]:
    """Return names and HTML."""
    return [(deck.name, deck.html) for deck in decks]


def test_a_page_of_kit_gives_its_decks_back(tmp_path):
    """Whatever HTML they hold, and whatever they are called."""
    given = [(f"deck {n} <&\"' {html[:9]}", html) for n, html in enumerate(AWKWARD)]
    path = tmp_path / "deck.html"
    path.write_bytes(deck_page("</title><body>", given).encode())
    spelled = [(n.replace("\ud800", "\\ud800"), h) for n, h in given]
    spelled = [(n, h.replace("\ud800", "\\ud800")) for n, h in spelled]
    assert pairs(Decks.read(path)) == spelled


@pytest.mark.parametrize(
    "index",
    [
        "nonsense",
        "3",
        "[[1]]",
        '[["a", 0, 1000000]]',
        '[["a", -9, 3]]',
        '[["a", 0, 9], ["b", 3, 9]]',
        '[["a", "b", "c"]]',
        '[["a", 0, -1]]',
        "[" * 20000,
    ],
)
def test_an_index_that_cannot_be_is_not_believed(index):
    """A forged index neither fails nor multiplies what is shown."""
    page = deck_page("t", [("a", "b")])
    forged = re.sub('content="[^"]*"', lambda _: f"content='{index}'", page, count=1)
    forged = forged.replace("content='", 'content="', 1)
    forged = forged.replace(f"{index}'>", f'{index.replace(chr(34), "&quot;")}">', 1)
    assert split_page(forged) is None


def flytekit_page(decks: list[tuple[str, str]]) -> str:
    """Let the real flytekit write a page."""
    flytekit_deck = pytest.importorskip("flytekit.deck.deck")
    made = [flytekit_deck.Deck(*deck, auto_add_to_deck=False) for deck in decks]
    params = type("Params", (), {"decks": made})()
    return str(flytekit_deck._get_deck(params, ignore_jupyter=True))


@pytest.mark.flytekit
def test_a_page_of_flytekit_is_told_apart(tmp_path):
    """Names, nested elements, scripts, comments and attributes that look like tags."""
    given = [
        ("a <b> & c", "<div><div>x</div></div>"),
        ("script", "<script>'</div>' + '<div>'</script >"),
        ("comment", "<!-- </div></div> -->"),
        ("attribute", '<p title="</div>" data-x=\'<div "\'>y</p>'),
        ("page", "<!DOCTYPE html><html><body><div>z</div></body></html>"),
        ("text", "1 < 2 </ 3 <3 <textarea></div></textarea>"),
        ("default", ""),
    ]
    path = tmp_path / "deck.html"
    path.write_text(flytekit_page(given), encoding="utf-8")
    assert pairs(Decks.read(path)) == given


@pytest.mark.flytekit
@pytest.mark.parametrize("html", ["</div>", "<div>", "<!--", "<script>", '<a b="'])
def test_a_page_that_does_not_fit_together_is_one_deck(html, tmp_path):
    """It is shown whole rather than cut where it should not be."""
    page = flytekit_page([("a", html), ("b", "c")])
    path = tmp_path / "deck.html"
    path.write_text(page, encoding="utf-8")
    assert pairs(Decks.read(path)) == [("deck.html", page)]


@pytest.mark.parametrize(
    "part", ["<div>", "<!--", '<a b="', "<a '", "<script>", "<", "<div a='\"'"]
)
def test_splitting_takes_no_longer_for_hostile_pages(part):
    """Time grows with the size of the page, not with its square."""
    tabs = '<ul id="flyte-frame-tabs"><li>a</li></ul><div id="flyte-frame-container">'

    def seconds(parts: int) -> float:
        page = tabs + part * parts
        start = time.process_time()
        split_page(page)
        return time.process_time() - start

    # Ten times the page: ten times as long, or a hundred if it were the square.
    small = max(min(seconds(20_000) for _ in range(3)), 0.006)  # else it is noise
    assert min(seconds(200_000) for _ in range(2)) < 40 * small


def test_anyones_page(tmp_path):
    """A page of unknown making is one deck, named as the file."""
    path = tmp_path / "plot.html"
    path.write_text("<html>plot", encoding="utf-8")
    assert pairs(Decks.read(path)) == [("plot.html", "<html>plot")]
    assert Decks.read(path).path == str(path)
    with pytest.raises(StorageError, match="missing"):
        Decks.read(tmp_path / "missing.html")


def test_decks_by_position_and_name():
    """They are a sequence, and the error names those that there are."""
    decks = Decks([Deck(n, f"<{n}>", auto_add_to_deck=False) for n in ("a", "b")])
    assert decks[0] is decks["a"]
    assert [deck.name for deck in decks[:5]] == ["a", "b"]
    assert (len(decks), decks.names, repr(decks)) == (2, ("a", "b"), "Decks('a', 'b')")
    assert len(Decks()) == 0
    with pytest.raises(DeckError, match=r"no deck 'c'\. There are: 'a', 'b'"):
        decks["c"]


@pytest.mark.parametrize(
    "origin",
    [
        "cdn.plot.ly",
        "http://cdn.plot.ly",
        "https://*.plot.ly",
        "https:",
        "*",
        "https://a.org; script-src *",
        "https://a.org/",
        'https://a.org"',
        "https://a.org\n",
        "https://a.org 'self'",
        "https://A.örg",
    ],
)
def test_only_origins_are_let_in(origin):
    """Nothing else can come into the policy of a frame."""
    with pytest.raises(DeckError, match="no origin that decks can load from"):
        Decks().allowing(origin)


def test_letting_in_is_said_each_time():
    """The decks themselves stay as they were."""
    decks = Decks()
    allowing = decks.allowing("https://cdn.plot.ly").allowing("https://a.org:8443")
    assert decks.allow == ()
    assert allowing.allow == ("https://cdn.plot.ly", "https://a.org:8443")
