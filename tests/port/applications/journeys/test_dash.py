"""A journey through a Dash application with logins, which has no tests: its callbacks are called as a browser does."""

import pytest
from app import server


@pytest.fixture
def client():
    return server.test_client()


def parts(dependencies, which, values):
    return [{**each, "value": values.get(each["id"])} for each in dependencies[which]]


def call(client, changed, **values):
    """What the callback answers that is called when *changed*, an id and property, changes."""
    [dependencies] = [
        each
        for each in client.get("/_dash-dependencies").get_json()
        if changed in [f"{one['id']}.{one['property']}" for one in each["inputs"]]
    ]
    outputs = [dict(zip(("id", "property"), each.rsplit(".", 1))) for each in dependencies["output"].strip(".").split("...")]
    answer = client.post(
        "/_dash-update-component",
        json={
            "output": dependencies["output"],
            "outputs": outputs if dependencies["output"].startswith("..") else outputs[0],
            "inputs": parts(dependencies, "inputs", values),
            "state": parts(dependencies, "state", values),
            "changedPropIds": [changed],
        },
    )
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def log_in(client, password):
    return call(client, "login-button.n_clicks", **{"login-button": 1, "uname-box": "test", "pwd-box": password})


def page(client, path):
    return call(client, "_pages_location.pathname", _pages_location=path)


def test_index(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert "Auth Example" in answer.get_data(as_text=True)


def test_wrong_password(client):
    assert "Incorrect" in log_in(client, "dog")
    assert "Logout" not in call(client, "url.pathname", url="/")


def test_log_in_and_out(client):
    assert "redirect-login-to-home" in log_in(client, "test")
    assert "Logout" in call(client, "url.pathname", url="/")
    page(client, "/logout")
    assert "Logout" not in call(client, "url.pathname", url="/")


def test_protected_page(client):
    assert "redirect-unauthenticated-user-to-login" in page(client, "/page-1")
    log_in(client, "test")
    assert "This page requires the user to be logged in" in page(client, "/page-1")


def test_another_browser_is_not_logged_in(client):
    log_in(client, "test")
    assert "redirect-unauthenticated-user-to-login" in page(server.test_client(), "/page-1")


def test_login_page_of_somebody_who_is_logged_in(client):
    log_in(client, "test")
    assert "redirect-authenticated-user-to-path" in page(client, "/login")
