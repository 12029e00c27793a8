"""Mutations for checks 21 to 30 of docs/security.md."""

from __future__ import annotations

from .mutation import Mutation

_GUESSING = "tests/checks/test_throttle.py::test_guessing[sqlite]"
_WEBSOCKETS = "tests/checks/test_websockets.py::"
_PASSWORDS = "tests/checks/test_passwords.py::"
_WHICH_PASSWORDS = f"{_PASSWORDS}test_which_passwords_there_may_be[sqlite]"
_FIXATION = "tests/checks/test_fixation.py::"
_SPOOFING = "tests/checks/test_spoofing.py::"
_STOPPING = "tests/checks/test_stopping.py::"

MUTATIONS = (
    Mutation(
        check=21,
        breaks="Guesses are counted by the name and the address that a header claims.",
        file="quart_app/accounts/authentication.py",
        old='    key = attempts_key("name", username_key(name)) if device is None',
        new=(
            "    from quart import request\n\n"
            '    counted = username_key(name) + request.headers.get("X-Forwarded-For", "")\n'
            '    key = attempts_key("name", counted) if device is None'
        ),
        tests=(_GUESSING,),
    ),
    Mutation(
        check=21,
        breaks="Each worker counts guesses by itself.",
        file="quart_app/accounts/throttle.py",
        old="secret = str(current_app.secret_key).encode()",
        new="secret = str(id(current_app.extensions)).encode()",
        tests=(_GUESSING,),
    ),
    Mutation(
        check=22,
        breaks="The remember cookie is deleted without its attributes.",
        file="compat/remember_cookie.py",
        old='response.delete_cookie(self.cookie_name, **{**attributes, "path": path, "partitioned": partitioned})',
        new="response.delete_cookie(self.cookie_name)",
        tests=("tests/checks/test_cookie_attributes.py::test_attributes[sqlite]",),
    ),
    Mutation(
        check=23,
        breaks="A websocket without `Origin` is accepted.",
        file="quart_app/defences/cross_site.py",
        old='if not (origin or sent.get("Cookie")) or is_own_origin(',
        new="if not origin or is_own_origin(",
        tests=(f"{_WEBSOCKETS}test_origins",),
    ),
    Mutation(
        check=23,
        breaks="A websocket whose origin only begins like the site's is accepted.",
        file="quart_app/defences/cross_site.py",
        old="_ORIGIN.fullmatch(text)",
        new="_ORIGIN.match(text)",
        tests=(f"{_WEBSOCKETS}test_origins",),
    ),
    Mutation(
        check=23,
        breaks="The websocket takes cookies from an allowed origin.",
        file="quart_app/defences/other_origins.py",
        old="ocket(scope, _headers(scope)):\n                _remove_cookies(scope)\n",
        new="ocket(scope, _headers(scope)):\n                mark_token_only(scope)\n",
        tests=(f"{_WEBSOCKETS}test_origins",),
    ),
    Mutation(
        check=23,
        breaks="A message may have 16 MiB.",
        file="hypercorn.toml",
        old="websocket_max_message_size = 65536",
        new="websocket_max_message_size = 16777216",
        tests=(f"{_WEBSOCKETS}test_what_it_takes",),
    ),
    Mutation(
        check=23,
        breaks="The queue of messages is unbounded.",
        file="quart_app/framework/websocket_backpressure.py",
        old="MESSAGES_WAITING = 8\n",
        new="MESSAGES_WAITING = 10**9\n",
        tests=(f"{_WEBSOCKETS}test_a_view_that_does_not_read[sqlite]",),
    ),
    Mutation(
        check=24,
        breaks="JSON that is nested too deep is not caught.",
        file="quart_app/api/body.py",
        old="except (ValueError, RecursionError):",
        new="except ValueError:",
        tests=("tests/checks/test_bodies.py::test_hostile_bodies[sqlite]",),
    ),
    Mutation(
        check=25,
        breaks="Fourteen characters are accepted.",
        file="quart_app/accounts/password_rules.py",
        old="PASSWORD_MIN = 15\n",
        new="PASSWORD_MIN = 14\n",
        tests=(_WHICH_PASSWORDS,),
    ),
    Mutation(
        check=25,
        breaks="Passwords are trimmed.",
        file="quart_app/accounts/password_rules.py",
        old='unicodedata.normalize("NFKC", password)',
        new='unicodedata.normalize("NFKC", password).strip()',
        tests=(_WHICH_PASSWORDS,),
    ),
    Mutation(
        check=25,
        breaks="Passwords are cut at 72 characters.",
        file="quart_app/accounts/password_rules.py",
        old='unicodedata.normalize("NFKC", password)',
        new='unicodedata.normalize("NFKC", password)[:72]',
        tests=(_WHICH_PASSWORDS,),
    ),
    Mutation(
        check=25,
        breaks="Digits are required.",
        file="quart_app/accounts/password_rules.py",
        old="    if len(password) < PASSWORD_MIN:\n",
        new="    if len(password) < PASSWORD_MIN or not any(map(str.isdigit, password)):\n",
        tests=(_WHICH_PASSWORDS,),
    ),
    Mutation(
        check=25,
        breaks="Only whole words count as common.",
        file="quart_app/accounts/password_rules.py",
        old="or any(_is_made_of(core, lambda w: w in names or _is_common(w)) for core in cores):",
        new="or any(map(_is_common, cores)):",
        tests=(f"{_PASSWORDS}test_common_passwords",),
    ),
    Mutation(
        check=26,
        breaks="The hash is Werkzeug's default.",
        file="quart_app/settings.py",
        old='default="scrypt:32768:8:3"',
        new='default="scrypt:32768:8:1"',
        tests=(f"{_PASSWORDS}test_the_hash_is_slow_enough",),
    ),
    Mutation(
        check=26,
        breaks="A hash is never replaced.",
        file="quart_app/accounts/passwords.py",
        old='return stored is not None and not stored.startswith(f"{self._method}$")',
        new="return False",
        tests=(f"{_PASSWORDS}test_weak_hashes_are_replaced[sqlite]",),
    ),
    Mutation(
        check=27,
        breaks="Logging out deletes the cookies only.",
        file="quart_app/accounts/login.py",
        old="        await end_own_session(current_user)\n",
        new="        pass\n",
        tests=(f"{_FIXATION}test_a_slow_request_logs_nobody_in_again[sqlite]",),
    ),
    Mutation(
        check=27,
        breaks="A 500 may set cookies.",
        file="quart_app/defences/session_cookies.py",
        old="response.status_code >= _FAILED or _is_for_a_token()",
        new="_is_for_a_token()",
        tests=(f"{_FIXATION}test_a_login_that_raises_is_none[sqlite]",),
    ),
    Mutation(
        check=28,
        breaks="`X-Forwarded-For` is trusted without a proxy.",
        file="quart_app/settings.py",
        old="trusted_hops: int = Field(default=0,",
        new="trusted_hops: int = Field(default=1,",
        tests=(f"{_SPOOFING}test_what_a_client_says_of_itself[sqlite]",),
    ),
    Mutation(
        check=28,
        breaks="A header is part of what is counted.",
        file="quart_app/accounts/authentication.py",
        old='    key = attempts_key("name", username_key(name)) if device is None',
        new=(
            "    from quart import request\n\n"
            '    counted = username_key(name) + request.headers.get("X-Real-IP", "")\n'
            '    key = attempts_key("name", counted) if device is None'
        ),
        tests=(f"{_SPOOFING}test_throttled_in_any_disguise[sqlite]",),
    ),
    Mutation(
        check=28,
        breaks="A host may begin like the site's.",
        file="quart_app/defences/hosts.py",
        old="host_is_trusted(host, self._names)",
        new="host.startswith(tuple(self._names))",
        tests=(f"{_SPOOFING}test_other_names_of_the_site[sqlite]",),
    ),
    Mutation(
        check=28,
        breaks="Session protection is off.",
        file="compat/login_settings.py",
        old='Literal["basic", "strong"] | None = "basic"',
        new='Literal["basic", "strong"] | None = None',
        tests=(f"{_SPOOFING}test_stolen_cookies_and_the_address_of_their_owner[sqlite]",),
    ),
    Mutation(
        check=29,
        breaks="An id of any type is looked up.",
        file="quart_app/sessions/lookup.py",
        old="handle_hash = hash_handle(handle) if isinstance(handle, str) else None",
        new="handle_hash = hash_handle(handle)",
        tests=("tests/checks/test_odd_cookies.py::test_odd_ids[sqlite]",),
    ),
    Mutation(
        check=30,
        breaks="Workers are killed.",
        file="quart_app/serve/supervisor.py",
        old="        worker.process.terminate()\n",
        new="        worker.process.kill()\n",
        tests=(f"{_STOPPING}test_requests_in_flight",),
    ),
    Mutation(
        check=30,
        breaks="Workers are given no time.",
        file="hypercorn.toml",
        old="graceful_timeout = 10.0",
        new="graceful_timeout = 0.0",
        tests=(f"{_STOPPING}test_requests_in_flight",),
    ),
    Mutation(
        check=30,
        breaks="SQLite has no WAL.",
        file="quart_app/database/sqlite.py",
        old='"PRAGMA journal_mode = WAL"',
        new='"PRAGMA journal_mode = DELETE"',
        tests=(f"{_STOPPING}test_sqlite_cannot_write[locked-sqlite]",),
    ),
    Mutation(
        check=30,
        breaks="A full disk counts as a bug.",
        file="quart_app/database/faults.py",
        old="        return not (isinstance(error, _MISTAKES) or ",
        new='        return not ("full" in str(error.orig) or isinstance(error, _MISTAKES) or ',
        tests=(f"{_STOPPING}test_sqlite_cannot_write[full-sqlite]",),
    ),
)
