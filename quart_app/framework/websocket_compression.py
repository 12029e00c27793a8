"""Websockets without compression (the extension ``permessage-deflate``, RFC 7692), which browsers always offer.

Hypercorn accepts the offer, and then keeps a compressor and a decompressor for each websocket: 262 KiB, of which the
first message makes 112 resident, twice what all else of a websocket takes. The messages here have about a kilobyte. An
offer may be declined (RFC 7692, section 5).

Written for Hypercorn 0.18, in whose module ``protocol.ws_stream`` it replaces an imported function. Of 10,000
websockets of browsers each took 112 KiB less memory. If Hypercorn renames it, setting it is useless, and
``tests/serving/test_websocket_cost.py`` fails; if Hypercorn gets a setting, use that.
"""

from __future__ import annotations

from hypercorn.protocol import ws_stream


def decline_compression() -> None:
    """Decline every offer to compress, in this process. Call it only in a process that serves."""
    ws_stream.server_extensions_handshake = _decline  # type: ignore[attr-defined, assignment]


def _decline(_requested: object, _supported: object) -> None:
    """No extension: the answer of wsproto's function if it supports none of those requested."""
