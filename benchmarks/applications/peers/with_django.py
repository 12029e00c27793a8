"""Django with its own users, sessions and middleware, as ``startproject`` sets it up: under WSGI, and under ASGI."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.shortcuts import render
from django.urls import path

from .accounts import POSTS, SECRET, accounts, database_file

_IS_ASYNC = "BENCHMARK_DJANGO_ASYNC" in os.environ
_KEPT = 0 if _IS_ASYNC else 600
"""Seconds that a connection is kept; Django's documentation advises against persistent ones under ASGI."""

settings.configure(
    SECRET_KEY=SECRET,
    ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=["127.0.0.1"],
    LOGIN_URL="login",
    LOGIN_REDIRECT_URL="index",
    LOGOUT_REDIRECT_URL="login",
    STATIC_URL="static/",
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": database_file(), "CONN_MAX_AGE": _KEPT},
    },
    # For tests, as the documentation has it: logging in is not what is measured.
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.staticfiles",
    ],
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.contrib.messages.middleware.MessageMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [Path(__file__).parent / "django_templates"],
            "APP_DIRS": True,
            "OPTIONS": {
                "context_processors": [
                    "django.template.context_processors.request",
                    "django.contrib.auth.context_processors.auth",
                    "django.contrib.messages.context_processors.messages",
                ]
            },
        }
    ],
)
django.setup()

# Models may be imported only after the setup.
from django.contrib.auth.decorators import login_required  # noqa: E402
from django.contrib.auth.hashers import make_password  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.auth.views import LoginView, LogoutView  # noqa: E402


@login_required
def index(request: HttpRequest) -> HttpResponse:
    """The home page, in the request's thread."""
    return render(request, "index.html", {"posts": POSTS})


@login_required
async def async_index(request: HttpRequest) -> HttpResponse:
    """The home page on the event loop."""
    return render(request, "index.html", {"posts": POSTS, "user": await request.auser()})


def elsewhere(_request: HttpRequest) -> HttpResponse:
    """A page that only quart_app has: links need its address."""
    return HttpResponseNotFound()


_home = async_index if _IS_ASYNC else index
urlpatterns = [
    path("", _home, name="home"),
    path("index", _home, name="index"),
    path("login", LoginView.as_view(template_name="login.html"), name="login"),
    path("logout", LogoutView.as_view(), name="logout"),
    path("live", elsewhere, name="live"),
    path("account", elsewhere, name="account"),
    path("api/v1/docs", elsewhere, name="documentation"),
]


def wsgi() -> Callable[..., Any]:
    """The application, as gunicorn starts it."""
    app: Callable[..., Any] = get_wsgi_application()
    return app


def asgi() -> Callable[..., Any]:
    """The application, as uvicorn starts it."""
    app: Callable[..., Any] = get_asgi_application()
    return app


def fill(count: int, password: str) -> None:
    """Make the tables, and so many users."""
    call_command("migrate", verbosity=0)
    hashed = make_password(password)
    User.objects.bulk_create(User(username=name, email=email, password=hashed) for name, email in accounts(count))
