import pytest
from flask import session
from flask_login import current_user


def test_register(client, auth):
    assert client.get("/auth/register").status_code == 200
    response = client.post("/auth/register", data={"name": "eve", "password": "pw"})
    assert response.headers["Location"] == "/auth/login"
    assert auth.login("eve", "pw").headers["Location"] == "/"


@pytest.mark.parametrize(
    ("name", "password", "message"),
    (("", "x", b"name is missing."), ("x", "", b"password is missing."), ("susan", "x", b"susan is taken.")),
)
def test_register_refuses(client, name, password, message):
    response = client.post("/auth/register", data={"name": name, "password": password}, follow_redirects=True)
    assert message in response.data


def test_login(client, auth):
    assert b"Log in" in client.get("/").data
    response = auth.login()
    assert response.headers["Location"] == "/"
    with client:
        client.get("/")
        assert session["_user_id"] == "1"
        assert session["pages"] == 3
        assert current_user.name == "susan"
    auth.logout()
    assert b"susan" not in client.get("/").data


def test_wrong_password(auth):
    response = auth.login(password="dog")
    assert b"Wrong name" in response.data and b"again" in response.data


def test_remembered_login_is_not_fresh(client, auth):
    auth.login(remember="yes")
    assert client.get("/auth/password").data == b"change it"
    with client.session_transaction() as stored:
        stored.clear()
    assert b"susan" in client.get("/").data
    assert client.get("/auth/password").status_code == 401
