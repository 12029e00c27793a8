"""A journey through An Otter Wiki: the conftest.py of its own tests is not in the sdist."""

import os
import subprocess
import tempfile

import pytest

folder = tempfile.mkdtemp()
os.environ.update(
    REPOSITORY=folder,
    SECRET_KEY="only for the journey",
    SQLALCHEMY_DATABASE_URI="sqlite:///" + folder + ".db",
    READ_ACCESS="APPROVED",
    WRITE_ACCESS="APPROVED",
    WTF_CSRF_ENABLED="false",
    EMAIL_NEEDS_CONFIRMATION="false",
)
subprocess.run(["git", "init", "--quiet", folder], check=True)
for name, value in (("user.name", "Susan"), ("user.email", "susan@example.com")):
    subprocess.run(["git", "-C", folder, "config", name, value], check=True)

from otterwiki.views import app  # noqa: E402

SUSAN = {"email": "susan@example.com", "password": "a-long-password"}


@pytest.fixture(scope="module", autouse=True)
def susan():
    client = app.test_client()
    answer = client.post(
        "/-/register",
        data={"name": "Susan", "email": SUSAN["email"], "password1": SUSAN["password"], "password2": SUSAN["password"]},
        follow_redirects=True,
    )
    assert answer.status_code == 200


@pytest.fixture
def client():
    return app.test_client()


def log_in(client, **more):
    return client.post("/-/login", data={**SUSAN, **more}, follow_redirects=True)


def test_a_stranger_reads_nothing(client):
    answer = client.get("/Page/edit")
    assert answer.status_code in (302, 401, 403)


def test_wrong_password(client):
    answer = log_in(client, password="wrong")
    assert "Invalid email address or password." in answer.get_data(as_text=True)


def test_write_and_read_a_page(client):
    log_in(client)
    answer = client.post("/Page/save", data={"content": "Some *words*.", "commit": "first"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "<em>words</em>" in client.get("/Page").get_data(as_text=True)
    assert "first" in client.get("/Page/history").get_data(as_text=True)


def test_settings_and_log_out(client):
    log_in(client)
    assert "Susan" in client.get("/-/settings").get_data(as_text=True)
    client.get("/-/logout")
    assert "susan@example.com" not in client.get("/-/settings", follow_redirects=True).get_data(as_text=True)


def test_remembered(client):
    log_in(client, remember="y")
    with client.session_transaction() as session:
        session.clear()
    assert "Susan" in client.get("/-/settings").get_data(as_text=True)
