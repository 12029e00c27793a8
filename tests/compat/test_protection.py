"""Session protection: requests of the client that logged in, and of others."""

from hashlib import sha512
from typing import Any

import pytest

from compat import ConfigurationError

from .site import REMEMBER, Site, cookie, listening, names, put_cookie, set_cookies, text

ELSEWHERE = {"User-Agent": "another browser"}
ADDRESS = {"client": ("192.0.2.7", 4711)}


async def test_basic_makes_another_client_stale() -> None:
    """Basic protection, the default: with another User-Agent a login stays, but is stale from then on."""
    site = Site()
    client = await site.logged_in()

    with listening(site.app) as heard:
        assert await text(client, "/whoami", headers=ELSEWHERE) == "susan"

    assert names(heard) == ["user_accessed", "session_protected", "user_loaded"]
    assert await text(client, "/fresh") == "False"


async def test_strong_ends_the_login_of_another_client() -> None:
    """``"strong"`` removes the login and the remember cookie, and leaves the rest of the session."""
    site = Site(SESSION_PROTECTION="strong")
    client = site.client()
    await text(client, "/basket")
    await text(client, "/login?remember=1")

    with listening(site.app) as heard:
        assert await text(client, "/whoami", headers=ELSEWHERE) == "nobody"

    assert names(heard) == ["user_accessed", "session_protected"]
    assert site.session_of(client) == {"basket": "full"}
    assert cookie(client, REMEMBER) is None
    assert await text(client, "/whoami") == "nobody"


@pytest.mark.parametrize("fault", [None, RuntimeError("no database")])
async def test_strong_wins_over_what_the_loader_says(fault: Exception | None) -> None:
    """A client that strong protection refuses does not get the loader's error, although the loader ran before."""
    site = Site(SESSION_PROTECTION="strong")
    client = await site.logged_in()
    site.fault = fault

    assert await text(client, "/whoami", headers=ELSEWHERE) == "nobody"


async def test_strong_is_basic_for_permanent_sessions() -> None:
    """As in Flask-Login, a permanent session is never ended."""
    site = Site(SESSION_PROTECTION="strong")
    client = await site.logged_in()
    put_cookie(client, "session", site.seal_session({**site.session_of(client), "_permanent": True}))

    assert await text(client, "/whoami", headers=ELSEWHERE) == "susan"
    assert await text(client, "/fresh") == "False"


@pytest.mark.parametrize("mode", [None, "", False])
async def test_protection_can_be_off(mode: Any) -> None:
    """No mode turns protection off."""
    site = Site(SESSION_PROTECTION=mode)
    client = await site.logged_in()

    with listening(site.app) as heard:
        assert await text(client, "/fresh", headers=ELSEWHERE) == "True"

    assert "session_protected" not in names(heard)


@pytest.mark.parametrize("mode", ["Strong", "off", True, 5])
async def test_an_unknown_mode_is_an_error(mode: Any) -> None:
    """A wrong mode never turns protection off: the application does not start, and no login is accepted."""
    site = Site(SESSION_PROTECTION=mode)
    client = await site.logged_in()

    assert (await client.get("/whoami", headers=ELSEWHERE)).status_code == 500
    with pytest.raises(ConfigurationError, match=r"SESSION_PROTECTION = .* use 'basic', 'strong' or None"):
        await site.app.startup()


@pytest.mark.parametrize("mode", ["basic", "strong"])
async def test_the_same_client_passes(mode: str) -> None:
    """Requests of the same client change nothing."""
    site = Site(SESSION_PROTECTION=mode)
    client = await site.logged_in()

    response = await client.get("/fresh")

    assert await response.get_data(as_text=True) == "True"
    assert set_cookies(response) == {}


async def test_the_managers_mode_is_used_without_a_setting() -> None:
    """The manager's ``session_protection`` is used unless ``SESSION_PROTECTION`` is configured."""
    site = Site()
    site.manager.session_protection = "strong"
    client = await site.logged_in()
    assert await text(client, "/whoami", headers=ELSEWHERE) == "nobody"

    site.app.config["SESSION_PROTECTION"] = None
    client = await site.logged_in()
    assert await text(client, "/fresh", headers=ELSEWHERE) == "True"


async def test_another_address_is_another_client() -> None:
    """A request from another address is from another client."""
    site = Site(SESSION_PROTECTION="strong")
    client = await site.logged_in()

    assert await text(client, "/whoami", scope_base=ADDRESS) == "nobody"


@pytest.mark.parametrize("here", ["192.0.2.7", "::ffff:192.0.2.7"])
async def test_both_forms_of_an_address_are_one_client(here: str) -> None:
    """IPv4 and IPv4-mapped, both ways; what is written is Flask-Login's, and another address is another client."""
    there = {"192.0.2.7": "::ffff:192.0.2.7", "::ffff:192.0.2.7": "192.0.2.7"}[here]
    site = Site(SESSION_PROTECTION="strong")
    client = site.client()
    agent = {"User-Agent": "a browser"}
    await text(client, "/login", headers=agent, scope_base={"client": (here, 4711)})

    assert site.session_of(client)["_id"] == sha512(f"{here.encode()!r}|{b'a browser'!r}".encode()).hexdigest()
    assert await text(client, "/fresh", headers=agent, scope_base={"client": (there, 1)}) == "True"
    for other in (there.replace("2.7", "2.8"), "::192.0.2.7", "2002:c000:207::", "<local>"):
        thief = site.client()
        put_cookie(thief, "session", site.seal_session(site.session_of(client)))
        assert await text(thief, "/whoami", headers=agent, scope_base={"client": (other, 1)}) == "nobody"


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Remote-Addr", "X-Client-IP", "X-Forwarded-Host"]
)
async def test_headers_cannot_spoof_the_address(header: str) -> None:
    """A thief who sends the victim's address in ``X-Forwarded-For`` is another client."""
    site = Site(SESSION_PROTECTION="strong")
    victim = site.client()
    await text(victim, "/login", scope_base=ADDRESS)
    stolen = cookie(victim, "session")
    assert stolen is not None

    thief = site.client()
    put_cookie(thief, "session", stolen)

    assert await text(thief, "/whoami", headers={header: "192.0.2.7"}) == "nobody"


async def test_headers_do_not_change_the_client() -> None:
    """The owner who sends such a header is the same client."""
    site = Site(SESSION_PROTECTION="strong")
    client = await site.logged_in()

    assert await text(client, "/fresh", headers={"X-Forwarded-For": "192.0.2.9"}) == "True"


def identifier(base: str) -> str:
    """Flask-Login's hash of address and User-Agent."""
    return sha512(base.encode()).hexdigest()


@pytest.mark.parametrize(
    "base",
    [
        pytest.param("b'192.0.2.7'|b'a browser'", id="0.6.3"),
        pytest.param("192.0.2.7|a browser", id="main branch"),
    ],
)
async def test_identifiers_of_both_flask_logins_are_known(base: str) -> None:
    """The identifiers of both Flask-Login versions are accepted from their client."""
    site = Site(SESSION_PROTECTION="strong")
    client = site.client()
    login = {"_user_id": "1", "_fresh": True, "_id": identifier(base)}
    put_cookie(client, "session", site.seal_session(login))
    same = {"headers": {"User-Agent": "a browser"}, "scope_base": ADDRESS}

    assert await text(client, "/fresh", **same) == "True"
    assert await text(client, "/whoami", scope_base=ADDRESS) == "nobody"


async def test_a_client_without_user_agent_is_a_client() -> None:
    """A client without a User-Agent header is recognised."""
    site = Site(SESSION_PROTECTION="strong")
    for base in ("b'192.0.2.7'|b''", "192.0.2.7|"):
        client = site.client()
        login = {"_user_id": "1", "_fresh": True, "_id": identifier(base)}
        put_cookie(client, "session", site.seal_session(login))
        assert await text(client, "/fresh", headers={"User-Agent": ""}, scope_base=ADDRESS) == "True"


async def test_long_user_agents_are_told_apart() -> None:
    """User-Agents that differ only after many characters are different clients."""
    site = Site(SESSION_PROTECTION="strong")
    client = site.client()
    agent = "x" * 5000
    await text(client, "/login", headers={"User-Agent": agent + "1"})

    assert await text(client, "/whoami", headers={"User-Agent": agent + "1"}) == "susan"
    assert await text(client, "/whoami", headers={"User-Agent": agent + "2"}) == "nobody"


async def test_the_identifier_may_be_ones_own() -> None:
    """``_session_identifier_generator`` may be replaced, as applications of Flask-Login do."""
    site = Site(SESSION_PROTECTION="strong")
    site.manager._session_identifier_generator = lambda: "the only client"
    client = await site.logged_in()

    assert site.session_of(client)["_id"] == "the only client"
    assert await text(client, "/fresh", headers=ELSEWHERE) == "True"
    site.manager._session_identifier_generator = lambda: "somebody else"
    assert await text(client, "/whoami") == "nobody"


async def test_a_session_without_login_is_not_protected() -> None:
    """A session that holds no login belongs to no client: it is left as it is, and so is the remember cookie."""
    site = Site(SESSION_PROTECTION="strong")
    client = site.client()
    await text(client, "/basket")

    with listening(site.app) as heard:
        response = await client.get("/whoami", headers=ELSEWHERE)

    assert names(heard) == ["user_accessed"]
    assert "Set-Cookie" not in response.headers
    assert site.session_of(client) == {"basket": "full"}


async def test_an_empty_session_is_not_protected() -> None:
    """For an empty session nothing is written."""
    site = Site(SESSION_PROTECTION="strong")

    with listening(site.app) as heard:
        response = await site.client().get("/whoami")

    assert names(heard) == ["user_accessed"]
    assert set_cookies(response) == {}


async def test_every_request_of_another_client_sends_a_signal() -> None:
    """``session_protected`` is sent each time; the session is written only the first time."""
    site = Site()
    client = await site.logged_in()

    for written in ({"session"}, set()):
        with listening(site.app) as heard:
            response = await client.get("/whoami", headers=ELSEWHERE)
        assert "session_protected" in names(heard)
        assert set(set_cookies(response)) == written


async def test_confirming_binds_to_the_new_client() -> None:
    """``confirm_login`` binds the login to the client that calls it."""
    site = Site()
    client = await site.logged_in()
    await text(client, "/whoami", headers=ELSEWHERE)

    await text(client, "/confirm", headers=ELSEWHERE)

    assert await text(client, "/fresh", headers=ELSEWHERE) == "True"
    assert await text(client, "/fresh") == "False"
