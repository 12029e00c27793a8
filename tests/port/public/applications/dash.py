"""A Dash application with logins: Dash 4 serves on the Quart application that it is given."""

from __future__ import annotations

from tests.port.public.application import Application
from tests.port.public.sources import Checkout

APPLICATIONS = {
    "dash-flask-login": Application(
        title="dash-flask-login",
        source=Checkout(
            "https://github.com/russellromney/dash-flask-login", "7672c28d43986473766c91c192601fe29c8f62c1"
        ),
        journey="test_dash.py",
        tests="test_dash.py",
        requires=["dash==4.4.1"],
    ),
}
