"""Mutations for checks 31 to 40 of docs/security.md."""

from __future__ import annotations

from .mutation import Mutation

_CAPPED = "tests/checks/test_many_logins.py::test_logins_are_capped[sqlite]"
_AMONG_MANY = "tests/checks/test_many_logins.py::test_password_change_among_many_logins[sqlite]"
_INDEXES = "tests/checks/test_many_logins.py::test_foreign_keys_have_indexes[sqlite]"
_TABS = "tests/checks/test_two_tabs.py::"
_ENDED = "tests/checks/test_ended_logins.py::"
_NAMES = "tests/checks/test_look_alike_names.py::"
_REFUSED_NAMES = f"{_NAMES}test_names_that_look_like_others[sqlite]"
_ENVIRONMENT = "tests/checks/test_forgotten_environment.py::"
_DEVICES = "tests/checks/test_device_cookies.py::"
_FILES = "tests/checks/test_files.py::"
_CLOSED_PATHS = "tests/checks/test_closed_paths.py::"
_LINKS = "tests/checks/test_mail_links.py::"

MUTATIONS = (
    Mutation(
        check=31,
        breaks="No login is ended to make room.",
        file="quart_app/sessions/creation.py",
        old="dropped = [row for row in rows if row.id not in kept]",
        new="dropped = [row for row in rows if row.is_expired]",
        tests=(_CAPPED,),
    ),
    Mutation(
        check=31,
        breaks="All rows but the newest thousand stay valid.",
        file="quart_app/sessions/creation.py",
        old="is_rest_left = len(rows) == most or len(dropped) > ROWS_PER_STATEMENT",
        new="is_rest_left = False",
        tests=(_CAPPED,),
    ),
    Mutation(
        check=31,
        breaks="A list has no limit.",
        file="quart_app/sessions/listing.py",
        old="    query = (\n        select(LoginSession)\n",
        new="    limit = 10**6\n    query = (\n        select(LoginSession)\n",
        tests=(_CAPPED,),
    ),
    Mutation(
        check=32,
        breaks="The cookie of the login has the messages, too.",
        file="quart_app/defences/login_cookie.py",
        old="        login = _login_of(self)\n",
        new="        login = dict(self)\n",
        tests=(f"{_TABS}test_a_slow_page_undoes_no_login[sqlite-change_password]",),
    ),
    Mutation(
        check=32,
        breaks="Two confirmations both renew the handle.",
        file="quart_app/sessions/confirmation.py",
        old="        if (await session.execute(unchanged)).one_or_none() is None:\n            return False\n",
        new="",
        tests=(f"{_TABS}test_two_at_once[sqlite-confirm-/account]",),
    ),
    Mutation(
        check=32,
        breaks="A login that has ended is removed from the session cookie.",
        file="compat/commit.py",
        old="    if source is REMEMBER_COOKIE:\n        login_session.begin",
        new=(
            "    if login.is_user_missing:\n"
            "        login_session.end(session)\n"
            "    if source is REMEMBER_COOKIE:\n"
            "        login_session.begin"
        ),
        tests=(f"{_TABS}test_forms_of_an_ended_login[sqlite]",),
    ),
    Mutation(
        check=32,
        breaks="An attempt to change something with a login that has ended removes the login from the cookies.",
        file="quart_app/accounts/login.py",
        old='    await flash("This login has been ended.',
        new='    forget_login()\n    await flash("This login has been ended.',
        tests=(f"{_TABS}test_a_slow_button_undoes_no_login[sqlite]",),
    ),
    Mutation(
        check=33,
        breaks="Ending the other logins does not ask for the login's own row.",
        file="quart_app/sessions/ending.py",
        old="        here = await check_session_in(session, user)\n",
        new="        here = user.login_session\n",
        tests=(f"{_ENDED}test_ended_logins_change_nothing[sqlite-log_out]",),
    ),
    Mutation(
        check=33,
        breaks="Ending another login does not ask for the login's own row.",
        file="quart_app/sessions/ending.py",
        old="        await check_session_in(session, user)\n        query = (",
        new="        query = (",
        tests=(f"{_ENDED}test_ended_logins_change_nothing[sqlite-log_out]",),
    ),
    Mutation(
        check=33,
        breaks="Logging out does not ask for the login's own row.",
        file="quart_app/sessions/ending.py",
        old="    if not ended:\n        raise SessionEnded\n",
        new="",
        tests=(f"{_ENDED}test_ended_logins_change_nothing[sqlite-log_out]",),
    ),
    Mutation(
        check=33,
        breaks="A token that was renewed meanwhile still changes the account.",
        file="quart_app/sessions/confirmation.py",
        old="    if row.is_bearer:\n",
        new="    if not row:\n",
        tests=(f"{_ENDED}test_void_handles_change_nothing[sqlite]",),
    ),
    Mutation(
        check=33,
        breaks="A handle that was renewed meanwhile still ends other logins.",
        file="quart_app/sessions/confirmation.py",
        old="is_the_same(row), LoginSession.handle_hash == row.handle_hash",
        new="is_the_same(row)",
        tests=(f"{_ENDED}test_void_handles_change_nothing[sqlite]",),
    ),
    Mutation(
        check=33,
        breaks="Two logins that end each other lock their own rows first.",
        file="quart_app/sessions/confirmation.py",
        old="    if row is None or (await session.execute(lock)).one_or_none() is None:\n",
        new=(
            "    if row is not None:\n"
            "        await session.execute(select(LoginSession.id).where(is_the_same(row)).with_for_update())\n"
            "    if row is None or (await session.execute(lock)).one_or_none() is None:\n"
        ),
        tests=(f"{_ENDED}test_two_logins_end_each_other[postgresql]",),
    ),
    Mutation(
        check=33,
        breaks="A changing view is added without a case.",
        file="quart_app/pages/sessions.py",
        old='@blueprint.post("/end-others")\n',
        new=(
            '@blueprint.post("/end-none")\n'
            "@login_required\n"
            "async def end_none() -> ResponseReturnValue:\n"
            '    return redirect(url_for("account.overview"))\n\n\n'
            '@blueprint.post("/end-others")\n'
        ),
        tests=(f"{_ENDED}test_every_changing_view_has_a_case[sqlite]",),
    ),
    Mutation(
        check=34,
        breaks="Invisible characters are refused only if they are not printable.",
        file="quart_app/accounts/name_rules.py",
        old="    if has_invisible_characters(username):",
        new="    if not username.isprintable():",
        tests=(_REFUSED_NAMES,),
    ),
    Mutation(
        check=34,
        breaks="Letters of several scripts are accepted.",
        file="quart_app/accounts/name_rules.py",
        old="    if mixes_scripts(username) or mixes_scripts(username_key(username)):\n",
        new="    if False:\n",
        tests=(_REFUSED_NAMES,),
    ),
    Mutation(
        check=34,
        breaks="A login applies the rules for new names.",
        file="quart_app/accounts/authentication.py",
        old="    user = await user_by_login(name)\n",
        new=(
            "    from .name_rules import check_username\n\n"
            "    user = await user_by_login(name)\n"
            "    try:\n"
            "        check_username(name)\n"
            "    except ValueError:\n"
            "        user = None\n"
        ),
        tests=(f"{_NAMES}test_names_from_before[sqlite-'susan  b']",),
    ),
    Mutation(
        check=35,
        breaks="What looks like production starts as development.",
        file="quart_app/configuration.py",
        old="    if signs.are_enough:\n",
        new="    if False:\n",
        tests=(f"{_ENVIRONMENT}test_what_looks_like_production",),
    ),
    Mutation(
        check=35,
        breaks="A certificate, and an address that others can reach, are not signs of production.",
        file="quart_app/configuration.py",
        old="signs_of_production(settings, listens_at=listens_at, has_certificate=has_certificate)\n",
        new="signs_of_production(settings)\n",
        tests=(f"{_ENVIRONMENT}test_what_the_server_adds",),
    ),
    Mutation(
        check=35,
        breaks="`seed` asks the variable.",
        file="quart_app/cli/seed.py",
        old="    if await is_used_in_production(current_database.of(app)):\n",
        new="    if app.settings.production:\n",
        tests=(f"{_ENVIRONMENT}test_test_users_stay_out_of_production[sqlite]",),
    ),
    Mutation(
        check=35,
        breaks="The published password logs in.",
        file="quart_app/factory.py",
        old="refused={TEST_PASSWORD} if settings.production else (),",
        new="refused=(),",
        tests=(f"{_ENVIRONMENT}test_the_published_password_is_wrong[sqlite]",),
    ),
    Mutation(
        check=36,
        breaks="The browser keeps its device id when its user enters the password.",
        file="quart_app/accounts/devices.py",
        old="[user.id, secrets.token_urlsafe(_ID_BYTES)]",
        new="[user.id, known_device(user) or secrets.token_urlsafe(_ID_BYTES)]",
        tests=(
            f"{_DEVICES}test_stolen_device_cookies[sqlite-log_in_again]",
            f"{_DEVICES}test_stolen_device_cookies[sqlite-confirm_password]",
        ),
    ),
    Mutation(
        check=36,
        breaks="The browser keeps its device cookie at a confirmation and at a password change.",
        file="quart_app/accounts/login.py",
        old="    remember_device(current_user)\n",
        new="",
        tests=(
            f"{_DEVICES}test_stolen_device_cookies[sqlite-confirm_password]",
            f"{_DEVICES}test_stolen_device_cookies[sqlite-change_password]",
        ),
    ),
    Mutation(
        check=36,
        breaks="A changed password leaves earlier device cookies valid.",
        file="quart_app/accounts/devices.py",
        old='salt=f"{_SALT}:{user.password_hash}"',
        new="salt=_SALT",
        tests=(f"{_DEVICES}test_changed_passwords_end_all_device_cookies[sqlite]",),
    ),
    Mutation(
        check=37,
        breaks="SQLite creates the database itself.",
        file="quart_app/private_files.py",
        old="        os.close(os.open(path.resolve(), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))\n",
        new="        path.resolve()\n",
        tests=(f"{_FILES}test_files_of_a_command[db]", f"{_FILES}test_files_of_a_server[0o22]"),
    ),
    Mutation(
        check=37,
        breaks="The secret key is created with the mode that the umask allows.",
        file="quart_app/secret_key.py",
        old="0o600",
        new="0o666",
        tests=(f"{_FILES}test_the_key_beside_postgresql",),
    ),
    Mutation(
        check=37,
        breaks="Modes of existing files are not looked at.",
        file="quart_app/factory.py",
        old="    if command := command_to_protect(files):\n",
        new="    if command := command_to_protect([]):\n",
        tests=(f"{_FILES}test_existing_files",),
    ),
    Mutation(
        check=37,
        breaks="Caddy passes on every path.",
        file="docs/deployment/Caddyfile",
        old="\trespond @closed 403\n",
        new="",
        tests=(f"{_CLOSED_PATHS}test_closed_paths[Caddyfile]",),
    ),
    Mutation(
        check=37,
        breaks="nginx passes on every path.",
        file="docs/deployment/nginx.conf",
        old="        deny all;\n",
        new="",
        tests=(f"{_CLOSED_PATHS}test_closed_paths[nginx.conf]",),
    ),
    Mutation(
        check=38,
        breaks="The new generation is not begun.",
        file="quart_app/sessions/ending.py",
        old="    if len(ids) == ROWS_PER_STATEMENT:\n",
        new="    if False:\n",
        tests=(_AMONG_MANY,),
    ),
    Mutation(
        check=38,
        breaks="The index on a user's logins is missing.",
        file="quart_app/migrations/versions/0005_end_any_number_of_logins.py",
        old=(
            '        op.create_index(_INDEX, "login_sessions", '
            '["user_id", "generation", "id"], postgresql_concurrently=True)\n'
        ),
        new="",
        tests=(_AMONG_MANY, _INDEXES),
    ),
    Mutation(
        check=39,
        breaks="The address is looked up in the request.",
        file="quart_app/accounts/forgotten_passwords.py",
        old="    async with current_database().session() as session:\n        address = email",
        new=(
            "    from .users import user_by_login\n\n"
            "    if await user_by_login(email) is None:\n"
            "        return\n"
            "    async with current_database().session() as session:\n        address = email"
        ),
        tests=(f"{_LINKS}test_asking_for_a_link_tells_nothing[sqlite]",),
    ),
    Mutation(
        check=39,
        breaks="No mail is queued above the limit.",
        file="quart_app/accounts/forgotten_passwords.py",
        old="    async with current_database().session() as session:\n        address = email",
        new=(
            "    if not is_allowed:\n"
            "        return\n"
            "    async with current_database().session() as session:\n        address = email"
        ),
        tests=(f"{_LINKS}test_asking_for_a_link_tells_nothing[sqlite]",),
    ),
    Mutation(
        check=40,
        breaks="A token is left after its use.",
        file="quart_app/accounts/mail_tokens.py",
        old=(
            "    use = delete(MailToken).where(_is_valid(token_hash, purpose))"
            ".returning(MailToken.email, MailToken.next_url)"
        ),
        new="    use = select(MailToken.email, MailToken.next_url).where(_is_valid(token_hash, purpose))",
        tests=(f"{_LINKS}test_a_link_is_used_once[sqlite]",),
    ),
    Mutation(
        check=40,
        breaks="A token that was found before the lock counts, although it was used meanwhile.",
        file="quart_app/accounts/mail_tokens.py",
        old="    return None if row is None else TokenOwner(user, *row)\n",
        new="    return TokenOwner(user, *(row or (user.email, None)))\n",
        tests=(f"{_LINKS}test_a_link_is_used_once[sqlite]",),
    ),
    Mutation(
        check=40,
        breaks="Tokens do not expire.",
        file="quart_app/accounts/mail_tokens.py",
        old="MailToken.purpose == purpose, MailToken.expires_at > clock.now())",
        new="MailToken.purpose == purpose)",
        tests=(f"{_LINKS}test_links_end[sqlite]",),
    ),
    Mutation(
        check=40,
        breaks="A changed password or address leaves tokens valid.",
        file="quart_app/accounts/mail_tokens.py",
        old="    await session.execute(delete(MailToken).where(MailToken.user_id == user_id))\n",
        new="",
        tests=(f"{_LINKS}test_links_end[sqlite]",),
    ),
    Mutation(
        check=40,
        breaks="The table has the tokens themselves.",
        file="quart_app/accounts/mail_tokens.py",
        old="import hash_handle, new_handle\n",
        new="import new_handle\n\nhash_handle = str\n",
        tests=(f"{_LINKS}test_a_stolen_table_opens_no_link[sqlite]",),
    ),
)
