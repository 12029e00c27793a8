"""A journey through article-management-system: its own tests import a name that it does not have."""

import pytest
from article_management import create_app, db
from article_management.config import TestingConfig
from article_management.models import Article, User


class OnSQLite(TestingConfig):
    SQLALCHEMY_DATABASE_URI = "sqlite://"
    SECRET_KEY = "only for the journey"
    WTF_CSRF_ENABLED = False


@pytest.fixture
def app():
    app = create_app(OnSQLite)
    with app.app_context():
        db.create_all()
        for name, is_admin in (("susan", True), ("bob", False)):
            user = User(username=name, email=name + "@example.com", is_admin=is_admin)
            user.set_password("cat")
            db.session.add(user)
        db.session.commit()
    return app


@pytest.fixture
def client(app):
    return app.test_client()


def log_in(client, name, password, **more):
    return client.post("/auth/login", data=dict(username=name, password=password, **more))


def test_register_and_log_in(client):
    data = {"username": "eve12", "email": "eve@example.com", "password": "secret-dog", "password2": "secret-dog"}
    assert client.post("/auth/register", data=data).headers["Location"] == "/auth/login"
    assert log_in(client, "eve12", "secret-dog").headers["Location"] == "/index"


def test_wrong_password(client):
    assert log_in(client, "susan", "dog").headers["Location"] == "/auth/login"
    assert "Invalid username or password" in client.get("/auth/login").get_data(as_text=True)


@pytest.mark.parametrize("name, status", [("susan", 200), ("bob", 403)])
def test_only_admins(client, name, status):
    assert client.get("/admin/").status_code in (302, 401)
    log_in(client, name, "cat")
    assert client.get("/admin/").status_code == status


def test_next(client):
    answer = client.post("/auth/login?next=/admin/", data={"username": "susan", "password": "cat"})
    assert answer.headers["Location"] == "/admin/"
    other = client.post("/auth/login?next=http://evil.example/", data={"username": "susan", "password": "cat"})
    assert "evil" not in other.headers["Location"]


def test_remembered(client):
    log_in(client, "susan", "cat", remember_me="1")
    with client.session_transaction() as session:
        session.clear()
    assert client.get("/admin/").status_code == 200


def test_log_out(client):
    log_in(client, "susan", "cat")
    client.get("/auth/logout")
    assert client.get("/admin/").status_code in (302, 401)


def test_an_article(app, client):
    with app.app_context():
        article = Article(title="A title", html_content="<p>Words</p>", is_published=True)
        article.slug = article.generate_unique_slug() or "a-title"
        db.session.add(article)
        db.session.commit()
    assert "A title" in client.get("/").get_data(as_text=True)
    assert client.get("/nothing/here").status_code == 404
