"""The browser and system of a ``User-Agent`` header, for display only: a client can send any header."""

from __future__ import annotations

import re

# The first that is found wins: Edge and Opera also say Chrome, Chrome says Safari, Android says Linux.
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)
#: The first product of a program (RFC 9110, section 10.1.5), if it is short. Browsers all say Mozilla, and clients by
#: openapi-generator "OpenAPI-Generator/1.0.0/python".
_PRODUCT = re.compile(r"(?!Mozilla\b)([A-Za-z][\w.+-]{0,31})(?:/([\w.+-]{1,16})(?:/[a-z]+)?)?(?![^\s;(])", re.ASCII)
UNKNOWN = "Unknown program"


def describe_client(user_agent: str | None) -> str:
    """Browser and system of a ``User-Agent`` header ("Firefox on Linux"), or a program ("python-httpx 0.28.1")."""
    # HeadlessChrome is Chrome without a window.
    text = user_agent or ""
    browser = next((name for mark, name in _BROWSERS if mark in text), None)
    system = next((name for mark, name in _SYSTEMS if mark in text), None)
    if browser is None:
        product = _PRODUCT.match(text)
        browser = UNKNOWN if product is None else " ".join(filter(None, product.groups()))
    return browser if system is None else f"{browser} on {system}"
