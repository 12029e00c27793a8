import contextlib

import pytest
from flask import request, session, url_for
from flask_login import FlaskLoginClient, current_user
from gallery import User, create_app


@pytest.fixture
def app(tmp_path):
    (tmp_path / "there.txt").write_text("a picture")
    return create_app(tmp_path)


@contextlib.contextmanager
def visitor(app, name=None):
    with app.test_client() as client:
        if name:
            client.post("/", data={"name": name, "mail": "x@example.com"})
        yield client


def test_sign_up(app):
    with visitor(app) as client:
        response = client.post("/", data={"name": "susan", "mail": "s@example.com"})
        assert response.headers["X-Welcome"] == "susan"
        assert current_user.id == "susan"


@pytest.mark.parametrize("data, error", [({}, "name is missing"), ({"name": "x"}, "mail is missing")])
def test_sign_up_refuses(app, data, error):
    with visitor(app) as client:
        response = client.post("/", data=data)
        assert (response.status_code, error in response.text) == (400, True)


def test_visits(app):
    client = app.test_client()
    with client.session_transaction() as stored:
        stored["visits"] = 6
    page = client.get("/?mail=a%40b")
    assert "Visit 6." in page.get_data(True)
    assert b'value="a@b"' in page.data
    assert b"\n\n" not in page.data
    assert page.headers["X-Stamp"] == "stamped"
    with client:
        client.get("/", query_string={"quiet": "1"})
        assert session["visits"] == 8 and request.args["quiet"] == "1"


def test_pictures(app):
    with visitor(app) as stranger:
        assert stranger.get("/pictures/there.txt").status_code == 401
    with visitor(app, "susan") as susan:
        assert susan.get("/pictures/there.txt").data == b"a picture"
        assert susan.get("/pictures/nowhere.txt").status_code == 404
        assert [susan.get(path).data for path in ("/me",)] == [b"susan"]


def test_lines(app):
    assert app.test_client().get("/lines?word=x").data.decode().splitlines() == ["0 x", "1 x", "2 x"]


def test_login_client(app):
    app.test_client_class = FlaskLoginClient
    with app.test_client(user=User("bob")) as client:
        assert client.get("/me").data == b"bob"


def test_urls(app):
    with app.test_request_context("/?a=1", method="GET"):
        assert (url_for("picture", name="x"), request.args["a"]) == ("/pictures/x", "1")
