import pytest
from application import app, db
from application.models import User


@pytest.fixture
def client():
    with app.app_context():
        db.drop_all()
        db.create_all()
    return app.test_client()


def register(client):
    return client.post("/register", data={"username": "susan", "password": "cat"}, follow_redirects=True)


def log_in(client, password="cat", **more):
    return client.post("/login", data={"username": "susan", "password": password, **more}, follow_redirects=True)


def test_password_hashing():
    user = User(username="susan")
    user.set_password("cat")
    assert not user.check_password("dog")
    assert user.check_password("cat")


def test_register_log_in_and_out(client):
    assert b"now a registered user" in register(client).data
    assert b"Hi, susan!" in log_in(client).data
    assert b"Login" in client.get("/logout", follow_redirects=True).data
    assert client.get("/").headers["Location"] == "/login?next=%2F"


def test_wrong_password(client):
    register(client)
    assert b"Invalid username or password" in log_in(client, password="dog").data


@pytest.mark.parametrize("target, arrived", [("/login", "/login"), ("http://evil.example/", "/index")])
def test_next(client, target, arrived):
    register(client)
    answer = client.post("/login?next=" + target, data={"username": "susan", "password": "cat"})
    assert answer.headers["Location"] == arrived


def test_remembered(client):
    register(client)
    log_in(client, remember_me="y")
    with client.session_transaction() as session:
        session.clear()
    assert b"Hi, susan!" in client.get("/").data
