"""The site: `scripts/docs` builds it, and `kit docs` opens it."""

from __future__ import annotations

import sys
from pathlib import Path

import kit

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(HERE.parent / "tests"))  # the list of differences from flytekit

project = "kit"
author = "the kit maintainers"
copyright = "the kit maintainers"  # noqa: A001 - Sphinx's name
version = release = kit.__version__

extensions = [
    "generated_pages",
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_click",
    "sphinx_copybutton",
]
exclude_patterns = ["_build", "jupyter_execute"]
suppress_warnings = ["myst.header", "misc.highlighting_failure"]  # cells with !commands
nitpicky = False

nb_execution_mode = "off"  # `scripts/notebooks.py test` compares every output
nb_mime_priority_overrides = [
    ("html", "application/vnd.jupyter.widget-view+json", None)
]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

templates_path = ["_templates"]
autosummary_generate = True
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_use_ivar = True  # else attributes that are properties too are there twice

html_theme = "pydata_sphinx_theme"
html_title = "kit"
html_theme_options = {
    "navbar_align": "left",
    "show_toc_level": 2,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": [],
    "footer_end": [],
    "navigation_with_keys": False,
}
html_show_sourcelink = False
copybutton_prompt_text = r"\$ |>>> |\.\.\. "
copybutton_prompt_is_regexp = True
