"""The header ``Idempotency-Key`` of registrations (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import re
from datetime import datetime

from quart import request
from werkzeug.exceptions import BadRequest

from quart_app.accounts.keyed_registrations import KEPT_FOR, Claim, Progress, begin_registration
from quart_app.errors.problems import KEY_IN_USE, KEY_USED, Problem

from .headers import Header

_HOURS = int(KEPT_FOR.total_seconds() // 3600)
#: Quoted as in the draft, or not, as clients send it. Short keys could be those of others by chance.
_PATTERN = r'^("[!#-~]{16,128}"|[!#-~]{16,128})$'
_KEY = re.compile(_PATTERN)

IDEMPOTENCY_KEY = Header(
    "Idempotency-Key",
    "A random key of yours, such as a UUID. The same request with the same key creates one account, and is answered in "
    f"the same way for {_HOURS} hours.",
    '"8e03978e-40d5-43dd-bc93-6894a57f9324"',
    {"type": "string", "pattern": _PATTERN},
)


async def read_claim() -> Claim | None:
    """The key of this request with its body; None if it has no key.

    Raises:
        BadRequest: the key is not text of 16 to 128 visible ASCII characters, or there are several.
    """
    keys = request.headers.getlist(IDEMPOTENCY_KEY.name)
    if not keys:
        return None
    if len(keys) > 1 or not _KEY.fullmatch(keys[0]):
        raise BadRequest("Idempotency-Key: Send one key of 16 to 128 visible characters, such as a UUID.")
    return Claim.of(keys[0].strip('"'), await request.get_data(cache=True, as_text=False, parse_form_data=False))


async def begin(claim: Claim) -> datetime | None:
    """Begin a registration with a key.

    Returns:
        When the account was created, if this request is a repeated one.

    Raises:
        Problem: a request with this key is running, or was another one.
    """
    earlier = await begin_registration(claim)
    if earlier.progress is Progress.OTHER_BODY:
        raise Problem(KEY_USED)
    if earlier.progress is Progress.RUNNING:
        raise Problem(KEY_IN_USE, retry_after=earlier.retry_after)
    return earlier.registered_at
