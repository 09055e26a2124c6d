"""Use a preview in Voilà as a person would, and say as JSON what was seen.

python drive_voila.py FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from drive_lab import PREVIEW, TASK, line, tab, type_into, view_of
from lab import browser, jupyter, write_notebook


def main(folder: Path) -> None:
    """Do all of it, and print what was seen."""
    write_notebook(folder / "use.ipynb", "import kit", TASK, PREVIEW)
    with jupyter(folder, "voila") as (address, token), browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{address}/voila/render/use.ipynb?token={token}")
        line(page, "retries: 2").wait_for(timeout=60_000)
        type_into(page, "CPU request", "2")
        marked = view_of(page).locator(".kit-line-changed").first
        marked.wait_for()
        seen = {"marked": marked.inner_text()}
        seen["statics"] = page.locator(".kit-static:visible").count()
        seen["python"] = tab(page, "changes").inner_text()
        page.get_by_role("searchbox").fill("penguins")
        status = view_of(page).locator("[data-kit-found]")
        status.filter(has_text="of").wait_for()
        seen["found"] = status.inner_text()
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]))
