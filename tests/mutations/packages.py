"""Mutations for rules of packages, found by tests that ``make test`` runs before every commit.

Here are those packages of which no mutation for a check is found by such a test.
"""

from __future__ import annotations

from .mutation import Mutation

_REPORT = "tests/benchmarks/test_report.py::"

MUTATIONS = (
    Mutation(
        breaks="The assistant awaits no request of the test client.",
        file="compat/port/quart_api.py",
        old='    *(f"{CLIENT}.{name}" for name in (*VERBS, "open")),\n',
        new="",
        tests=("tests/port/test_quart_api.py::test_no_coroutine_function_of_the_client_is_missing",),
    ),
    Mutation(
        breaks="A bearer token may come with the cookies of a login.",
        file="quart_app/api/blueprint.py",
        old="    if current_login_session().kind != Kind.BEARER:\n",
        new="    if current_login_session().kind is None:\n",
        tests=("tests/app/test_api_bearer.py::test_two_logins_at_once[sqlite-hers]",),
    ),
    Mutation(
        breaks="`user activate` closes the account.",
        file="quart_app/cli/user.py",
        old="    await activate_user(user.id)\n",
        new="    await deactivate_user(user.id)\n",
        tests=("tests/cli/test_user.py::test_closed_and_opened",),
    ),
    Mutation(
        breaks="A queue that does not move is not given up early.",
        file="quart_app/database/connection_limiter.py",
        old="return min(max(entered_at, self._moved_at) + self._stall_timeout, entered_at + ACQUIRE_TIMEOUT)",
        new="return entered_at + ACQUIRE_TIMEOUT",
        tests=("tests/app/test_connection_limiter.py::test_a_queue_that_stands_still",),
    ),
    Mutation(
        breaks="The API answers an unknown address with a page.",
        file="quart_app/errors/pages.py",
        old="is_from_program() or (not is_websocket and is_for_api())",
        new="is_from_program()",
        tests=("tests/app/test_api_answers.py::test_addresses_near_the_api",),
    ),
    Mutation(
        breaks="The user is loaded before a request is refused.",
        file="quart_app/framework/early_checks.py",
        old=(
            "            for check in self._early_change_checks:\n"
            "                await check()\n"
            "        return await super().preprocess_request(*context)\n"
        ),
        new=(
            "            answer = await super().preprocess_request(*context)\n"
            "            for check in self._early_change_checks:\n"
            "                await check()\n"
            "            return answer\n"
            "        return await super().preprocess_request(*context)\n"
        ),
        tests=("tests/app/test_early_checks.py::test_a_refused_request_costs_no_query",),
    ),
    Mutation(
        breaks="The user is loaded before the token of a form is checked.",
        file="quart_app/defences/csrf.py",
        old="    @app.early_change_check\n",
        new="    @app.before_request\n",
        tests=("tests/app/test_early_checks.py::test_a_forged_form_costs_no_query",),
    ),
    Mutation(
        breaks="A user may have one websocket too many.",
        file="quart_app/live/hub.py",
        old="        if self._here.count(person) >= self._limit:\n",
        new="        if self._here.count(person) > self._limit:\n",
        tests=("tests/app/test_live.py::test_too_many[sqlite]",),
    ),
    Mutation(
        breaks="A server in production changes the tables.",
        file="quart_app/migrations/start.py",
        old="    if not upgrade:\n",
        new="    if upgrade is None:\n",
        tests=("tests/app/test_migrations.py::test_a_server_in_production_changes_no_tables[sqlite]",),
    ),
    Mutation(
        breaks="The database holds the handle of a login itself.",
        file="quart_app/models/login_session.py",
        old="return sha256(handle.encode()).hexdigest() if _HANDLE.fullmatch(handle) else None",
        new="return handle if _HANDLE.fullmatch(handle) else None",
        tests=("tests/app/test_session_handles.py::test_cookies_and_rows_hold_no_secret_of_each_other[sqlite]",),
    ),
    Mutation(
        breaks="Everybody may read the metrics in production.",
        file="quart_app/operation/endpoints.py",
        old="self._has_metrics = token is not None or not app.settings.production",
        new="self._has_metrics = True",
        tests=("tests/app/test_metrics.py::test_who_may_read[production-None-None-404]",),
    ),
    Mutation(
        breaks="The server ends with its worker.",
        file="quart_app/serve/supervisor.py",
        old="                self._serving.append(await self._start_again())\n",
        new="                return\n",
        tests=("tests/serving/test_supervisor.py::test_killed_worker_is_replaced[1]",),
    ),
    Mutation(
        breaks="A mail that was refused is tried again.",
        file="quart_app/mail/failures.py",
        old="        await self._keep(due, reason, None)\n",
        new="        await self._keep(due, reason, clock.now())\n",
        tests=("tests/mail/test_failures.py::test_final_failures[sqlite]",),
    ),
    Mutation(
        breaks="A mail is given up by an answer that does not say what it is about.",
        file="quart_app/mail/smtp.py",
        old="    return is_permanent and _ABOUT_THE_MAIL.match(error.message) is not None\n",
        new="    return is_permanent\n",
        tests=("tests/mail/test_smtp.py::test_faults_at_each_step",),
    ),
    Mutation(
        breaks="An unused login never ends.",
        file="quart_app/sessions/limits.py",
        old="        return is_idle or now > self.end_of(session)\n",
        new="        return now > self.end_of(session)\n",
        tests=("tests/app/test_session_limits.py::test_unused_logins_end[sqlite-late1-False]",),
    ),
    Mutation(
        breaks="A goal that only some turns meet is not met, although these turns cannot tell.",
        file="benchmarks/report/goals.py",
        old="        if len(met) > 1:\n",
        new="        if not met:\n",
        tests=(f"{_REPORT}test_a_range_that_crosses_the_goal_decides_nothing[True-ratios2-not distinguishable]",),
    ),
    Mutation(
        breaks="A long password of a bcrypt hash is wrong, as bcrypt 5 refuses it.",
        file="quart_app/foreign_hashes/checks.py",
        old="_BCRYPT_BYTES = 72",
        new="_BCRYPT_BYTES = 4096",
        tests=("tests/app/test_foreign_hashes.py::test_long_passwords",),
    ),
)
