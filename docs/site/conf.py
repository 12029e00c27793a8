"""How Sphinx makes a site of the pages beside this folder: ``make docs``.

Sphinx with MyST and Furo, as all three are maintained, build without the network, and make pages that load nothing
from elsewhere. A warning is an error: a link, a file or a name that is not there fails the build.
"""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx
from sphinx.ext.napoleon import Config, GoogleDocstring

from compat.__about__ import __author__, __version__

project = "Flask-Login for Quart"
author = __author__
version = release = __version__
html_title = f"{project} {version}"

extensions = ["myst_parser", "sphinx.ext.autodoc"]
exclude_patterns = ["site"]

html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False

myst_heading_anchors = 3  # links to #headings, as on the forge

add_module_names = False  # all of them are imported from compat
autodoc_member_order = "bysource"
autodoc_typehints_format = "short"

nitpicky = True  # a name in a docstring that leads nowhere is an error ...
nitpick_ignore_regex = [
    # ... unless it is somebody else's, whose inventories are on the network ...
    (r"py:.*", r"(blinker|collections|datetime|itsdangerous|quart|quart_auth|typing|werkzeug)\..*"),
    (r"py:.*", r"optional|Any|Quart|QuartClient|Blueprint|Request|Response|ResponseReturnValue|RuntimeError|timedelta"),
    # ... or a variable of types.
    (r"py:class", r"(compat\.\w+\.)?[A-Z]|Handler"),
]


def setup(app: Sphinx) -> None:
    """Read docstrings in Google's style."""
    app.connect("autodoc-process-docstring", _read_sections)


def _read_sections(_app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    # Not Napoleon itself, which takes "Whether it is so: if ..." of an attribute for its type.
    if what not in ("attribute", "data", "property"):
        lines[:] = GoogleDocstring(lines, Config(), None, what, name, obj, options).lines()
