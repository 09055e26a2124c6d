"""Open pages in Chromium and say as JSON what became of them.

A process of its own: Playwright keeps an event loop in its thread, and tests that call
``asyncio.run`` could not run after it.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from xss import MARK

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_WIDTHS = (400, 900, 1400)
_ACT = """() => {
  document.querySelectorAll('details').forEach((fold) => { fold.open = true; });
  document.querySelectorAll('*').forEach((element) => {
    for (const name of ['mouseover', 'focus', 'toggle', 'click']) {
      element.dispatchEvent(new Event(name));
    }
  });
}"""
_REPORT = f"""() => ({{
  acted: '{MARK}' in window,
  frames: window.frames.length,
  scripts: document.scripts.length,
  styles: document.styleSheets.length,
  shown: document.querySelector('.kit').getClientRects().length > 0,
  sections: document.querySelectorAll('.kit > section').length,
  position: document.querySelector('.kit').parentElement.tagName,
}})"""
_CONTRAST = """() => {
  const luminance = (text) => {
    const parts = text.match(/[0-9.]+/g).map(Number).slice(0, 3).map((value) => {
      const share = value / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
  };
  const page = luminance(getComputedStyle(document.body).backgroundColor);
  let least = 21;
  document.querySelectorAll('.kit *').forEach((element) => {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own) return;
    const color = luminance(getComputedStyle(element).color);
    const [high, low] = [Math.max(color, page), Math.min(color, page)];
    least = Math.min(least, (high + 0.05) / (low + 0.05));
  });
  return least;
}"""


def attacked(page: Page, path: Path) -> dict[str, object]:
    """Open a page of payloads, touch everything in it, and report."""
    page.goto(path.as_uri())
    page.evaluate(_ACT)
    page.wait_for_timeout(50)  # for what acts when something has failed to load
    return dict(page.evaluate(_REPORT)) | {"address": page.url == path.as_uri()}


def looked_at(browser: Browser, path: Path, scheme: str) -> dict[str, object]:
    """Open a page in one colour scheme, at every width."""
    page = browser.new_page(color_scheme=scheme)
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
    overflow = {}
    for width in _WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        overflow[width] = page.evaluate("document.documentElement.scrollWidth")
    report = {"overflow": overflow, "contrast": page.evaluate(_CONTRAST)}
    page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = false)")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    report["keyboard"] = page.evaluate(
        "document.activeElement.tagName + document.querySelector('details').open"
    )
    page.close()
    return report


def main(folder: Path) -> None:
    """Report on ``evil-*.html`` and ``usual.html`` of a folder."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=_ARGUMENTS, headless=True
        )
        page = browser.new_page()
        evil = [attacked(page, path) for path in sorted(folder.glob("evil-*.html"))]
        schemes = ("light", "dark")
        usual = {s: looked_at(browser, folder / "usual.html", s) for s in schemes}
        browser.close()
    print(json.dumps({"evil": evil, **usual}))  # noqa: T201 - for the test


if __name__ == "__main__":
    main(Path(sys.argv[1]))
