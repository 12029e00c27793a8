"""The address of the site, which the links in mails begin with."""

from __future__ import annotations

from urllib.parse import urlsplit

from quart import current_app, has_request_context, request

from quart_app.application import current_settings

_WITHOUT_A_REQUEST = "http://localhost:8000/"


def site_url() -> str:
    """The address of the site, with a slash at its end: ``PUBLIC_URL``, or the one that the request came to.

    The second is for development: a client chooses the host name in a request, and so where the links in somebody
    else's mail would lead. A command has no request, and takes the address of ``make run``.
    """
    public_url = current_settings().public_url
    if public_url is not None:
        return public_url
    return request.root_url if has_request_context() else _WITHOUT_A_REQUEST


def url_in_mail(root_url: str, endpoint: str, **values: str) -> str:
    """The address of a page, for a mail: it needs no request.

    Arguments:
        root_url: as :func:`site_url` gave it, when the mail was added to the queue.
        endpoint: the name of the view, as for ``url_for``.
        values: of its rule; others are added as a query.
    """
    site = urlsplit(root_url)
    urls = current_app.url_map.bind(site.netloc, script_name=site.path, url_scheme=site.scheme)
    return urls.build(endpoint, values, force_external=True)
