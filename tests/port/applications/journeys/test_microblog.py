"""A journey through microblog's pages and API: its own tests are of its models only."""

from base64 import b64encode

import pytest
from app import create_app, db
from app.models import User
from config import Config


class OnSQLite(Config):
    TESTING = True
    SQLALCHEMY_DATABASE_URI = "sqlite://"
    ELASTICSEARCH_URL = None
    SECRET_KEY = "only for the journey"
    WTF_CSRF_ENABLED = False


@pytest.fixture
def app():
    app = create_app(OnSQLite)
    with app.app_context():
        db.create_all()
        for name in ("susan", "john"):
            user = User(username=name, email=name + "@example.com")
            user.set_password("cat")
            db.session.add(user)
        db.session.commit()
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def log_in(client, name="susan", password="cat", **more):
    return client.post("/auth/login", data=dict(username=name, password=password, **more))


def text(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def token(client, password="cat"):
    credentials = b64encode(f"susan:{password}".encode()).decode()
    return client.post("/api/tokens", headers={"Authorization": "Basic " + credentials})


def bearer(client):
    return {"Authorization": "Bearer " + token(client).get_json()["token"]}


def test_register_and_log_in(client):
    data = {"username": "eve", "email": "eve@example.com", "password": "dog", "password2": "dog"}
    assert client.post("/auth/register", data=data).headers["Location"] == "/auth/login"
    assert "you are now a registered user" in text(client, "/auth/login")
    assert log_in(client, "eve", "dog").headers["Location"] == "/index"
    assert "Hi, eve!" in text(client, "/index")


def test_a_name_that_is_taken(client):
    data = {"username": "susan", "email": "eve@example.com", "password": "dog", "password2": "dog"}
    answer = client.post("/auth/register", data=data)
    assert "Please use a different username" in answer.get_data(as_text=True)


def test_wrong_password(client):
    assert log_in(client, password="dog").headers["Location"] == "/auth/login"
    assert "Invalid username or password" in text(client, "/auth/login")
    assert client.get("/index").status_code == 302


def test_next(client):
    answer = client.post("/auth/login?next=/explore", data={"username": "susan", "password": "cat"})
    assert answer.headers["Location"] == "/explore"


def test_remembered(client):
    log_in(client, remember_me="1")
    with client.session_transaction() as session:
        session.clear()
    assert "Hi, susan!" in text(client, "/index")


def test_log_out(client):
    log_in(client)
    client.get("/auth/logout")
    assert client.get("/index").headers["Location"].startswith("/auth/login")


def test_a_post(client):
    log_in(client)
    client.post("/index", data={"post": "About quartz"})
    assert "About quartz" in text(client, "/explore")
    assert "About quartz" in text(client, "/user/susan")
    assert client.post("/index", data={"post": ""}).status_code == 200


def test_profile(client):
    log_in(client)
    assert 'value="susan"' in text(client, "/edit_profile")
    client.post("/edit_profile", data={"username": "susan", "about_me": "I collect stones"})
    assert "I collect stones" in text(client, "/user/susan")
    taken = client.post("/edit_profile", data={"username": "john"})
    assert "Please use a different username" in taken.get_data(as_text=True)


def test_follow(client):
    log_in(client)
    client.post("/follow/john")
    assert "You are following john!" in text(client, "/user/john")
    client.post("/unfollow/john")
    assert "You are not following john." in text(client, "/user/john")


def test_a_message(app, client):
    log_in(client)
    client.post("/send_message/john", data={"message": "A private word"})
    other = app.test_client()
    log_in(other, "john")
    assert [each["data"] for each in other.get("/notifications").get_json()] == [1]
    assert "A private word" in text(other, "/messages")


def test_search(client):
    log_in(client)
    assert "Search Results" in text(client, "/search?q=quartz")
    assert client.get("/search").headers["Location"] == "/explore"


def test_reset_of_a_password(app, client):
    client.post("/auth/reset_password_request", data={"email": "susan@example.com"})
    assert "Check your email" in text(client, "/auth/login")
    with app.app_context():
        link = db.session.get(User, 1).get_reset_password_token()
    client.post("/auth/reset_password/" + link, data={"password": "new", "password2": "new"})
    assert log_in(client).headers["Location"] == "/auth/login"
    assert log_in(client, password="new").headers["Location"] == "/index"


def test_tokens_of_the_api(client):
    assert token(client, "dog").status_code == 401
    assert client.get("/api/users/1").status_code == 401
    assert client.get("/api/users/1", headers={"Authorization": "Bearer nothing"}).status_code == 401
    headers = bearer(client)
    assert client.get("/api/users/1", headers=headers).get_json()["username"] == "susan"
    assert client.delete("/api/tokens", headers=headers).status_code == 204
    assert client.get("/api/users/1", headers=headers).status_code == 401


def test_users_of_the_api(client):
    data = {"username": "eve", "email": "eve@example.com", "password": "dog"}
    answer = client.post("/api/users", json=data)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/api/users/3")
    headers = bearer(client)
    assert client.get("/api/users", headers=headers).get_json()["_meta"]["total_items"] == 3
    assert client.put("/api/users/3", json={"about_me": "x"}, headers=headers).status_code == 403
    mine = client.put("/api/users/1", json={"about_me": "A geologist"}, headers=headers)
    assert mine.get_json()["about_me"] == "A geologist"


def test_session_is_no_key_to_the_api(client):
    log_in(client)
    assert client.get("/api/users/1").status_code == 401


def test_not_found(client):
    answer = client.get("/nothing/here")
    assert (answer.status_code, "Not Found" in answer.get_data(as_text=True)) == (404, True)
    answer = client.get("/api/users/99", headers={**bearer(client), "Accept": "application/json"})
    assert answer.get_json()["error"] == "Not Found"
