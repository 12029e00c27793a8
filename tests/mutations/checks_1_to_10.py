"""Mutations for checks 1 to 10 of docs/security.md."""

from __future__ import annotations

from .mutation import Mutation

_REPLAY = "tests/checks/test_stolen_cookies.py::"
_REDIRECTS = "tests/checks/test_redirects.py::"
_FAULTS = "tests/checks/test_database_faults.py::"
_FORGERY = "tests/checks/test_forgery.py::"

MUTATIONS = (
    Mutation(
        check=1,
        breaks="Logging out deletes the cookies and keeps the row.",
        file="quart_app/accounts/login.py",
        old="        await end_own_session(current_user)\n",
        new="        pass\n",
        tests=(f"{_REPLAY}test_replay_after_logout[sqlite]",),
    ),
    Mutation(
        check=2,
        breaks="A changed password ends no other login.",
        file="quart_app/accounts/changes.py",
        old="ended = await end_sessions_in(session, user.id, except_for=None if row is None else row.id)",
        new="ended = 0",
        tests=(f"{_REPLAY}test_password_change[sqlite]",),
    ),
    Mutation(
        check=2,
        breaks="A changed password leaves the handle of this login as it was.",
        file="quart_app/sessions/confirmation.py",
        old="    row.renew_handle()\n",
        new="",
        tests=(f"{_REPLAY}test_password_change[sqlite]",),
    ),
    Mutation(
        check=3,
        breaks="Websockets are not compared with the remaining rows.",
        file="quart_app/live/watch.py",
        old="if (socket.session_id, socket.person.id) not in living:",
        new="if living is None:",
        tests=(f"{_REPLAY}test_log_out_everywhere[sqlite]",),
    ),
    Mutation(
        check=4,
        breaks="A second slash at the beginning of `next` is accepted.",
        file="compat/redirects.py",
        old='or url[1:2] in ("/", "\\\\"):',
        new='or url[1:2] == "\\\\":',
        tests=(f"{_REDIRECTS}test_next_leaves_the_site_for_nobody[sqlite]",),
    ),
    Mutation(
        check=4,
        breaks="`next` is used unchecked.",
        file="compat/redirects.py",
        old="if not _is_local_page(page) or unquote(urlsplit(page).path) in avoid:",
        new="if unquote(urlsplit(page).path) in avoid:",
        tests=(f"{_REDIRECTS}test_next_leaves_the_site_for_nobody[sqlite]",),
    ),
    Mutation(
        check=4,
        breaks="The login page redirects unchecked.",
        file="quart_app/pages/login.py",
        old="wanted = wanted_page()\n    form = await LoginForm",
        new='wanted = request.args.get("next", "")\n    form = await LoginForm',
        tests=(f"{_REDIRECTS}test_next_leaves_the_site_for_nobody[sqlite]",),
    ),
    Mutation(
        check=4,
        breaks="The error page of an unknown address redirects to it.",
        file="quart_app/errors/pages.py",
        old="        if is_from_program() or (not is_websocket and is_for_api()):\n",
        new=(
            "        if error.code == 404:\n"
            "            from quart import request\n\n"
            '            return Response("", 302, {"Location": request.path})\n'
            "        if is_from_program() or (not is_websocket and is_for_api()):\n"
        ),
        tests=(f"{_REDIRECTS}test_addresses_leave_the_site_for_nobody",),
    ),
    Mutation(
        check=5,
        breaks="Signatures of remember cookies are compared as text.",
        file="compat/tokens.py",
        old="if hmac.compare_digest(_digest(payload, _secret_key(key)).encode(), given):",
        new="if hmac.compare_digest(_digest(payload, _secret_key(key)), digest):",
        tests=("tests/checks/test_odd_cookies.py::test_odd_cookies[sqlite]",),
    ),
    Mutation(
        check=5,
        breaks="The row of a remembered login never expires.",
        file="quart_app/sessions/limits.py",
        old="return is_idle or now > self.end_of(session)",
        new="return is_idle",
        tests=("tests/checks/test_odd_cookies.py::test_old_cookies[sqlite]",),
    ),
    Mutation(
        check=6,
        breaks='The user loader treats an error as "no such user".',
        file="quart_app/sessions/lookup.py",
        old="    found = await database.load(_SESSION_AND_USER, handle_hash)\n",
        new=(
            "    try:\n"
            "        found = await database.load(_SESSION_AND_USER, handle_hash)\n"
            "    except Exception:\n"
            "        return None\n"
        ),
        tests=(f"{_FAULTS}test_faults[pool_empty]",),
    ),
    Mutation(
        check=6,
        breaks="A query has no timeout that ends it in time.",
        file="quart_app/database/postgresql.py",
        old=(
            "_OPERATION_TIMEOUT = 2.5  # seconds\n"
            "_CONNECT_TIMEOUT = 2.0  # seconds\n"
            "_COMMAND_TIMEOUT = 2.0  # seconds, asyncpg's\n"
        ),
        new="_OPERATION_TIMEOUT = 12.0\n_CONNECT_TIMEOUT = 12.0\n_COMMAND_TIMEOUT = 12.0\n",
        tests=(f"{_FAULTS}test_faults[frozen]",),
    ),
    Mutation(
        check=6,
        breaks="`Retry-After` is missing.",
        file="quart_app/database/faults.py",
        old=", retry_after=1)",
        new=")",
        tests=(f"{_FAULTS}test_faults[pool_empty]",),
    ),
    Mutation(
        check=6,
        breaks="A 503 may set cookies.",
        file="quart_app/defences/session_cookies.py",
        old="response.status_code >= _FAILED or _is_for_a_token()",
        new="_is_for_a_token()",
        tests=(f"{_FAULTS}test_faults[pool_empty]",),
    ),
    Mutation(
        check=7,
        breaks="Another subdomain counts as this site.",
        file="quart_app/defences/cross_site.py",
        old='frozenset({"same-origin", "none"})',
        new='frozenset({"same-origin", "same-site", "none"})',
        tests=(
            f"{_FORGERY}test_pages_need_the_token_of_their_session[sqlite]",
            f"{_FORGERY}test_the_api_is_not_for_other_sites[sqlite]",
        ),
    ),
    Mutation(
        check=7,
        breaks="The API takes cookies from an allowed origin.",
        file="quart_app/defences/other_origins.py",
        old="_another_site(scope, headers):\n                _remove_cookies(scope)\n",
        new="_another_site(scope, headers):\n                mark_token_only(scope)\n",
        tests=(f"{_FORGERY}test_allowed_origins_have_no_cookies[sqlite]",),
    ),
    Mutation(
        check=7,
        breaks="Buttons that are not forms of WTForms need no token.",
        file="quart_app/defences/csrf.py",
        old="            await protection.protect()\n",
        new="            pass\n",
        tests=(f"{_FORGERY}test_pages_need_the_token_of_their_session[sqlite]",),
    ),
    Mutation(
        check=8,
        breaks="Only pages that use the user send `Vary`.",
        file="quart_app/defences/headers.py",
        old='            _vary_by_credentials(response, has_vary="vary" in present)\n',
        new="",
        tests=("tests/checks/test_caches.py::test_answers_that_depend_on_who_asks[sqlite]",),
    ),
    Mutation(
        check=8,
        breaks="The browser's own cache keeps pages.",
        file="quart_app/defences/headers.py",
        old='response.headers.add("cache-control", "no-store")',
        new='response.headers.add("cache-control", "private")',
        tests=("tests/checks/test_caches.py::test_ways_to_look[get-sqlite]",),
    ),
    Mutation(
        check=9,
        breaks="The page that changes the password requires only a login.",
        file="quart_app/pages/account.py",
        old="@fresh_login_required\nasync def password()",
        new="@login_required\nasync def password()",
        tests=("tests/checks/test_freshness.py::test_remembered_users_confirm_first[sqlite]",),
    ),
    Mutation(
        check=10,
        breaks="The server ends with its worker.",
        file="quart_app/serve/supervisor.py",
        old="                self._serving.append(await self._start_again())\n",
        new="                return\n",
        tests=("tests/checks/test_killed_workers.py::test_killed_worker",),
    ),
    Mutation(
        check=10,
        breaks="A registration is answered a second before it is written.",
        file="quart_app/accounts/users.py",
        old="        await _insert(user, claim)\n    except",
        new=(
            "        import asyncio\n\n"
            "        from quart import current_app\n\n"
            "        async def insert_later() -> None:\n"
            "            await asyncio.sleep(1)\n"
            "            await _insert(user, claim)\n\n"
            "        current_app.add_background_task(insert_later)\n"
            "    except"
        ),
        tests=("tests/checks/test_killed_workers.py::test_killed_worker",),
    ),
)
