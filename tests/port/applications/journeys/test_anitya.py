"""A journey through Anitya: its sdist has no tests, and logins are by its debug page, as OAuth needs a provider."""

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

folder = Path(tempfile.mkdtemp())
config = folder / "anitya.toml"
config.write_text(f'SECRET_KEY = "only for the journey"\nDB_URL = "sqlite:///{folder}/anitya.db"\n')
os.environ.update(ANITYA_WEB_CONFIG=str(config), FLASK_DEBUG="1")
sys.path.append(str(folder))
(folder / "anitya.egg-info").mkdir()  # it asks for its own version, and is not installed
(folder / "anitya.egg-info" / "PKG-INFO").write_text("Metadata-Version: 2.1\nName: anitya\nVersion: 2.3.0\n")

from anitya import app as anitya_app  # noqa: E402
from anitya.db import db  # noqa: E402
from sqlalchemy_helpers import Base  # noqa: E402

BROWSER = {"User-Agent": "susan's browser"}
PROJECT = {"name": "quart", "homepage": "https://quart.palletsprojects.com/", "backend": "PyPI", "version_scheme": "RPM"}


@pytest.fixture
def app(monkeypatch):
    monkeypatch.setattr("anitya.lib.utilities.publish_message", lambda **message: None)
    monkeypatch.setattr("anitya.lib.backends.pypi.PypiBackend.get_versions", lambda project: [])
    app = anitya_app.create()
    with app.app_context():
        Base.metadata.drop_all(db.manager.engine)
        Base.metadata.create_all(db.manager.engine)
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def log_in(client, name="susan"):
    client.get("/login/?next=/settings/", headers=BROWSER)
    return client.get(f"/login/debug/{name}", headers=BROWSER)


def make_token(client):
    page = client.get("/settings/", headers=BROWSER).get_data(as_text=True)
    csrf_token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page).group(1)
    data = {"description": "mine", "csrf_token": csrf_token}
    answer = client.post("/settings/tokens/new", data=data, headers=BROWSER)
    assert answer.status_code == 302
    page = client.get("/settings/", headers=BROWSER).get_data(as_text=True)
    return re.search(r'type="text" value="(\w{40})"', page).group(1)


def test_a_closed_page_leads_to_the_login_and_back(client):
    answer = client.get("/settings/", headers=BROWSER)
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/login/?next=%2Fsettings%2F"
    assert log_in(client).headers["Location"] == "/settings/"
    assert "susan" in client.get("/settings/", headers=BROWSER).get_data(as_text=True)


def test_log_out(client):
    log_in(client)
    client.get("/logout/", headers=BROWSER)
    assert client.get("/settings/", headers=BROWSER).status_code == 302


def test_strong_protection_ends_the_session_of_another_browser(client):
    log_in(client)
    answer = client.get("/settings/", headers={"User-Agent": "somebody else's"})
    assert answer.status_code == 302
    assert client.get("/settings/", headers=BROWSER).status_code == 302


def test_a_form_without_its_token_is_refused(client):
    log_in(client)
    assert client.post("/settings/tokens/new", data={"description": "mine"}, headers=BROWSER).status_code == 400


def test_only_an_administrator_sees_the_users(client):
    log_in(client)
    assert client.get("/users", headers=BROWSER).status_code == 401
    log_in(client, "admin")
    assert "susan@example.com" in client.get("/users", headers=BROWSER).get_data(as_text=True)


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Token wrong"}, {"Authorization": "nonsense"}])
def test_the_api_asks_for_a_token(client, headers):
    answer = client.post("/api/v2/projects/", json=PROJECT, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Token"
    assert answer.json["error"] == "authentication_required"


def test_the_api_takes_a_token(app, client):
    log_in(client)
    headers = {"Authorization": f"Token {make_token(client)}"}
    stranger = app.test_client()
    answer = stranger.post("/api/v2/projects/", json=PROJECT, headers=headers)
    assert answer.status_code == 201
    assert answer.json["name"] == "quart"
    assert stranger.get("/settings/").status_code == 302
    assert [each["name"] for each in stranger.get("/api/v2/projects/").json["items"]] == ["quart"]


def test_the_api_takes_a_form(app, client):
    log_in(client)
    headers = {"Authorization": f"Token {make_token(client)}"}
    assert app.test_client().post("/api/v2/projects/", data=PROJECT, headers=headers).status_code == 201


@pytest.mark.parametrize("query", ["page=0", "items_per_page=many"])
def test_the_api_refuses_a_wrong_page(client, query):
    answer = client.get(f"/api/v2/projects/?{query}")
    assert answer.status_code == 400
    assert "message" in answer.json
