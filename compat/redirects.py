"""Where refused visitors are sent, and the page to which they return."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any, cast
from urllib.parse import parse_qs, quote, quote_plus, unquote, urlencode, urlsplit, urlunsplit

from quart import Blueprint, current_app, has_request_context, request, url_for

from . import login_session
from .commit import identifier_of_client
from .config import USE_SESSION_FOR_NEXT
from .current import current_login, find_auth
from .errors import ConfigurationError

#: No page of a site has a longer URL.
_LONGEST_NEXT = 2048
#: The same as it stands in a Location, percent-encoded. That has to fit into a proxy's buffer together with all other
#: headers, and nginx's has 4,096 bytes.
_LONGEST_ENCODED_NEXT = 2560
#: The characters that quote() must not encode in a complete URL.
_URL_CHARACTERS = "!#$%&'()*+,/:;=?@[]~"
#: An origin up to where its page begins: a name or an address, in ASCII, without a user's name.
_ORIGIN = re.compile(r"(https?)://((?:[A-Za-z0-9_-]+\.)*[A-Za-z0-9_-]+|\[[0-9A-Fa-f:.]+\])(?::([1-9][0-9]{0,4}))?")
_WRONG_HOST = (
    "use an exact host name in ASCII, with a port unless it is 443, such as 'www.example.com', or an origin, such as "
    "'http://localhost:5001'; no wildcard, no path"
)


def expand_login_view(login_view: str) -> str:
    """The URL of *login_view*, which is an endpoint's name, or a URL already."""
    if login_view.startswith(("https://", "http://", "/")):
        return login_view
    return url_for(login_view)


def make_next_param(login_url: str, current_url: str) -> str:
    """*current_url* as the page at *login_url* needs it: path and query only if both are on one host."""
    login, current = urlsplit(login_url), urlsplit(current_url)
    if login.scheme in ("", current.scheme) and login.netloc in ("", current.netloc):
        return urlunsplit(("", "", current.path, current.query, ""))
    return current_url


def login_url(login_view: str, next_url: str | None = None, next_field: str = "next") -> str:
    """The URL of *login_view*, with *next_url* in its query as *next_field*.

    ``FORCE_HOST_FOR_REDIRECTS`` names the host, if it is set.
    """
    base = expand_login_view(login_view)
    if next_url is None:
        return base
    parts = urlsplit(base)
    query: dict[str, Any] = parse_qs(parts.query, keep_blank_values=True)
    query[next_field] = make_next_param(base, next_url)
    netloc = current_app.config.get("FORCE_HOST_FOR_REDIRECTS") or parts.netloc
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query, doseq=True)))


def refusal_url(view: str) -> str:
    """The URL of *view*, where the visitor of the current request has to go first.

    The refused page is kept for afterwards: in the query, or in the session with ``USE_SESSION_FOR_NEXT``, if that may
    be written for this visitor; see ``LoginManager.flash_for_missing_user``. It is left out of the query if its URL is
    too long for ``safe_next_url`` or for the buffer of a proxy, which would answer 502.
    """
    url = login_url(view)
    if not current_app.config.get("USE_SESSION_FOR_NEXT", USE_SESSION_FOR_NEXT):
        page = make_next_param(url, request.url)
        is_short = len(page) <= _LONGEST_NEXT and len(quote_plus(page)) <= _LONGEST_ENCODED_NEXT
        return login_url(view, next_url=request.url) if is_short else url
    login = current_login()
    if not login.may_keep_refusal:
        return url
    page = make_next_param(url, request.url)
    # A page that safe_next_url would refuse is not kept: browsers drop a session cookie that is too long, with the
    # login in it.
    login_session.keep_next(login.session, identifier_of_client(login), page if len(page) <= _LONGEST_NEXT else None)
    return url


def set_login_view(login_view: str, blueprint: Blueprint | None = None) -> None:
    """Set the login view of the current application, or of one of its blueprints.

    Once a blueprint has one, that of the application is kept in ``blueprint_login_views[None]``.
    """
    settings = find_auth(current_app).settings
    views = settings.blueprint_login_views
    if blueprint is not None:
        views[blueprint.name] = login_view
        if settings.login_view is not None:
            views.setdefault(None, settings.login_view)
        settings.login_view = None
    elif views:
        views[None] = login_view
        settings.login_view = None
    else:
        settings.login_view = login_view


def safe_next_url(
    url: str | None = None,
    default: str | None = None,
    *,
    avoid: Collection[str] = (),
    allowed_hosts: Collection[str] = (),
) -> str:
    """*url* if it is a page of this site, or of one of *allowed_hosts*, percent-encoded to ASCII; else *default*.

    Only a path with an optional query and fragment is: a string of up to 2,048 characters that begins with
    exactly one slash and has no backslash, no space or control character and no ``.`` or ``..`` segment,
    however encoded. Browsers repair malformed URLs, so nothing that needs repair is accepted
    (OWASP, Unvalidated Redirects; ASVS 3.7.2).

    Args:
        url: the value to check; if None, the ``next`` of the current request: its query parameter (the
            first one), or what ``USE_SESSION_FOR_NEXT`` keeps in the session. Pass values decoded once.
        default: the page for any other value. It is not checked. If None: ``/``, or the root of the application where
            that is mounted below a path (``root_path``).
        avoid: paths that must not be returned, such as those of the login and logout pages, on whichever host.
        allowed_hosts: the other hosts of the same owner to which people may return, such as ``"www.example.com"``
            from a login at ``auth.example.com``. Each is one exact name, with a port unless it is 443; the URL must
            be ``https``. For development an entry may be an origin, such as ``"http://localhost:5001"``: only such an
            entry allows ``http``. Never take them from the request.

    Raises:
        ConfigurationError: an entry of *allowed_hosts* is neither.
    """
    origins = _origins(allowed_hosts)
    if url is None and has_request_context():
        url = _requested_next()
    page = _checked(url, origins, avoid) if isinstance(url, str) else None
    if page is not None:
        return page
    return _root_of_application() if default is None else default


def _checked(url: str, origins: Collection[str], avoid: Collection[str]) -> str | None:
    """*url*, encoded, if it is a page to which people may return; else None."""
    if len(url) > _LONGEST_NEXT:
        return None
    origin, page = _split_origin(url) if origins else (None, url)
    if origin is not None and origin not in origins:
        return None
    if not _is_local_page(page) or unquote(urlsplit(page).path) in avoid:
        return None
    try:
        return (origin or "") + quote(page, safe=_URL_CHARACTERS)
    except UnicodeEncodeError:  # a lone surrogate
        return None


def _root_of_application() -> str:
    mount = request.root_path.rstrip("/") if has_request_context() else ""
    return f"{quote(mount)}/"


def _origins(allowed_hosts: Collection[str]) -> set[str]:
    """The origins of *allowed_hosts*: ``https``, unless an entry says ``http``."""
    if isinstance(allowed_hosts, str):  # or each of its characters would be a host
        raise ConfigurationError("allowed_hosts", allowed_hosts, "pass a collection of names, such as a set")
    origins = set()
    for entry in allowed_hosts:
        match = _ORIGIN.fullmatch(entry if "://" in entry else f"https://{entry}")
        if match is None:
            raise ConfigurationError("allowed_hosts", entry, _WRONG_HOST)
        origins.add(_normalise(match))
    return origins


def _split_origin(url: str) -> tuple[str | None, str]:
    """The origin of *url*, and its page; (None, *url*) if it does not begin with one, spelt without need of repair."""
    match = _ORIGIN.match(url)
    if match is None:
        return None, url
    return _normalise(match), url[match.end() :] or "/"


def _normalise(origin: re.Match[str]) -> str:
    """The origin in lower case, without the default port of its scheme (RFC 6454, section 4)."""
    scheme, host, port = origin.groups()
    is_default = port in (None, {"http": "80", "https": "443"}[scheme])
    return f"{scheme}://{host.lower()}" if is_default else f"{scheme}://{host.lower()}:{port}"


def _requested_next() -> str | None:
    if current_app.config.get("USE_SESSION_FOR_NEXT", USE_SESSION_FOR_NEXT):
        login = current_login()
        login.varies = True  # the response depends on the session
        return cast(str | None, login.session.get(login_session.NEXT))
    return request.args.get("next")


def _is_local_page(url: str) -> bool:
    if not 1 <= len(url) <= _LONGEST_NEXT or url[0] != "/" or url[1:2] in ("/", "\\"):
        return False
    if "\\" in url or any(character <= " " or character == "\x7f" for character in url):
        return False
    path = url.partition("#")[0].partition("?")[0].lower().replace("%2e", ".")
    return not {".", ".."} & set(path.split("/"))
