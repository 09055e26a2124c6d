"""Make the README's pictures of the live preview, in a real JupyterLab.

    python scripts/screenshots.py

They are written to ``docs/images``: ``preview-light.png`` and ``preview-dark.png``.
Needs Chromium and the extra ``dev``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
sys.path.append(str(ROOT / "tests" / "widgets"))

from lab import Lab, browser, jupyter, write_notebook  # noqa: E402 - found above

DEFINE = '''import kit

@kit.container_task(
    image="ghcr.io/acme/sql:1.4",
    custom={"table": "penguins", "order": "mass"},
    requests=kit.Resources(cpu="1", mem="512Mi"),
    cache=True, cache_version="3", retries=2,
)
def heaviest(tt, species: str, limit: int = 3) -> list[dict[str, float]]:
    """The heaviest penguins of a species."""
    import sqlite3
    query = f"SELECT * FROM {tt.custom['table']} WHERE species = ? LIMIT ?"
    rows = sqlite3.connect("birds.db").execute(query, (species, limit))
    return [{"mass": row[0]} for row in rows]'''
PREVIEW = """kit.preview(heaviest, kit.SerializationSettings(
    project="birds", domain="development", version="v7"))"""
_WINDOW = {"width": 1200, "height": 1240}
_ALONE = """() => {
  document.querySelector('.jp-NotebookPanel-notebook').scrollTop = 0;
  document.activeElement.blur();
}"""


def main() -> None:
    """Define a task, preview it, edit it, and take a picture in each theme."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        write_notebook(Path(folder, "penguins.ipynb"), DEFINE, PREVIEW)
        with jupyter(Path(folder)) as server, browser() as chromium:
            page = chromium.new_page(viewport=_WINDOW, device_scale_factor=1.5)
            lab = Lab(page, server, "penguins.ipynb")
            if not lab.run_all():
                sys.exit("screenshots: a cell raised")
            view = page.locator(".kit-live")
            cpu = view.get_by_label("CPU request", exact=True)
            cpu.fill("2")
            cpu.press("Enter")
            view.locator(".kit-line-changed").first.wait_for()
            cpu.evaluate("(field) => field.blur()")
            cpu.focus()  # which scrolls the message to what it makes
            for theme in ("Light", "Dark"):
                lab.use_theme(f"JupyterLab {theme}")
                page.evaluate(_ALONE)
                page.wait_for_timeout(400)  # the theme's colours move
                path = IMAGES / f"preview-{theme.lower()}.png"
                page.locator(".jp-Notebook").screenshot(path=path)
                print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
