import pytest
from app import app, get_flashed_messages  # noqa: F401
from flask import session


@pytest.fixture
def client():
    app.config.update(TESTING=True)
    with app.test_client() as client:
        yield client


def login(client, name, password, **more):
    return client.post("/login", data=dict(name=name, password=password, **more), follow_redirects=True)


def logout(client):
    return client.post("/logout", follow_redirects=True)


def test_login_and_logout(client):
    assert b"HI, SUSAN" in login(client, "susan", "cat").data
    assert session["_user_id"] == "susan"
    assert "_user_id" in session and session.get("_fresh")
    rv = logout(client)
    assert b"Bye." in rv.data
    assert client.get("/").status_code == 302


@pytest.mark.parametrize("name, password", [("susan", "dog"), ("nobody", ""), ("", "")])
def test_wrong_password(client, name, password):
    rv = login(client, name, password)
    assert rv.status_code == 401
    assert "Wrong name or password." in rv.text


def test_next(client):
    refused = client.get("/fresh")
    assert refused.headers["Location"] == "/login?next=%2Ffresh"
    arrived = client.post(refused.headers["Location"], data={"name": "bob", "password": "dog"})
    assert arrived.location == "/fresh"


def test_remember(client):
    login(client, "susan", "cat", remember="1")
    with client.session_transaction() as stored:
        stored.clear()
    assert b"HI, SUSAN" in client.get("/").get_data()
    assert client.get("/fresh").status_code == 401


def test_request_loader(client):
    assert [client.get("/", headers={"X-Name": name}).status_code for name in ("susan", "eve")] == [200, 302]


def test_missing(client):
    rv = client.get("/nowhere")
    assert rv.status_code == 404 and b"/NOWHERE" in rv.data
    assert rv.headers["X-Frame-Options"] == "DENY"
