import pytest

from blog import create_app
from blog.auth import METHOD
from blog.database import get_db, init_db
from werkzeug.security import generate_password_hash


@pytest.fixture
def app(tmp_path):
    app = create_app({"TESTING": True, "DATABASE": str(tmp_path / "blog.sqlite")})
    with app.app_context():
        init_db()
        for name, role in (("susan", "writer"), ("root", "admin")):
            values = (name, generate_password_hash("cat", METHOD), role)
            get_db().execute("INSERT INTO user (name, password, role) VALUES (?, ?, ?)", values)
        get_db().execute("INSERT INTO post (author, title, body) VALUES (1, 'First', 'words')")
        get_db().commit()
    yield app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def runner(app):
    return app.test_cli_runner()


class Auth:
    def __init__(self, client):
        self.client = client

    def login(self, name="susan", password="cat", **more):
        return self.client.post("/auth/login", data={"name": name, "password": password, **more})

    def logout(self):
        return self.client.post("/auth/logout")


@pytest.fixture
def auth(client):
    return Auth(client)
