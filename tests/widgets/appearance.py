"""Look at views in every width and theme, for scripts that drive JupyterLab."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from lab import Lab
from playwright.sync_api import Locator, Page

__all__ = ["appearances", "judged", "problems_of"]

WIDTHS = (400, 900, 1400)
_HEIGHT = 3400
_GRAVE = ("serious", "critical")
_PROBLEMS = """(view) => {
  const unnamed = [...view.querySelectorAll('input, textarea, select, button')].filter(
    (control) => !control.labels?.length && !control.textContent.trim()
      && !control.title && !control.ariaLabel && control.type !== 'file');
  return {
    unnamed: unnamed.length,
    scripts: view.querySelectorAll('script').length,
    inline: view.querySelectorAll('[onclick], [onerror], [onload]').length,
    overflow: view.scrollWidth - view.clientWidth,
  };
}"""


def appearances(lab: Lab) -> Iterator[str]:
    """Yield ``Light-400`` and so on, each while the page styles like that."""
    for theme in ("Light", "Dark"):
        lab.use_theme(f"JupyterLab {theme}")
        for width in WIDTHS:
            lab.page.set_viewport_size({"width": width, "height": _HEIGHT})
            lab.page.wait_for_timeout(150)  # the theme's colours move
            yield f"{theme}-{width}"


def problems_of(view: Locator) -> dict[str, Any]:
    """Count controls without names, scripts, and pixels beyond the edge."""
    return view.evaluate(_PROBLEMS)


def judged(page: Page) -> list[str]:
    """Return what axe finds wrong with kit's own nodes, beside an edge of ipywidgets.

    The handle of its slider has a role and no name, which nobody but ipywidgets gives.
    """
    context = {"include": [[".kit"]], "exclude": [[".noUi-handle"]]}
    found = Axe().run(page, context=context)
    return [
        f"{rule['id']}: {rule['nodes'][0]['html'][:200]}"
        for rule in found.response["violations"]
        if rule["impact"] in _GRAVE
    ]
