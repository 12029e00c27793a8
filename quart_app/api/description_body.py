"""The OpenAPI document as bytes: with an ETag, and compressed for clients that accept it.

It is the same for everybody and has no secrets, so its compressed length gives nothing away (BREACH); no other response
of the application is compressed.
"""

from __future__ import annotations

import gzip
from hashlib import sha256
from http import HTTPStatus

from quart import Request, Response
from werkzeug.exceptions import PreconditionFailed

from .body import JSON

_ETAG_LENGTH = 32  # hexadecimal digits


class DescriptionBody:
    """The document of one mount of an application.

    Arguments:
        text: the document as JSON.
    """

    def __init__(self, text: str) -> None:
        self._plain = text.encode()
        self._compressed = gzip.compress(self._plain, mtime=0)
        self._etag = sha256(self._plain).hexdigest()[:_ETAG_LENGTH]

    async def respond_to(self, request: Request) -> Response:
        """The response: 304 if the client has the document, as its ``If-None-Match`` says.

        The two encodings have different ETags (RFC 9110, section 8.8.3.3).

        Raises:
            PreconditionFailed: the client wants another document, as its ``If-Match`` says.
        """
        is_compressed = request.accept_encodings.quality("gzip") > 0
        response = Response(self._compressed if is_compressed else self._plain, content_type=JSON)
        response.set_etag(f"{self._etag}-gzip" if is_compressed else self._etag)
        if is_compressed:
            response.content_encoding = "gzip"
        response.vary.add("Accept-Encoding")
        response.headers["Cache-Control"] = "no-cache"  # may be kept, and is asked for again each time
        await response.make_conditional(request)
        if response.status_code == HTTPStatus.PRECONDITION_FAILED:
            raise PreconditionFailed("The document is another one than If-Match says.")
        return response
