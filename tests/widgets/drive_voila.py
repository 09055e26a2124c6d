"""Use a preview in Voilà as a person would, and say as JSON what was seen.

python drive_voila.py FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from drive_lab import PREVIEW, TASK, body, type_into
from lab import browser, jupyter, write_notebook


def main(folder: Path) -> None:
    """Do all of it, and print what was seen."""
    write_notebook(folder / "use.ipynb", "import kit", TASK, PREVIEW)
    with jupyter(folder, "voila") as (address, token), browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        page.goto(f"{address}/voila/render/use.ipynb?token={token}")
        body(page, "Command").wait_for(timeout=60_000)
        type_into(page, "CPU", "2")
        marked = body(page, "Resources").locator("tr.kit-changed").first
        marked.wait_for()
        seen = {"marked": marked.inner_text()}
        seen["python"] = body(page, "As Python").inner_text()
        page.get_by_role("searchbox").fill('"duckdb"')
        status = page.locator(".kit-finder [role=status]")
        status.filter(has_text="of").wait_for()
        seen["found"] = status.inner_text()
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]))
