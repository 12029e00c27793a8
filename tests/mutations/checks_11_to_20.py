"""Mutations for checks 11 to 20 of docs/security.md."""

from __future__ import annotations

from .mutation import Mutation

_KILLED = "tests/checks/test_killed_workers.py::"
_RESTART = "tests/checks/test_database_faults.py::test_restart_under_load"
_CLOCKS = "tests/checks/test_clocks.py::"
_KEYS = "tests/checks/test_keys.py::test_nobody_notices_a_new_key[sqlite]"
_REGISTRATION = "tests/checks/test_registration.py::"

MUTATIONS = (
    Mutation(
        check=11,
        breaks="An account is written in two transactions, the password in the second.",
        file="quart_app/accounts/users.py",
        old="        await session.flush()  # gives it an id\n",
        new=(
            "        password_hash, user.password_hash = user.password_hash, None\n"
            "        await session.commit()\n"
            "        user.password_hash = password_hash\n"
        ),
        tests=(f"{_KILLED}test_killed_in_a_registration[answer]",),
    ),
    Mutation(
        check=11,
        breaks="The answer to a registration is sent before it is written.",
        file="quart_app/accounts/users.py",
        old="        await _insert(user, claim)\n    except",
        new=(
            "        from quart import current_app\n\n"
            "        current_app.add_background_task(_insert, user)\n"
            "    except"
        ),
        tests=(f"{_KILLED}test_killed_in_a_registration[commit]",),
    ),
    Mutation(
        check=12,
        breaks='The user loader treats an error as "no such user".',
        file="quart_app/sessions/lookup.py",
        old="    found = await database.load(_SESSION_AND_USER, handle_hash)\n",
        new=(
            "    try:\n"
            "        found = await database.load(_SESSION_AND_USER, handle_hash)\n"
            "    except Exception:\n"
            "        return None\n"
        ),
        tests=(_RESTART,),
    ),
    Mutation(
        check=12,
        breaks="A refused connection counts as a bug.",
        file="quart_app/database/faults.py",
        old="_FAULTS = (DBAPIError, PoolTimeoutError, TimeoutError, OSError)",
        new="_FAULTS = (DBAPIError, PoolTimeoutError, TimeoutError)",
        tests=(_RESTART,),
    ),
    Mutation(
        check=13,
        breaks="No hash is computed for unknown names.",
        file="quart_app/accounts/authentication.py",
        old="is_right = await check_password(user, password)",
        new="is_right = user is not None and await check_password(user, password)",
        tests=("tests/checks/test_enumeration.py::test_wrong_logins_look_alike[sqlite]",),
    ),
    Mutation(
        check=14,
        breaks="The session continues after a login.",
        file="quart_app/accounts/login.py",
        old="    session.clear()\n    remember_device(user)\n",
        new="    remember_device(user)\n",
        tests=("tests/checks/test_fixation.py::test_nothing_survives_a_login[sqlite]",),
    ),
    Mutation(
        check=15,
        breaks="Session cookies have no leeway.",
        file="quart_app/framework/signing.py",
        old="LEEWAY = 60",
        new="LEEWAY = 0",
        tests=(f"{_CLOCKS}test_clocks_differ[sqlite]",),
    ),
    Mutation(
        check=15,
        breaks="A host whose clock is behind saves no session over one from the future, not even a new login.",
        file="quart_app/defences/login_cookie.py",
        old="        session._login_cookie = {} if is_early else login\n",
        new=(
            "        session._login_cookie = {} if is_early else login\n"
            "        if is_early:\n"
            "            session._login_to_write = lambda: None\n"
        ),
        tests=(f"{_CLOCKS}test_logging_in_where_the_clock_is_behind[sqlite]",),
    ),
    Mutation(
        check=16,
        breaks="Sessions ignore the fallback keys.",
        file="quart_app/defences/session_cookies.py",
        old="            self._keys = keys\n",
        new="            self._keys, serializer.secret_keys = keys, serializer.secret_keys[-1:]\n",
        tests=(_KEYS,),
    ),
    Mutation(
        check=16,
        breaks="Remember cookies ignore the fallback keys.",
        file="compat/tokens.py",
        old="return [*filter(None, fallbacks), secret] if secret else []",
        new="return [secret] if secret else []",
        tests=(_KEYS,),
    ),
    Mutation(
        check=17,
        breaks="The row has no time limit counted from the password.",
        file="quart_app/sessions/limits.py",
        old="return is_idle or now > self.end_of(session)",
        new="return is_idle",
        tests=(
            f"{_CLOCKS}test_logins_end_on_the_server[sqlite-session_absolute-late1]",
            f"{_CLOCKS}test_logins_end_on_the_server[sqlite-bearer_duration-late1]",
        ),
    ),
    Mutation(
        check=18,
        breaks="A name is looked up first and inserted later: that it is taken by then is an error.",
        file="quart_app/accounts/users.py",
        old="    except IntegrityError as error:\n",
        new="    except UserExists as error:\n",
        tests=(f"{_REGISTRATION}test_one_name_for_fifty[sqlite]",),
    ),
    Mutation(
        check=18,
        breaks="Requests do not queue for a connection.",
        file="quart_app/database/connection_limiter.py",
        old="            await self._wait_in_queue()\n",
        new="            raise TimeoutError\n",
        tests=(f"{_REGISTRATION}test_a_hundred_names[sqlite]",),
    ),
    Mutation(
        check=19,
        breaks="Only a request that runs to its end releases its connection.",
        file="quart_app/database/connection_limiter.py",
        old="    async def acquire(self)",
        new=(
            "    async def __aexit__(self, kind: object, *_: object) -> None:\n"
            "        if kind is None:\n"
            "            self.release()\n\n"
            "    async def acquire(self)"
        ),
        tests=(f"{_REGISTRATION}test_clients_that_go_away[sqlite]",),
    ),
    Mutation(
        check=20,
        breaks="Passwords are hashed on the event loop.",
        file="quart_app/accounts/passwords.py",
        old="        hashing = self._threads.submit(self._timed, partial(function, *args))\n",
        new=(
            "        hashing: Future[Result] = Future()\n"
            "        hashing.set_running_or_notify_cancel()\n"
            "        hashing.set_result(self._timed(partial(function, *args)))\n"
        ),
        tests=("tests/checks/test_storms.py::test_login_storm",),
    ),
)
