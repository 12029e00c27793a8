"""``safe_next_url``: accepts pages of this site and nothing else.

``next_values.json`` holds the values of our own choosing: those that are refused, by what is wrong with
them, and those that are kept, with what they become. Hypothesis looks for more.
"""

import json
import re
import string
from pathlib import Path
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from compat import ConfigurationError, safe_next_url

from .site import Site

VALUES = json.loads((Path(__file__).parent / "next_values.json").read_text())
REFUSED = [
    pytest.param(value, id=f"{why} {number}")
    for why, values in VALUES["refused"].items()
    for number, value in enumerate(values)
]

SPECIAL_SCHEMES = {"http", "https", "ws", "wss", "ftp", "file"}


def origin_in_a_browser(value: str, base: str) -> str:
    """The origin that a browser goes to, from a page at *base*: how the WHATWG URL standard reads *value*.

    Only as much of it as decides about the origin.
    """
    value = value.strip("".join(map(chr, range(0x21))))
    value = re.sub(r"[\t\r\n]", "", value)
    own = urlsplit(base)
    scheme, colon, rest = value.partition(":")
    if colon and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        scheme = scheme.lower()
        if scheme not in SPECIAL_SCHEMES:
            return f"{scheme}:"
        rest = rest.replace("\\", "/")
        if scheme == own.scheme and not rest.startswith("//"):
            return f"{own.scheme}://{own.netloc}"  # read as relative
        return f"{scheme}://{_authority(rest)}"
    value = value.replace("\\", "/")
    if value.startswith("//"):
        return f"{own.scheme}://{_authority(value)}"
    return f"{own.scheme}://{own.netloc}"


def _authority(value: str) -> str:
    return re.split(r"[/?#]", value.lstrip("/"), maxsplit=1)[0].rpartition("@")[2]


def assert_harmless(url: str) -> None:
    """Assert that browsers read *url* as a page of the site, and that it is valid in a header."""
    assert url.startswith("/")
    assert not url.startswith("//")
    assert all(" " < character < "\x7f" for character in url)
    assert urlsplit(url)[:2] == ("", "")
    for base in ("https://app.test/login", "http://app.test/a/b"):
        own = base.partition("//")[0] + "//app.test"
        assert urljoin(base, url).startswith(f"{own}/")
        assert origin_in_a_browser(url, base) == own


@pytest.mark.parametrize("value", REFUSED)
def test_other_values_are_refused(value: str) -> None:
    """Values that would leave the site, or are not valid URLs of it, become the default."""
    assert safe_next_url(value, default="/home") == "/home"


@pytest.mark.parametrize(("value", "url"), VALUES["kept"].items())
def test_pages_of_the_site_are_kept(value: str, url: str) -> None:
    """Path, query and fragment of a page of the site are kept, percent-encoded to ASCII."""
    assert safe_next_url(value) == url
    assert_harmless(url)


@pytest.mark.parametrize("value", [5, ["/a"], b"/a", {"a": 1}, "/\ud800"])
def test_values_that_are_no_text_are_refused(value: Any) -> None:
    """Values that are not well-formed strings become the default."""
    assert safe_next_url(value) == "/"


def test_long_values_are_refused() -> None:
    """Values of more than 2,048 characters become the default."""
    assert safe_next_url("/" + "a" * 2047) == "/" + "a" * 2047
    assert safe_next_url("/" + "a" * 2048) == "/"


@pytest.mark.parametrize("value", ["/logout", "/logout?x=1", "/log%6fut", "/logout#x"])
def test_pages_can_be_avoided(value: str) -> None:
    """Pages in ``avoid``, such as the logout, become the default, however they are written."""
    assert safe_next_url(value, "/home", avoid={"/logout"}) == "/home"
    assert safe_next_url("/logouts", "/home", avoid={"/logout"}) == "/logouts"


def test_the_default_is_given_back_as_it_is() -> None:
    """The default is returned unchanged, even if it is a URL of another site."""
    assert safe_next_url("//evil.test", "https://elsewhere.example/") == "https://elsewhere.example/"
    assert safe_next_url(None, "/home") == "/home"


_mischief = st.lists(
    st.one_of(
        st.sampled_from(["/", "//", "\\", "..", ".", "%2e", "%2F", "%5c", "@", ":", "?", "#", "evil.test"]),
        st.sampled_from(["http:", "https:", "javascript:", "\t", "\n", "\r", "\x00", "\x7f", " ", "\u3002"]),
        st.sampled_from(["\uff0f", "\u2028", "é", "\ufeff", "[", "]", ";", "\ud800"]),
        st.text(max_size=3),
        st.sampled_from(string.printable),
    ),
    max_size=12,
).map("".join)


@given(st.one_of(_mischief, _mischief.map(lambda tail: "/" + tail), st.text()))
@example("/\t/evil.test")
@example("/\\evil.test")
def test_accepted_values_are_harmless(value: str) -> None:
    """Every accepted value begins with one slash, is printable ASCII, and stays on the origin."""
    url = safe_next_url(value, default="/refused")

    assert_harmless(url)
    assert len(url) <= 2048 * 12


@given(_mischief)
def test_accepted_values_are_accepted_again(value: str) -> None:
    """The result is a fixed point: checking it twice changes nothing."""
    url = safe_next_url(value, default="/refused")

    assert safe_next_url(url, default="/refused again") == url


@given(st.text(alphabet=string.ascii_letters + string.digits + "-_~", min_size=1), st.text(max_size=20))
def test_ordinary_pages_pass(path: str, query: str) -> None:
    """A correctly encoded path with any query is kept."""
    from urllib.parse import urlencode

    url = f"/{path}?{urlencode({'q': query})}"

    assert safe_next_url(url, default="/refused") == url


# --- other hosts of the same owner

ALLOWED = ("www.example.com", "shop.example.com:8443", "[2001:db8::1]", "http://localhost:5001")
ORIGINS = {
    "https://www.example.com", "https://shop.example.com:8443", "https://[2001:db8::1]", "http://localhost:5001"
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "url"),
    {
        "https://www.example.com/a?b=1#c": "https://www.example.com/a?b=1#c",
        "https://www.example.com": "https://www.example.com/",
        "https://WWW.Example.Com:443/é": "https://www.example.com/%C3%A9",
        "https://shop.example.com:8443/a": "https://shop.example.com:8443/a",
        "https://[2001:DB8::1]/a": "https://[2001:db8::1]/a",
        "http://localhost:5001/a": "http://localhost:5001/a",
        "/a": "/a",
    }.items(),
)
def test_pages_of_allowed_hosts_are_kept(value: str, url: str) -> None:
    """A page of an allowed host is kept, and so is one of this site."""
    assert safe_next_url(value, allowed_hosts=ALLOWED) == url
    if value != "/a":
        assert safe_next_url(value, "/home") == "/home"


@pytest.mark.parametrize(
    "value",
    [
        "http://www.example.com/",
        "https://example.com/",
        "https://auth.www.example.com/",
        "https://www.example.com./",
        "https://www.example.com:8443/",
        "https://www.example.com:0443/",
        "https://www.example.com:/",
        "https://shop.example.com/",
        "https://localhost:5001/",
        "https://www.example.com.evil.test/",
        "https://www.example.com@evil.test/",
        "https://evil.test@www.example.com/",
        "https://evil.test/https://www.example.com/",
        "https://www.example.com\\@evil.test/",
        "https://www.example.com?/",
        "https://www.example.com#/",
        "https://www.example.com//evil.test",
        "https://www.example.com/../a",
        "https://www.example.com\n/",
        "https://www\uff0eexample.com/",
        "https://www%2eexample.com/",
        "https:/www.example.com/",
        "https:www.example.com/",
        "HTTPS://www.example.com/",
        "//www.example.com/",
        "https://",
        "https://www.example.com/" + "a" * 2048,
    ],
)
def test_other_hosts_are_refused(value: str) -> None:
    """Another name, port or scheme than an allowed one is refused, and so is any other spelling."""
    assert safe_next_url(value, "/home", allowed_hosts=ALLOWED) == "/home"


def test_pages_of_allowed_hosts_can_be_avoided() -> None:
    """A path in ``avoid`` is refused on every host."""
    url = "https://www.example.com/log%6fut?x=1"
    assert safe_next_url(url, "/home", avoid={"/logout"}, allowed_hosts=ALLOWED) == "/home"


@pytest.mark.parametrize(
    "entry",
    ["", "*", "*.example.com", ".example.com", "www.example.com/", "//www.example.com", "ftp://www.example.com",
     "www.example.com:", "www.example.com:0", "a@www.example.com", "bücher.example", "www.example.com "],
)  # fmt: skip
def test_an_entry_that_is_no_exact_name_is_an_error(entry: str) -> None:
    """A wildcard, a path or an empty name in ``allowed_hosts`` is an error that shows it, whatever the URL is."""
    with pytest.raises(ConfigurationError, match=re.escape(f"allowed_hosts = {entry!r}")):
        safe_next_url("/a", allowed_hosts={"www.example.com", entry})


def test_one_name_is_no_collection() -> None:
    """A string for the collection is an error: its characters would be the names."""
    with pytest.raises(ConfigurationError, match="such as a set"):
        safe_next_url("/a", allowed_hosts="www.example.com")


_almost_allowed = st.tuples(
    st.sampled_from(["https://", "http://", "https:", "HTTPS://", "//", "https:\\\\", ""]),
    st.one_of(st.sampled_from(ALLOWED).map(lambda entry: entry.rpartition("//")[2]), _mischief),
    st.one_of(st.just("/"), _mischief),
    _mischief,
).map("".join)


@given(st.one_of(_almost_allowed, _mischief, st.text()))
@example("https://www.example.com\t.evil.test/")
@example("https://www.example.com:443@evil.test/")
def test_accepted_values_lead_to_allowed_hosts(value: str) -> None:
    """Every accepted value leads a browser to this site or to exactly one of the allowed origins."""
    url = safe_next_url(value, "/refused", allowed_hosts=ALLOWED)

    assert safe_next_url(url, "/refused again", allowed_hosts=ALLOWED) == url
    if url.startswith("/"):
        assert_harmless(url)
        return
    origin = origin_in_a_browser(url, "https://auth.example.com/login")
    assert origin in ORIGINS
    assert_harmless(url.removeprefix(origin))


@given(st.sampled_from(sorted(ORIGINS)), st.text(alphabet=string.ascii_letters + string.digits + "-_~"))
def test_ordinary_pages_of_allowed_hosts_pass(origin: str, path: str) -> None:
    """A correctly encoded page of each allowed origin is kept."""
    assert safe_next_url(f"{origin}/{path}?a=b", allowed_hosts=ALLOWED) == f"{origin}/{path}?a=b"


async def test_a_login_at_another_host_leads_back(site: Site) -> None:
    """A page refused at one host is in the URL of the login at another, which accepts it as ``next``."""
    site.manager.login_view = "https://auth.example.com/login"
    response = await site.client().get("/members?page=2", headers={"Host": "www.example.com"}, scheme="https")
    assert response.location.startswith("https://auth.example.com/login?next=https")

    async with site.app.test_request_context(response.location.removeprefix("https://auth.example.com")):
        assert safe_next_url(allowed_hosts=ALLOWED) == "https://www.example.com/members?page=2"
        assert safe_next_url() == "/"


# --- from the request


@pytest.mark.parametrize(
    ("query", "url"),
    [
        ("?next=/a", "/a"),
        ("?next=%2Fa%3Fb%3D1", "/a?b=1"),
        ("?next=//evil.test", "/home"),
        ("?next=%252F%252Fevil.test", "/home"),
        ("?next=/a&next=//evil.test", "/a"),
        ("?next=//evil.test&next=/a", "/home"),
        ("", "/home"),
    ],
)
async def test_next_is_taken_from_the_query(site: Site, query: str, url: str) -> None:
    """Without a value, the first ``next`` of the request's query is checked, decoded once."""
    async with site.app.test_request_context(f"/login{query}"):
        assert safe_next_url(default="/home") == url


async def test_next_is_taken_from_the_session_where_it_is_kept() -> None:
    """With ``USE_SESSION_FOR_NEXT`` the query is ignored, and the value in the session is checked."""
    from quart import session

    site = Site(USE_SESSION_FOR_NEXT=True)
    async with site.app.test_request_context("/login?next=/query"):
        assert safe_next_url(default="/home") == "/home"
        session["next"] = "/kept"
        assert safe_next_url(default="/home") == "/kept"
        session["next"] = "//evil.test"
        assert safe_next_url(default="/home") == "/home"
