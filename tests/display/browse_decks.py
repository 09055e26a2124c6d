"""Open pages of decks in Chromium and say as JSON what became of them."""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from browse import CHROMIUM
from hostile_deck import hostile_html
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Frame,
    Page,
    Route,
    sync_playwright,
)

from kit.display.html import page as html_page
from kit.display.notebook import summarize
from kit.shim.context import Deck
from kit.shim.deck_file import Decks

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_IN_ONE_PROCESS = "--disable-features=IsolateSandboxedIframes"
"""Playwright hears of a frame's requests too late, now and then, in another process."""
CDN = "https://cdn.plot.ly"
_LINKS = (
    '<a href="#below">second</a> <a href="elsewhere.html">out</a>'
    '<p style="margin-top: 9000px" id="below">below</p>'
)
_TALL = '<div style="height: 777px; background: #eee">tall</div>'


class Listener(BaseHTTPRequestHandler):
    """Counts what reaches it."""

    seen: list[str] = []  # noqa: RUF012 - one list for the whole process

    def _answer(self) -> None:
        self.seen.append(self.path)
        self.send_response(200)
        self.send_header("Access-Control-Allow-Origin", "*")
        self.end_headers()

    do_GET = do_POST = do_OPTIONS = do_HEAD = _answer  # noqa: N815 - http.server's

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def deck(name: str, html: str) -> Deck:
    """Make a deck outside a run."""
    return Deck(name, html, auto_add_to_deck=False)


def inner(page: Page, number: int = 0, within: str = "body") -> Frame:
    """Return the document of a deck, inside kit's own."""
    frames = page.locator(f"{within} .kit-frame > iframe")
    outer = frames.nth(number).element_handle()
    frame = outer.content_frame()
    deck = frame.wait_for_selector("iframe").content_frame()
    deck.wait_for_function(
        "location.href === 'about:srcdoc' && document.readyState === 'complete'"
    )
    return deck


def left(deck: Frame) -> None:
    """Let a hostile deck go elsewhere, and wait for what came of it."""
    deck.evaluate("leave()")
    deck.page.wait_for_timeout(900)


def opened(
    browser: Browser | BrowserContext, folder: Path, decks: Decks, **options: object
) -> Page:
    """Write decks as a page and open it."""
    path = folder / f"decks-{time.perf_counter_ns()}.html"
    path.write_text(html_page(summarize(decks)), encoding="utf-8")
    page = browser.new_page(**options)
    page.goto(path.as_uri())
    return page


def attacked(browser: Browser, folder: Path) -> dict[str, object]:
    """Let a hostile deck try, first in the page, then in a tab of its own."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}"
    page = opened(browser, folder, Decks([deck("evil", hostile_html(url))]))
    address = page.url
    before = page.evaluate("getComputedStyle(document.body).backgroundColor")
    frame = inner(page)
    frame.wait_for_function("document.body.dataset.found?.includes('evaluated')")
    page.wait_for_timeout(600)
    report = {"found": json.loads(frame.evaluate("document.body.dataset.found"))}
    left(frame)
    outer = page.frames[1]
    with page.context.expect_page() as popup:
        outer.get_by_text("Open in a new tab").click()
    tab = popup.value
    alone = tab.wait_for_selector("iframe").content_frame()
    alone.wait_for_function("document.body.dataset.found?.includes('evaluated')")
    left(alone)
    report["tab"] = tab.url
    report["pages"] = len(page.context.pages)
    report["address"] = page.url == address
    report["background"] = [
        before,
        page.evaluate("getComputedStyle(document.body).backgroundColor"),
    ]
    report["requests"] = list(Listener.seen)
    page.context.close()
    server.shutdown()
    return report


def used(browser: Browser, folder: Path) -> dict[str, object]:
    """Use the page as a reader does: tabs by keyboard, height, saving."""
    decks = Decks([deck("one", _TALL), deck("two", _LINKS)], title="t")
    page = opened(browser, folder, decks)
    inner(page).wait_for_selector("text=tall")
    page.wait_for_function(
        "document.querySelector('.kit-frame').offsetHeight > 700", timeout=5_000
    )
    report = {"heights": page.locator(".kit-frame").first.bounding_box()["height"]}
    page.evaluate(
        "postMessage({kitDeckHeight: 99}, '*')"
    )  # from a window that is no frame's
    page.wait_for_timeout(50)
    report["kept"] = page.locator(".kit-frame").first.bounding_box()["height"]
    address = page.url
    page.locator(".kit-tab input").first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowRight")
    second = inner(page, 1)
    second.click("text=out")
    second.click("text=second")
    second.wait_for_function("scrollY > 0")
    report["still there"] = second.is_visible("text=below")
    report["shown"] = [box.is_visible() for box in page.locator(".kit-panel").all()]
    report["address"] = page.url == address
    outer = page.locator(".kit-frame > iframe").nth(1).element_handle().content_frame()
    with page.expect_download() as download:
        outer.get_by_text("Save").click()
    saved = folder / "saved.html"
    download.value.save_as(saved)
    report["saved as"] = download.value.suggested_filename
    page.goto(saved.as_uri())
    page.frames[1].wait_for_selector("text=second")
    report["saved frames"] = len(page.frames)
    page.close()
    return report


def with_network(
    browser: Browser, folder: Path, allow: tuple[str, ...]
) -> dict[str, object]:
    """Show a plot that loads its library."""
    html = f'<script src="{CDN}/plot.js"></script><script>draw()</script>'
    asked: list[str] = []

    def answer(route: Route) -> None:
        asked.append(route.request.url)
        body = "function draw() { document.body.append('a plot'); }"
        route.fulfill(body=body, content_type="text/javascript")

    context = browser.new_context()
    context.route(f"{CDN}/**", answer)
    page = opened(context, folder, Decks([deck("plot", html)]).allowing(*allow))
    text = inner(page).evaluate("document.body.innerText")
    context.close()
    return {"asked": asked, "text": text}


def schemes(browser: Browser, folder: Path) -> dict[str, object]:
    """Show kit's own deck in light and dark, and change the scheme by a message."""
    report = {}
    colour = "getComputedStyle(document.body).color"
    for scheme in ("light", "dark"):
        page = opened(browser, folder, Decks([deck("a", "b")]), color_scheme=scheme)
        frame = inner(page)
        report[scheme] = frame.evaluate(colour)
        page.evaluate(
            "document.querySelector('.kit-frame iframe').contentWindow"
            ".postMessage({kitDeckScheme: 'dark'}, '*')"
        )
        frame.wait_for_function("document.documentElement.style.colorScheme === 'dark'")
        report[f"{scheme} made dark"] = frame.evaluate(colour)
        page.close()
    return report


def large(browser: Browser, folder: Path) -> dict[str, object]:
    """Open decks of 20 MB, and one of 7 MB that is embedded."""
    start = time.perf_counter()
    opened(browser, folder, Decks([deck("small", "<p>small</p>")])).close()
    small = time.perf_counter() - start
    path = folder / "deck.html"
    path.write_text("<p>big</p>" + "x" * 20_000_000, encoding="utf-8")
    start = time.perf_counter()
    page = opened(browser, folder, Decks.read(path))
    report = {
        "times a small one": (time.perf_counter() - start) / small,
        "text": page.locator(".kit-panel").inner_text(),
    }
    page.close()
    data = 'if (first < 1) { return "x" && other(first, second); } ' * 100_000
    plot = f"<script type='x'>{data}</script><script>document.title = 'drawn'</script>"
    bare = folder / "bare.html"
    bare.write_text(plot, encoding="utf-8")
    start = time.perf_counter()
    page = browser.new_page()
    page.goto(bare.as_uri())
    page.wait_for_function("document.title === 'drawn'")
    alone = time.perf_counter() - start
    page.close()
    start = time.perf_counter()
    page = opened(browser, folder, Decks([deck("plot", plot)]))
    inner(page).wait_for_function("document.title === 'drawn'")
    report["times the bare one"] = (time.perf_counter() - start) / alone
    page.close()
    return report


def main(folder: Path) -> None:
    """Report on everything."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_ARGUMENTS, headless=True
        )
        report = {
            "attacked": attacked(browser, folder),
            "used": used(browser, folder),
            "schemes": schemes(browser, folder),
            "large": large(browser, folder),
        }
        browser.close()
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*_ARGUMENTS, _IN_ONE_PROCESS], headless=True
        )
        report["closed"] = with_network(browser, folder, ())
        report["open"] = with_network(browser, folder, (CDN,))
        browser.close()
    print(json.dumps(report))  # noqa: T201 - for the test


if __name__ == "__main__":
    main(Path(sys.argv[1]))
