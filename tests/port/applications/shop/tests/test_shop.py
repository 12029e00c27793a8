import pytest

from shop import create_app, db
from shop.models import Customer


@pytest.fixture
def app(tmp_path):
    app = create_app(f"sqlite:///{tmp_path}/shop.db")
    with app.app_context():
        db.create_all()
    return app


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def customers(client):
    for name in ("susan", "bob", "joan"):
        client.post("/", data={"name": name})


def test_pages_are_counted(client, customers):
    assert client.get("/").data == b"susan bob of 3"
    assert client.get("/?page=2").data == b"joan of 3"
    assert client.get("/?page=3").status_code == 404


def test_one_customer(client, customers):
    assert client.get("/customers/2").data == b"bob"
    assert client.get("/customers/4").status_code == 404


def test_names_are_unique(client, customers):
    assert client.post("/", data={"name": "bob"}).status_code == 409
    assert client.get("/").data == b"susan bob of 3"


def test_the_user_is_of_the_same_session(client, customers):
    assert client.post("/shout").data == b"JOAN"
    assert client.get("/customers/3").data == b"JOAN"


def test_the_session_ends_with_the_request(client, customers):
    assert client.post("/forget").data == b"nobody"
    assert client.get("/customers/3").data == b"joan"


def test_each_context_has_a_session(app, client, customers):
    with app.app_context():
        bob = db.session.get(Customer, 2)
        client.post("/shout")
        assert bob in db.session
        assert db.session.get(Customer, 3).name == "JOAN"


def test_queries_are_recorded(app, customers):
    assert app.test_client().get("/customers/1").headers["X-Queries"] == "1"


def test_shell_has_the_models(app):
    with app.app_context():
        assert app.make_shell_context()["Customer"] is Customer
