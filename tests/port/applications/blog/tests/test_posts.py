import pytest

from blog.database import get_db


def count(app):
    with app.app_context():
        return get_db().execute("SELECT count(*) FROM post").fetchone()[0]


def test_index(client):
    response = client.get("/")
    assert b"First: words" in response.data
    assert b"Blog (1)" in response.data


@pytest.mark.parametrize("path", ("/create", "/1/update"))
def test_login_is_required(client, path):
    assert client.post(path).location.startswith("/auth/login?next=")


def test_create(app, client, auth):
    auth.login()
    assert client.get("/create").status_code == 200
    client.post("/create", data={"title": "Second", "body": "more"})
    assert count(app) == 2
    assert b"title is missing" in client.post("/create", data={"title": ""}, follow_redirects=True).data
    assert count(app) == 2


def test_update_keeps_what_was_typed(client, auth):
    auth.login()
    assert b'value="First"' in client.get("/1/update").data
    response = client.post("/1/update", data={"title": "", "body": "half a thought"})
    assert "half a thought</textarea>" in response.text
    assert client.post("/1/update", data={"title": "New"}).status_code == 302


def test_others_are_refused(client, auth):
    auth.login("root")
    response = client.post("/1/update", data={"title": "x"})
    assert (response.status_code, b"Not yours." in response.data) == (403, True)
    assert client.get("/9/update").status_code == 404
    assert b"Not here." in client.get("/9/update").data


def test_only_admins_delete(app, client, auth):
    auth.login()
    assert client.post("/1/delete").status_code == 403
    auth.logout()
    auth.login("root")
    assert client.post("/1/delete").status_code == 204
    assert count(app) == 0


def test_preview(client, auth):
    auth.login()
    assert client.post("/preview", json={"title": "a b"}).json == {"title": "A B", "debug": False}
    rv = client.post("/preview", data={"title": "a b"})
    assert rv.get_json()["title"] == "A B" and rv.headers["X-Preview"] == "1"
