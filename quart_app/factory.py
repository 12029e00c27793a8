"""The application factory: the only module that knows all parts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy.orm import configure_mappers

from . import cli, defences, live, mail, operation, waiting_time
from .accounts.attempts import AttemptCounter
from .accounts.common_passwords import read_common_passwords
from .accounts.login import answer_ended_login, login_manager
from .accounts.mail_limit import MailLimit, current_mail_limit
from .accounts.mail_tokens import DURATION, delete_expired_tokens
from .accounts.mails import COMPOSERS
from .accounts.password_rules import TEST_PASSWORD
from .accounts.passwords import PasswordHasher, current_password_hasher
from .accounts.throttle import Throttle, current_throttle
from .api import routes as api
from .application import Application, current_settings
from .configuration import check_environment, read_settings
from .database import Database, current_database
from .defences import hosts, other_origins, proxies, rate_limits
from .defences.csrf import protect_forms
from .errors import pages as error_pages
from .foreign_hashes import ForeignHashes
from .framework.context_processors import drop_idle_context_processors
from .framework.early_answers import EarlyAnswers
from .framework.quick_quart import answer_text_at_once
from .mail.queue import remove_old_mails
from .migrations.start import prepare_tables
from .operation.metrics import current_metrics
from .pages import account, address, home, login, new_password, sessions
from .private_files import command_to_protect, create_private_folder
from .secret_key import kept_secret_key
from .server_stop import ServerStop, current_server_stop
from .sessions import sweep
from .sessions.confirmation import SessionEnded
from .sessions.last_seen import LastSeenUpdates, current_last_seen_updates
from .sessions.limits import Limits, current_limits
from .settings import Settings


def create_app(settings: Settings | Mapping[str, Any] | None = None) -> Application:
    """Create an application. Two applications in one process share nothing.

    Arguments:
        settings: all settings, or those that differ from the environment, by the field names of
            :class:`~quart_app.settings.Settings`.

    Raises:
        ConfigurationError: settings in the environment cannot be used, or ``ENVIRONMENT`` seems to be forgotten.
    """
    if settings is None:
        settings = read_settings()
    elif not isinstance(settings, Settings):
        settings = Settings(**settings)
    warning = check_environment(settings)

    app = Application("quart_app", instance_path=_absolute(settings.instance_path))
    instance = Path(app.instance_path)

    current_settings.add(app, settings)
    app.config.from_mapping(settings.quart_config())
    current_server_stop.add(app, ServerStop())
    operation.init_app(app)
    files: list[Path] = []
    if settings.secret_key is None:
        create_private_folder(instance)
        files.append(instance / "secret_key")
        app.secret_key = kept_secret_key(files[-1])
    else:
        app.secret_key = settings.secret_key.get_secret_value()
    app.config["SECRET_KEY_FALLBACKS"] = [key.get_secret_value() for key in settings.secret_key_fallbacks]

    if settings.database_url is None:
        create_private_folder(instance)
        url = f"sqlite:///{instance / 'microblog.sqlite3'}"
    else:
        url = settings.database_url.get_secret_value()
    direct_url = settings.database_direct_url
    metrics = current_metrics.of(app)
    database = Database(
        url,
        pool_size=settings.database_pool_size,
        behind_pooler=settings.database_pooler is not None,
        direct_url=None if direct_url is None else direct_url.get_secret_value(),
        in_use=metrics.database_connections_in_use,
    )
    current_database.add(app, database)
    _warn_of_open_files(app, [*database.files, *files])
    configure_mappers()  # now that all models are imported; otherwise the first request would wait for it
    salt = settings.flask_security_password_salt
    foreign = ForeignHashes(
        settings.foreign_password_hashes, flask_security_salt=None if salt is None else salt.get_secret_value()
    )
    hasher = PasswordHasher(
        settings.password_method,
        threads=settings.password_threads,
        queue=settings.password_queue,
        metrics=metrics,
        refused={TEST_PASSWORD} if settings.production else (),
        foreign=foreign,
    )
    current_password_hasher.add(app, hasher)
    current_limits.add(app, Limits.of(settings))
    current_last_seen_updates.add(app, LastSeenUpdates())
    counter = AttemptCounter(database)
    throttle = Throttle(counter, hasher, limit=settings.login_attempts, window=settings.login_attempts_window)
    current_throttle.add(app, throttle)
    current_mail_limit.add(app, MailLimit(counter, limit=settings.mails_per_account, window=DURATION))

    begin_waiting_time = partial(waiting_time.begin, settings.waiting_time)
    app.early_request_check(begin_waiting_time)
    app.early_websocket_check(begin_waiting_time)
    defences.init_app(app)
    rate_limits.init_app(app, settings)
    protect_forms(app)
    login_manager.init_app(app)
    app.register_blueprint(login.blueprint)
    app.register_blueprint(new_password.blueprint)
    app.register_blueprint(account.blueprint)
    app.register_blueprint(address.blueprint)
    app.register_blueprint(sessions.blueprint)
    app.register_blueprint(home.blueprint)
    live.init_app(app)
    api.init_app(app)
    answer_text_at_once(app)
    error_pages.init_app(app)
    app.register_error_handler(SessionEnded, answer_ended_login)
    drop_idle_context_processors(app)
    cli.init_app(app)

    # Wrapped from the inside out: cookies of other origins, host names, probes and the access log, the address of the
    # client, the end of answers.
    other_origins.init_app(app)
    hosts.init_app(app)
    operation.observe(app)
    proxies.init_app(app)
    lingering: Any = EarlyAnswers(app.asgi_app)
    app.asgi_app = lingering  # type: ignore[method-assign] # Quart's own place for middleware

    @app.before_serving
    async def warn_of_forgotten_environment() -> None:
        if warning is not None:
            app.logger.warning("%s", warning)

    @app.before_serving
    async def report_dropped_parameters() -> None:
        if database.dropped_parameters:
            app.logger.warning("%s", " ".join(database.dropped_parameters))

    app.before_serving(
        partial(
            prepare_tables,
            database,
            upgrade=settings.upgrades_at_start,
            environment=settings.stated_environment,
        )
    )
    app.before_serving(read_common_passwords)
    sweep.init_app(app, delete_expired_tokens, remove_old_mails)
    mail.init_app(app, COMPOSERS)
    app.after_serving(database.close)
    app.after_serving(hasher.close)
    return app


def _warn_of_open_files(app: Application, files: Iterable[Path]) -> None:
    """Report files that other users of the machine can read or replace. The operator may have a reason for that."""
    if command := command_to_protect(files):
        app.logger.warning("Other users of this machine have access to the data of the site. To end that: %s", command)


def _absolute(path: Path | None) -> str | None:
    return None if path is None else str(path.absolute())
