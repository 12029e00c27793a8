"""The address of the site in links of mails."""

from __future__ import annotations

import pytest

from quart_app.application import Application
from quart_app.factory import create_app
from quart_app.mail.site import site_url, url_in_mail
from quart_app.settings import Settings


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_links(app: Application, settings: Settings) -> None:
    """Links begin with PUBLIC_URL, whatever the request says; without it with the address that the request came to."""
    async with app.test_request_context("/login", root_path="/blog", headers={"Host": "other.test"}):
        assert site_url() == "http://other.test/blog/"
        assert url_in_mail(site_url(), "accounts.login", token="a b") == "http://other.test/blog/login?token=a+b"
    public = create_app(settings.model_copy(update={"public_url": "https://example.com/blog/"}))
    async with public.test_request_context("/login", headers={"Host": "other.test"}):
        assert site_url() == "https://example.com/blog/"
        assert url_in_mail(site_url(), "accounts.login") == "https://example.com/blog/login"
    async with app.app_context():
        assert site_url() == "http://localhost:8000/"
