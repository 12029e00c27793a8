"""The distribution's metadata, under the names that Flask-Login gives its own.

``pyproject.toml`` reads the version from here, its only place.
"""

__title__ = "quart-flask-login"
__description__ = "Flask-Login for Quart, over Quart-Auth."
__version__ = "0.1.0"
__version_info__ = tuple(int(part) for part in __version__.split("."))
__license__ = "MIT"
__author__ = __maintainer__ = "The quart-flask-login authors"
__author_email__ = ""
__copyright__ = "2026, the quart-flask-login authors"
__url__ = ""
